"""When a source is fetched: every so often, or at a time of day of the workspace's zone.

    10 min                    an hour, 3 hours …       so long after the last one began
    day at 03:30              at that time of each day
    monday at 06:00           at that time of each such day; also `weekday` (Monday to Friday)
    month on 1 at 04:00       on that day of each month; on its last one where the month is shorter

A time that the clocks leave out is taken as the time they stood at before; one they repeat is its first.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from itda.base import duration, instant

SHORTEST = 10 * instant.SECOND
WAIT, LONGEST_WAIT = 30 * instant.SECOND, instant.HOUR
"""After the first failure, and the most after many: the wait doubles between them."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {"day": frozenset(range(7)), "weekday": frozenset(range(5))}
_AT = re.compile(r"(\w+)(?: on (\d{1,2}))? at (\d{1,2}):(\d{2})")
_CURE = "write it as `10 min`, `day at 03:30`, `monday at 06:00` or `month on 1 at 04:00`"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """How often. Either `period` (microseconds), or a local time on days of the week or on a day of the month."""

    written: str
    period: int = 0
    days: frozenset[int] = frozenset()
    """Monday is 0."""
    month_day: int = 0
    """1 to 31; 0: by the days of the week."""
    minute: int = 0
    """Of the local day."""


def parse(text: str) -> Schedule:
    """Read a schedule; `ValueError` says what is wrong."""
    said = " ".join(text.lower().split())
    found = _AT.fullmatch(said)
    if found is None:
        return _period(text, said)
    word, day, hour, minute = found[1], int(found[2] or 0), int(found[3]), int(found[4])
    if hour > 23 or minute > 59:  # noqa: PLR2004 - of a clock
        raise ValueError(f"{text!r} names no time of a day: hours go to 23, minutes to 59")
    if word == "month":
        if not 1 <= day <= 31:  # noqa: PLR2004 - of a month
            raise ValueError(f"{text!r} names no day of a month: write it as `month on 1 at 04:00`")
        return Schedule(written=said, month_day=day, minute=60 * hour + minute)
    days = _GROUPS.get(word) or (frozenset({_DAYS.index(word)}) if word in _DAYS else None)
    if days is None or found[2]:
        raise ValueError(f"{text!r} is no schedule: {_CURE}")
    return Schedule(written=said, days=days, minute=60 * hour + minute)


def _period(text: str, said: str) -> Schedule:
    try:
        period = duration.parse(said if said[:1].isdigit() else f"1 {said}")
    except ValueError:
        raise ValueError(f"{text!r} is no schedule: {_CURE}") from None
    if period < SHORTEST:
        raise ValueError(f"{text!r} is too often: write `10 s` or more")
    return Schedule(written=said, period=period)


def due(schedule: Schedule, began_at: int, zone: str) -> int:
    """When a source that was fetched at `began_at` is fetched next; both in microseconds UTC."""
    if schedule.period:
        return began_at + schedule.period
    local = ZoneInfo(zone)
    day = instant.to_datetime(began_at).astimezone(local).date()
    at = time(schedule.minute // 60, schedule.minute % 60)
    while True:
        if _is_on(schedule, day):
            found = instant.from_datetime(datetime.combine(day, at, local).astimezone(UTC))
            if found > began_at:
                return found
        day += timedelta(days=1)


def _is_on(schedule: Schedule, day: date) -> bool:
    if not schedule.month_day:
        return day.weekday() in schedule.days
    return day.day == min(schedule.month_day, calendar.monthrange(day.year, day.month)[1])


def retry(failures: int, failed_at: int, due_at: int) -> int:
    """When to try again after so many failures in a row (at least one): at the latest when it is due anyway.

    Not sooner than `WAIT` after the last, however often it is due.
    """
    again = failed_at + min(LONGEST_WAIT, WAIT << min(failures - 1, 16))
    return min(again, max(due_at, failed_at + WAIT))


def next_at(
    every: Schedule | None, zone: str, began_at: int | None, failures: int, failed_at: int | None
) -> int | None:
    """When a source is fetched next: since ever where it never was, None where that is for somebody to ask.

    `failures` in a row, the last one at `failed_at`, bring it forward.
    """
    if every is None:
        return None
    if began_at is None:
        return 0
    at = due(every, began_at, zone)
    return retry(failures, failed_at, at) if failures and failed_at is not None else at
