"""Windows of time: `last n units` at t is [floor(t) - n units, t], hours up to 14 days, days in any number.

Floors are those of the workspace's zone. What happened is counted in buckets: a local day is its day number, a local
hour the quarter of an hour (since 1970, UTC) it begins with, because zones shift on quarters and an hour that the
end of summer time repeats is two hours.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from itda.base.instant import DAY, HOUR, MINUTE, LocalDates, to_datetime

QUARTER = 15 * MINUTE
MOST_HOURS = 14 * 24
MOST_DAYS = 3_660
FIRST_DAY = 10_957
"""1 January 2000, before which nothing accepted happened."""
_WRITTEN = re.compile(r"(?:last\s+)?(\d{1,6})\s*(hours?|h|days?|d)")


class Window(msgspec.Struct, frozen=True):
    """The last `n` hours or days."""

    n: int
    unit: Literal["hours", "days"]

    def __str__(self) -> str:
        return f"last {self.n} {self.unit}"


def parse(text: str) -> Window:
    """Read `last 30 days`, `30 days` or `12 hours`; `ValueError` says what is wrong."""
    found = _WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no window: write it as `30 days` or `12 hours`")
    unit: Literal["hours", "days"] = "hours" if found[2].startswith("h") else "days"
    n = int(found[1])
    if unit == "hours" and not 0 < n <= MOST_HOURS:
        raise ValueError(f"a window in hours is 1 to {MOST_HOURS} hours long; beyond that write days")
    if unit == "days" and not 0 < n <= MOST_DAYS:
        raise ValueError(f"a window in days is 1 to {MOST_DAYS} days long")
    return Window(n, unit)


class Buckets:
    """Which bucket a point in time falls in, and where a window begins, in one zone."""

    def __init__(self, zone: str) -> None:
        self.days = LocalDates(zone)
        self._zone = ZoneInfo(zone)
        self._hours: dict[int, int] = {}
        self._of_day: dict[int, str] = {}
        self._ends: dict[int, int] = {}
        self._spans: tuple[int, dict[Window, tuple[int, int]]] = (-1, {})

    def hour(self, at: int) -> int:
        """The local hour of a point in time, as the quarter since 1970 it begins with."""
        quarter = at // QUARTER
        start = self._hours.get(quarter)
        if start is None:
            if len(self._hours) > 200_000:  # noqa: PLR2004 - five years of quarters; a bound on memory
                self._hours.clear()
            into = (quarter * QUARTER + self._shift(quarter)) % HOUR
            start = self._hours[quarter] = quarter - into // QUARTER
        return start

    def hour_of_day(self, at: int) -> str:
        """The hour that a clock on the wall shows: `00` to `23`."""
        quarter = at // QUARTER
        shown = self._of_day.get(quarter)
        if shown is None:
            if len(self._of_day) > 200_000:  # noqa: PLR2004 - five years of quarters; a bound on memory
                self._of_day.clear()
            shown = self._of_day[quarter] = f"{(quarter * QUARTER + self._shift(quarter)) % DAY // HOUR:02d}"
        return shown

    def shifts(self, until: int) -> list[tuple[int, int]]:
        """By how many microseconds local time is ahead of UTC, from which point in time on: since 2000, ascending."""
        first = FIRST_DAY * DAY // QUARTER
        found = [(first * QUARTER, self._shift(first))]
        for day in range(FIRST_DAY, until // DAY + 1):
            quarter = (day + 1) * DAY // QUARTER
            if self._shift(quarter) != found[-1][1]:
                turned = bisect_left(range(quarter - DAY // QUARTER, quarter), True, key=self._is_other(found[-1][1]))
                quarter += turned - DAY // QUARTER
                found.append((quarter * QUARTER, self._shift(quarter)))
        return found

    def _is_other(self, shift: int) -> Callable[[int], bool]:
        return lambda quarter: self._shift(quarter) != shift

    def _shift(self, quarter: int) -> int:
        """Microseconds that local time is ahead of UTC at the beginning of a quarter."""
        offset = to_datetime(quarter * QUARTER).astimezone(self._zone).utcoffset()
        return int(offset.total_seconds()) * 1_000_000 if offset is not None else 0

    def since(self, window: Window, now: int) -> int:
        """The first bucket that lies in the window at `now`."""
        if window.unit == "hours":
            return self.hour(now) - window.n * (HOUR // QUARTER)
        return self.days.of(now) - window.n

    def now(self, window: Window, now: int) -> int:
        """The bucket that `now` itself is in: the last one of the window."""
        return self.hour(now) if window.unit == "hours" else self.days.of(now)

    def span(self, window: Window, now: int) -> tuple[int, int]:
        """The first and the last bucket of the window at `now`: the same for a whole quarter of an hour."""
        quarter = now // QUARTER
        held, spans = self._spans
        if held != quarter:
            self._spans = held, spans = quarter, {}
        span = spans.get(window)
        if span is None:
            span = spans[window] = self.since(window, now), self.now(window, now)
        return span

    def begins(self, window: Window, bucket: int) -> int:
        """The first point in time at which this bucket is in the window."""
        return bucket * QUARTER if window.unit == "hours" else self.days.start(bucket)

    def leaves(self, window: Window, bucket: int) -> int:
        """The first point in time at which this bucket has gone out of the window."""
        if window.unit == "days":
            return self.days.start(bucket + window.n + 1)
        last = bucket + window.n * (HOUR // QUARTER)
        end = self._ends.get(last)
        if end is None:
            if len(self._ends) > 50_000:  # noqa: PLR2004 - five years of hours; a bound on memory
                self._ends.clear()
            quarter = last + 1
            while self.hour(quarter * QUARTER) <= last:
                quarter += 1
            end = self._ends[last] = quarter * QUARTER
        return end

    def of(self, window: Window) -> Callable[[int], int]:
        """The function from a point in time to its bucket, for this window's unit."""
        return self.hour if window.unit == "hours" else self.days.of
