"""Points in time are read from ISO 8601, as far as every zone can say them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from itda.base.instant import LocalDates, parse, text


@pytest.mark.parametrize("said", ["0001-01-02T00:00:00Z", "9999-12-30T23:59:59.999Z", "2026-11-23T09:30:00+09:00"])
def test_a_time_that_is_read_can_be_told_and_has_a_day_in_every_zone(said: str) -> None:
    at = parse(said)
    assert text(at)
    assert {LocalDates(zone).of(at) - at // 86_400_000_000 for zone in ("Pacific/Kiritimati", "Etc/GMT+12")} <= {
        -1,
        0,
        1,
    }


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00+14:00", "0001-01-01", "9999-12-31T23:59:59Z"])
def test_a_time_beyond_the_calendar_is_none(said: str) -> None:
    with pytest.raises(ValueError, match="beyond the calendar"):
        parse(said, ZoneInfo("Asia/Seoul"))
