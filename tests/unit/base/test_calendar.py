"""Months of the calendar and hours of the day."""

from __future__ import annotations

from datetime import date

import pytest

from itda.base import instant
from itda.base.calendar import DailyWindow, add_months, minute_of_day


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2024-02-29", 24, "2026-02-28"), ("2024-02-29", 48, "2028-02-29"), ("2026-08-31", 6, "2027-02-28"),
        ("2026-06-01", 6, "2026-12-01"), ("2026-01-31", 1, "2026-02-28"), ("2026-12-15", 1, "2027-01-15"),
    ],
)  # fmt: skip
def test_months_end_on_the_same_day_or_the_last(start: str, months: int, end: str) -> None:
    day = instant.date_to_day(date.fromisoformat(start))
    assert instant.day_to_date(add_months(day, months)).isoformat() == end


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("Asia/Seoul", "2026-11-22T20:59:59.999999+09:00", None),
        ("Asia/Seoul", "2026-11-22T21:00:00+09:00", "2026-11-23T08:00:00+09:00"),
        ("Asia/Seoul", "2026-12-31T23:59:59+09:00", "2027-01-01T08:00:00+09:00"),
        ("Asia/Seoul", "2026-11-23T07:59:59.999999+09:00", "2026-11-23T08:00:00+09:00"),
        ("Asia/Seoul", "2026-11-23T08:00:00+09:00", None),
        ("Europe/Berlin", "2026-10-24T23:00:00+02:00", "2026-10-25T08:00:00+01:00"),
        ("Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T08:00:00+01:00"),
    ],
)
def test_a_window_over_midnight_ends_in_the_morning(zone: str, now: str, until: str | None) -> None:
    window = DailyWindow(zone, "21:00", "08:00")
    assert window.until(instant.parse(now)) == (instant.parse(until) if until else None)


def test_a_window_within_a_day() -> None:
    noon = DailyWindow("Asia/Seoul", "12:00", "13:00")
    assert noon.until(instant.parse("2026-11-22T12:30:00+09:00")) == instant.parse("2026-11-22T13:00:00+09:00")
    assert noon.until(instant.parse("2026-11-22T13:00:00+09:00")) is None


@pytest.mark.parametrize("text", ["24:00", "9:00", "21", "21:60", ""])
def test_what_is_no_time_of_day_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        minute_of_day(text)
