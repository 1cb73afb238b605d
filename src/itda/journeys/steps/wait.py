"""`wait`: for a while, or until an hour of the day in the shop's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from itda.base.instant import MINUTE, from_datetime, to_datetime
from itda.journeys.happening import Occurred
from itda.journeys.kind import Arrival, Arriving, Stays, Way

_DAY_MINUTES = 24 * 60


class Wait(msgspec.Struct, frozen=True, kw_only=True, tag="wait", tag_field="kind"):
    """`delay` in microseconds; or `until`, the minute of the local day, in `zone`."""

    delay: int = 0
    until: int | None = None
    zone: str = "UTC"


class WaitKind:
    """See the file's first line."""

    name = "wait"
    ways: tuple[Way, ...] = ("then",)
    takes_time = True
    overdue: Way = "then"

    def arrive(self, step: Wait, arriving: Arriving) -> Arrival:
        """They stay."""
        if step.until is None:
            return Stays(arriving.after(step.delay))
        return Stays(next_hour(step.until, step.zone, max(arriving.at, arriving.log_at)))

    def takes(self, step: Wait, event: Occurred, entry: dict[str, Any]) -> bool:
        """No event ends it."""
        _ = step, event, entry
        return False


def next_hour(minute: int, zone: str, after: int) -> int:
    """The first time after `after` at which clocks of the zone show this minute of the day (0..1439).

    Where clocks skip it, it is when they have passed it; where they show it twice, the first.
    """
    hour, rest = divmod(minute % _DAY_MINUTES, 60)
    place = ZoneInfo(zone)
    day = to_datetime(after).astimezone(place).date()
    for ahead in range(3):
        local = datetime.combine(day + timedelta(days=ahead), datetime.min.time(), tzinfo=place)
        at = from_datetime(local.replace(hour=hour, minute=rest))
        if at > after:
            return at
    return after + _DAY_MINUTES * MINUTE


KIND = WaitKind()
