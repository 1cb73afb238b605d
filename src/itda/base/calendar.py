"""Local days counted in months and hours of the day, as laws count them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from itda.base.instant import MINUTE, date_to_day, day_to_date, from_datetime, to_datetime

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def add_months(day: int, months: int) -> int:
    """The day so many months later, at most the last of its month: 29 February and 24 months give 28 February."""
    start = day_to_date(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date_to_day(date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])))


def minute_of_day(text: str) -> int:
    """The minute of the day that `21:00` names; `ValueError` where it names none."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time of day: write it as 21:00")
    return int(found[1]) * 60 + int(found[2])


class DailyWindow:
    """The hours of every day from `start` (included) to `end` (excluded) in one zone; it may run over midnight."""

    def __init__(self, zone: str, start: str, end: str) -> None:
        """`start` and `end` as `21:00`; `ValueError` where one is no time of day, or the zone is none."""
        self._zone = ZoneInfo(zone)
        self.start = minute_of_day(start)
        self.end = minute_of_day(end)
        self._ends = lru_cache(maxsize=4_096)(self._end_of)

    def until(self, at: int) -> int | None:
        """Where `at` lies in the window: when that ends, in microseconds UTC. None where it lies outside."""
        return self._ends(at // MINUTE)

    def _end_of(self, minute: int) -> int | None:
        local = to_datetime(minute * MINUTE).astimezone(self._zone)
        now = local.hour * 60 + local.minute
        if self.start <= self.end:
            is_inside, is_tomorrow = self.start <= now < self.end, False
        else:
            is_inside, is_tomorrow = now >= self.start or now < self.end, now >= self.start
        if not is_inside:
            return None
        day = local.date() if not is_tomorrow else date.fromordinal(local.toordinal() + 1)
        hour, minute_of_hour = divmod(self.end, 60)
        moment = local.replace(
            year=day.year, month=day.month, day=day.day, hour=hour, minute=minute_of_hour, second=0, fold=0
        )
        return from_datetime(moment)
