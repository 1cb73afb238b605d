"""By when a request is to be answered.

KR: ten days after it came (PIPA art. 35 and 36, decree art. 41 to 44; KR-49). EU: one month (GDPR art. 12(3); EU-07).
California: 45 days (CCPA; US-09). Where it is not known whose law holds, the strictest does (X-05).
"""

from __future__ import annotations

import msgspec

from itda.base.calendar import add_months
from itda.base.instant import LocalDates
from itda.consent.countries import EUROPE


class Deadline(msgspec.Struct, frozen=True):
    """A time to answer in: days, or calendar months where there are any."""

    law: str
    days: int = 0
    months: int = 0


KOREA = Deadline("KR-49", days=10)
UNION = Deadline("EU-07", months=1)
CALIFORNIA = Deadline("US-09", days=45)


def deadline(country: str) -> Deadline:
    """What holds for somebody of a country (`KR`, `DE`, `US`, `US-CA`); empty or another: the strictest."""
    code = country.upper()
    if code in EUROPE:
        return UNION
    return CALIFORNIA if code in {"US", "US-CA"} else KOREA


def due_at(at: int, country: str, zone: str) -> int:
    """When the last day to answer what came `at` ends, in microseconds UTC; days are those of the zone."""
    held, dates = deadline(country), LocalDates(zone)
    day = dates.of(at)
    last = add_months(day, held.months) if held.months else day + held.days
    return dates.start(last + 1) - 1
