"""Data quality as counts: what came on each day, through which source and channel, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import attrgetter

from itda.base.instant import LocalDates
from itda.engine.prepared import Prepared
from itda.events.event import Refusal
from itda.events.places import LOCATION
from itda.store.lake.block import CLAMPED, LATE
from itda.store.ports import QualityRow

Place = tuple[int, str, str]
"""received_at, source, channel."""

_LATE_OR_CLAMPED = LATE | CLAMPED

_place = attrgetter("received_at", "source", "channel")


def count(
    accepted: Iterable[Prepared], duplicates: Iterable[Prepared], refusals: Iterable[Refusal], dates: LocalDates
) -> list[QualityRow]:
    """The counts of one chunk, by the local day of receipt."""
    found: Counter[tuple[Place, str]] = Counter()
    accepted = list(accepted)
    for place, n in Counter(map(_place, accepted)).items():
        found[place, "accepted"] += n
    for event in accepted:
        is_flawed = event.missing or event.has_drifted or event.unreadable or event.concealed or event.is_unplaced
        if is_flawed or event.flags & _LATE_OR_CLAMPED:
            for measure, n in _flaws(event):
                found[_place(event), measure] += n
    for event in duplicates:
        found[_place(event), "duplicate"] += 1
    for refusal in refusals:
        found[(refusal.received_at, refusal.source, refusal.channel), f"quarantined:{refusal.reason}"] += 1
    return _rows(found, dates)


def _flaws(event: Prepared) -> Iterator[tuple[str, int]]:
    if event.flags & LATE:
        yield "late", 1
    if event.flags & CLAMPED:
        yield "clamped", 1
    if event.missing:
        yield "fields_missing", event.missing
    if event.has_drifted:
        yield "drift", 1
    for kind in event.unreadable:
        yield f"unreadable:{kind}", 1
    for found in event.concealed:
        yield f"concealed:{found}", 1
    if event.is_unplaced:
        yield LOCATION, 1


def _rows(found: Counter[tuple[Place, str]], dates: LocalDates) -> list[QualityRow]:
    by_day: Counter[tuple[int, str, str, str]] = Counter()
    for ((received_at, source, channel), measure), n in found.items():
        by_day[dates.of(received_at), source, channel, measure] += n
    return [QualityRow(*key, n) for key, n in sorted(by_day.items())]
