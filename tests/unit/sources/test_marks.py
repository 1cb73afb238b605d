"""How far a source is read: values that come back as they were, and where a reading begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.base.instant import DAY, HOUR, MINUTE
from itda.sources import marks
from itda.sources.marks import Mark, Overlap

VALUES = st.one_of(
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.text(max_size=20),
)


@given(VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert marks.of(value).value == value


@given(st.datetimes(min_value=datetime.fromisoformat("1900-01-01")), st.sampled_from([MINUTE, HOUR, 3 * DAY]))
def test_an_overlap_of_written_times_is_what_it_is_of_times(moment: datetime, length: int) -> None:
    """Texts in one form compare as their times do, so the begin must be in the same form."""
    earlier = moment - timedelta(microseconds=length)
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        begin = marks.begin(marks.of(moment.strftime(form)), Overlap(length=length))
        assert begin == Mark("text", earlier.replace(year=earlier.year).strftime(form)) or form == "%Y-%m-%d"
    assert marks.begin(marks.of(moment), Overlap(length=length)).value == earlier


def test_days_overlap_by_a_day_at_least_and_numbers_by_numbers() -> None:
    assert marks.begin(marks.of(date(2026, 3, 1)), Overlap(length=MINUTE)).value == date(2026, 2, 28)
    assert marks.begin(marks.of("2026-03-01"), Overlap(length=MINUTE)).value == "2026-02-28"
    assert marks.begin(marks.of(100), Overlap(units=5)).value == 95
    assert marks.begin(marks.of(Decimal("1.5")), Overlap(units=1)).value == Decimal("0.5")
    assert marks.begin(marks.of("b"), Overlap()).value == "b"


@pytest.mark.parametrize(
    ("value", "overlap", "told"),
    [
        (5, Overlap(length=MINUTE), "as a number"),
        (datetime.fromisoformat("2026-03-01"), Overlap(units=5), "as `10 min`"),
        ("01JABC", Overlap(length=MINUTE), "no ISO time"),
    ],
)
def test_an_overlap_that_does_not_suit_the_column_is_told(value: Any, overlap: Overlap, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        marks.begin(marks.of(value), overlap)


def test_what_somebody_wrote_is_read_as_the_column_holds_it() -> None:
    assert marks.read("17", None) == marks.of(17)
    assert marks.read("17", "text") == marks.of("17")
    assert marks.read("2026-03-01", None) == marks.of(date(2026, 3, 1))
    assert marks.read("2026-03-01", "time") == marks.of(datetime.fromisoformat("2026-03-01"))
    assert marks.read("2026-03-01T10:00", "date") == marks.of(date(2026, 3, 1))
    assert marks.read("a7", None) == marks.of("a7")
    for text, like in (("monday", "time"), ("seven", "number")):
        with pytest.raises(ValueError, match="is no"):
            marks.read(text, like)  # type: ignore[arg-type]


@given(st.lists(st.datetimes(min_value=datetime.fromisoformat("1000-01-01")), min_size=2, max_size=2))
def test_places_go_up_as_the_values_do(pair: list[datetime]) -> None:
    low, high = sorted(pair)
    first, second = marks.order(marks.of(low)), marks.order(marks.of(high.isoformat()))
    assert first is not None
    assert second is not None
    assert first <= second
    assert marks.order(marks.of("01JABC")) is None


@pytest.mark.parametrize("value", [True, None, [1], float("nan")])
def test_what_has_no_order_is_no_mark(value: Any) -> None:
    with pytest.raises(ValueError, match="to go by"):
        marks.of(value)
