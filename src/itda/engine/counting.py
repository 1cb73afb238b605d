"""Data quality as counts: what came on each day, through which source and channel, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from itda.base.instant import LocalDates
from itda.events.contracts import Contracts, Quality
from itda.events.event import Event, Refusal
from itda.store.ports import QualityRow

Place = tuple[int, str, str]
"""received_at, source, channel."""

_FAULTLESS = Quality(0, drift=False)


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
    for place, n in Counter([(event.received_at, event.source, event.channel) for event in accepted]).items():
        found[place, "accepted"] += n
    for event in accepted:
        place = (event.received_at, event.source, event.channel)
        if event.is_late:
            found[place, "late"] += 1
        if event.is_clamped:
            found[place, "clamped"] += 1
        quality = contracts.quality(event) if contracts is not None else _FAULTLESS
        if quality.missing:
            found[place, "fields_missing"] += quality.missing
        if quality.drift:
            found[place, "drift"] += 1
    for event in duplicates:
        found[(event.received_at, event.source, event.channel), "duplicate"] += 1
    for refusal in refusals:
        found[(refusal.received_at, refusal.source, refusal.channel), f"quarantined:{refusal.reason}"] += 1
    return _rows(found, dates)


def _rows(found: Counter[tuple[Place, str]], dates: LocalDates) -> list[QualityRow]:
    by_day: Counter[tuple[int, str, str, str]] = Counter()
    for ((received_at, source, channel), measure), n in found.items():
        by_day[dates.of(received_at), source, channel, measure] += n
    return [QualityRow(*key, n) for key, n in sorted(by_day.items())]
