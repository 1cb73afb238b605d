"""Points in time: whole microseconds since 1970-01-01T00:00:00Z, always UTC, as plain `int` named `*_at` or `now`.

Local dates are `int` days since 1970-01-01 in a named zone, derived here and nowhere else: engines differ.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = 1 << 62
"""Later than every point in time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = (date(1, 1, 2).toordinal() - _EPOCH_DAY) * DAY, (date(9999, 12, 31).toordinal() - _EPOCH_DAY) * DAY
"""What the calendar can say in every zone."""


def from_datetime(moment: datetime) -> int:
    """Microseconds of an aware datetime; a naive one is a bug (`ValueError`)."""
    if moment.tzinfo is None:
        raise ValueError("a point in time needs its zone")
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(at: int) -> datetime:
    """The aware UTC datetime of a point in time."""
    return _EPOCH + timedelta(microseconds=at)


def parse(text: str, zone: tzinfo = UTC) -> int:
    """Microseconds of an ISO 8601 text; one without a zone is of `zone`.

    `ValueError` when it is no time, or so near an end of the calendar (years 1 and 9999) that some zone lacks it.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    since = moment - _EPOCH
    at = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
    if not _FIRST <= at < _LAST:
        raise ValueError(f"{text!r} is beyond the calendar")
    return at


def text(at: int) -> str:
    """ISO 8601 in UTC with milliseconds: 2026-11-22T01:02:03.004Z."""
    return to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at // 1000 % 1000:03d}Z"


class LocalDates:
    """Days in one zone, remembered per quarter of an hour (every zone of tzdata shifts on quarters)."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._days: dict[int, int] = {}
        self._starts: dict[int, int] = {}

    def of(self, at: int) -> int:
        """The local day (days since 1970-01-01) of a point in time."""
        quarter = at // (15 * MINUTE)
        day = self._days.get(quarter)
        if day is None:
            if len(self._days) > 200_000:  # noqa: PLR2004 - five years of quarters; a bound on memory
                self._days.clear()
            moment = to_datetime(quarter * 15 * MINUTE).astimezone(self._zone)
            day = self._days[quarter] = moment.toordinal() - _EPOCH_DAY
        return day

    def start(self, day: int) -> int:
        """The first point in time of a local day."""
        start = self._starts.get(day)
        if start is None:
            if len(self._starts) > 20_000:  # noqa: PLR2004 - fifty years of days; a bound on memory
                self._starts.clear()
            local = datetime.combine(day_to_date(day), datetime.min.time(), tzinfo=self._zone)
            start = self._starts[day] = from_datetime(local)
        return start


def day_to_date(day: int) -> date:
    """The calendar date of a local day number."""
    return date.fromordinal(day + _EPOCH_DAY)


def date_to_day(value: date) -> int:
    """The local day number of a calendar date."""
    return value.toordinal() - _EPOCH_DAY
