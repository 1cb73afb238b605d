"""When a source is fetched: by lengths of time, by the clock of a zone, and after failures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.base import instant
from itda.base.instant import HOUR, MINUTE, SECOND, parse
from itda.sources.schedule import LONGEST_WAIT, WAIT, due, next_at, retry
from itda.sources.schedule import parse as schedule
from itda.store.fetches import FetchState


@pytest.mark.parametrize(
    ("written", "began", "zone", "next_at"),
    [
        ("10 min", "2026-03-01T10:00:00Z", "UTC", "2026-03-01T10:10:00Z"),
        ("hour", "2026-03-01T10:00:00Z", "UTC", "2026-03-01T11:00:00Z"),
        ("day at 03:30", "2026-03-01T10:00:00Z", "Asia/Seoul", "2026-03-01T18:30:00Z"),
        ("day at 03:30", "2026-03-01T18:30:00Z", "Asia/Seoul", "2026-03-02T18:30:00Z"),
        ("monday at 06:00", "2026-03-03T00:00:00Z", "UTC", "2026-03-09T06:00:00Z"),
        ("weekday at 06:00", "2026-03-06T07:00:00Z", "UTC", "2026-03-09T06:00:00Z"),
        ("month on 31 at 04:00", "2026-02-01T00:00:00Z", "UTC", "2026-02-28T04:00:00Z"),
        ("Month on 1 at 4:00", "2026-02-28T00:00:00Z", "UTC", "2026-03-01T04:00:00Z"),
        # The clocks of Berlin leave 02:30 out on 29 March, and have it twice on 25 October.
        ("day at 02:30", "2026-03-28T12:00:00Z", "Europe/Berlin", "2026-03-29T01:30:00Z"),
        ("day at 02:30", "2026-10-24T12:00:00Z", "Europe/Berlin", "2026-10-25T00:30:00Z"),
    ],
)
def test_the_next_time_is_by_the_clock_of_the_zone(written: str, began: str, zone: str, next_at: str) -> None:
    assert instant.text(due(schedule(written), parse(began), zone))[:20].rstrip(".") == next_at[:19]


@pytest.mark.parametrize(
    "written",
    ["soon", "5 s", "day at 24:00", "month at 03:00", "month on 32 at 03:00", "day on 3 at 03:00", "0 min", ""],
)
def test_what_is_no_schedule_is_told(written: str) -> None:
    with pytest.raises(ValueError, match=r"schedule|too often|time of a day|day of a month"):
        schedule(written)


@given(st.integers(0, 2**40), st.sampled_from(["day at 03:30", "friday at 00:00", "month on 30 at 23:59", "7 min"]))
def test_it_is_always_due_again_and_later(began_s: int, written: str) -> None:
    began = began_s % (4_000_000_000) * SECOND
    again = due(schedule(written), began, "America/New_York")
    assert began < again <= began + 62 * 24 * HOUR


def test_failures_bring_a_daily_source_forward_and_hold_a_frequent_one_back() -> None:
    daily, often = schedule("day at 03:30"), schedule("10 s")
    assert [next_at(daily, "UTC", 0, failures, 0) for failures in (1, 2, 3)] == [WAIT, 2 * WAIT, 4 * WAIT]
    assert retry(30, 0, 9 * HOUR) == LONGEST_WAIT
    assert next_at(often, "UTC", 0, 1, MINUTE) == MINUTE + WAIT
    assert next_at(daily, "UTC", None, 0, None) == 0
    assert next_at(None, "UTC", 5, 3, 9) is None


def test_a_run_that_ended_before_it_was_through_is_begun_again_at_once() -> None:
    daily = schedule("day at 04:00")
    through = FetchState("till", began_at=5, ended_at=6)
    assert through.next_at(daily, "UTC") == due(daily, 5, "UTC")
    assert FetchState("till", began_at=9, ended_at=6).next_at(daily, "UTC") == 0
    assert FetchState("till", began_at=9).next_at(daily, "UTC") == 0
    assert FetchState("till", began_at=9).next_at(None, "UTC") is None
    assert FetchState("till", began_at=9, failures=1, failed_at=10).next_at(daily, "UTC") == 10 + WAIT
