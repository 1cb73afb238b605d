"""By when a request is to be answered: a value of the packs, the strictest of those that may be the law.

That is every pack of a country where the person may live or the shop is; where none is known, or none has a pack that
says so, every one of them (X-05).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from itda.base.calendar import add_months
from itda.base.instant import DAY, LocalDates
from itda.consent.rule import Pack, Term

DESTROYED_WITHIN = 5 * DAY
"""Of what has had its time: it is destroyed within so long.

PIPA art. 21, KR-43; five days: the standard guideline, from memory, counsel should confirm.
"""


def due(packs: Iterable[Pack], countries: Collection[str], at: int, zone: str) -> tuple[int, str]:
    """When the last day to answer what came `at` ends, in microseconds UTC, and the rule; days are those of the zone.

    `countries` are ISO 3166, or with a part of one (`US-CA`), in letters of either size.
    """
    terms = [pack.answers for pack in packs if pack.answers is not None]
    codes = {country.upper().partition("-")[0] for country in countries}
    held = [term for term in terms if codes.intersection(term.countries)] or terms
    dates = LocalDates(zone)
    day = dates.of(at)
    last, rule = min((_last(term, day), term.rule) for term in held)
    return dates.start(last + 1) - 1, rule


def _last(term: Term, day: int) -> int:
    return add_months(day, term.months) if term.months else day + term.days
