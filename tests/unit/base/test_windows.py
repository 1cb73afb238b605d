from __future__ import annotations

import pytest

from itda.base import windows
from itda.base.instant import HOUR, parse
from itda.base.windows import Buckets, Window


def test_windows_are_read_as_people_write_them() -> None:
    assert windows.parse("30 days") == windows.parse("last 30 days") == windows.parse("30d") == Window(30, "days")
    assert windows.parse("12 hours") == windows.parse("12H") == Window(12, "hours")


@pytest.mark.parametrize("text", ["", "soon", "0 days", "337 hours", "3661 days", "-1 days", "1.5 hours", "2 weeks"])
def test_what_is_no_window_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="window"):
        windows.parse(text)


def test_a_window_of_days_begins_at_midnight_of_the_zone() -> None:
    buckets = Buckets("Asia/Seoul")
    since = buckets.since(Window(1, "days"), parse("2026-03-02T00:30:00+09:00"))
    assert buckets.days.of(parse("2026-03-01T00:00:00+09:00")) == since
    assert buckets.days.of(parse("2026-02-28T23:59:59+09:00")) == since - 1


def test_a_window_of_hours_begins_at_the_full_hour_of_the_zone() -> None:
    buckets = Buckets("Asia/Kathmandu")  # 5:45 ahead of UTC
    now = parse("2026-03-02T10:59:00+05:45")
    since = buckets.since(Window(2, "hours"), now)
    assert buckets.hour(parse("2026-03-02T08:00:00+05:45")) == since
    assert buckets.hour(parse("2026-03-02T07:59:59+05:45")) < since


def test_the_hour_that_the_end_of_summer_time_repeats_is_two_hours() -> None:
    buckets = Buckets("America/New_York")
    first = parse("2026-11-01T05:30:00+00:00")
    assert buckets.hour(first + HOUR) == buckets.hour(first) + 4
