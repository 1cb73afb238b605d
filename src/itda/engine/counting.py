"""Data quality as counts: what came on each day, through which source and channel, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter

from itda.base.instant import LocalDates
from itda.events.contracts import Contracts
from itda.events.event import Event, Refusal
from itda.store.ports import QualityRow

Place = tuple[int, str, str]
"""received_at, source, channel."""

_place = attrgetter("received_at", "source", "channel")


def count(
    accepted: Iterable[Event],
    duplicates: Iterable[Event],
    refusals: Iterable[Refusal],
    contracts: Contracts | None,
    dates: LocalDates,
) -> list[QualityRow]:
    """The counts of one chunk, by the local day of receipt. Without contracts, not of missing fields and drift."""
    found: Counter[tuple[Place, str]] = Counter()
    accepted = list(accepted)
    for place, n in Counter([_place(event) for event in accepted]).items():
        found[place, "accepted"] += n
    for event in [event for event in accepted if event.is_late or event.is_clamped]:
        if event.is_late:
            found[_place(event), "late"] += 1
        if event.is_clamped:
            found[_place(event), "clamped"] += 1
    if contracts is not None:
        _count_quality(accepted, contracts, found)
    for event in duplicates:
        found[_place(event), "duplicate"] += 1
    for refusal in refusals:
        found[(refusal.received_at, refusal.source, refusal.channel), f"quarantined:{refusal.reason}"] += 1
    return _rows(found, dates)


def _count_quality(accepted: list[Event], contracts: Contracts, found: Counter[tuple[Place, str]]) -> None:
    for event, quality in zip(accepted, map(contracts.quality, accepted), strict=True):
        if quality.missing:
            found[_place(event), "fields_missing"] += quality.missing
        if quality.drift:
            found[_place(event), "drift"] += 1


def _rows(found: Counter[tuple[Place, str]], dates: LocalDates) -> list[QualityRow]:
    by_day: Counter[tuple[int, str, str, str]] = Counter()
    for ((received_at, source, channel), measure), n in found.items():
        by_day[dates.of(received_at), source, channel, measure] += n
    return [QualityRow(*key, n) for key, n in sorted(by_day.items())]
