"""Birth dates and phone numbers as they are typed, and how two are alike."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.text.dates import UNKNOWN, parsed
from itda.text.phones import digits

births = st.dates(date(1927, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1980-04-08", (1980, 4, 8)),
        ("1980.4.8.", (1980, 4, 8)),
        ("80/04/08", (1980, 4, 8)),
        ("800408", (1980, 4, 8)),
        ("011115", (2001, 11, 15)),
        ("1980년 4월 8일", (1980, 4, 8)),
        ("80년 4월 8일생", (1980, 4, 8)),
        ("4월 8일", (0, 4, 8)),
        ("1980년", (1980, 0, 0)),
        ("1980", (1980, 0, 0)),
        ("198004", (1980, 4, 0)),
        ("1980-04", (1980, 4, 0)),
        ("08/04/1980", (1980, 4, 8)),
        ("04/28/1980", (1980, 4, 28)),
        ("28041980", (1980, 4, 28)),
        ("8 April 1980", (1980, 4, 8)),
        ("Apr 8, 1980", (1980, 4, 8)),
        ("8-Apr-80", (1980, 4, 8)),
        ("Apr 1980", (1980, 4, 0)),
        ("1980-04-08T00:00:00Z", (1980, 4, 8)),
        ("1980-04-08 09:30", (1980, 4, 8)),
        ("800408-1******", (1980, 4, 8)),
        ("0104083", (2001, 4, 8)),
        ("19820247", (1982, 2, 47)),
        ("1980-13-40", (1980, 13, 40)),
        ("\uff11\uff19\uff18\uff10\uff0d\uff10\uff14\uff0d\uff10\uff18", (1980, 4, 8)),
        ("0000-00-00", UNKNOWN),
        ("unknown", UNKNOWN),
        ("12345678901", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_birth_date_is_read(text: str, read: tuple[int, int, int]) -> None:
    assert parsed(text, 2026) == read


def test_americans_write_the_month_first() -> None:
    assert parsed("04/08/1980", 2026, is_month_first=True) == (1980, 4, 8)
    assert parsed("28/04/1980", 2026, is_month_first=True) == (1980, 4, 28)


def test_two_digits_are_the_last_such_year_in_which_one_can_be_born() -> None:
    assert [parsed("260408", latest)[0] for latest in (2025, 2026)] == [1926, 2026]


@given(births)
def test_every_way_of_writing_a_day_is_that_day(day: date) -> None:
    read = (day.year, day.month, day.day)
    ways = ("%Y-%m-%d", "%Y%m%d", "%y%m%d", "%Y.%m.%d", "%Y년 %m월 %d일", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d")
    assert {parsed(day.strftime(way), 2026) for way in ways} == {read}


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert len(parsed(text, 2026)) == 3


@pytest.mark.parametrize(
    "text",
    ["010-1234-5678", "+82 10-1234-5678", "0082 10 1234 5678", "821012345678", "+82 (0)10.1234.5678", "1012345678"],
)
def test_a_korean_number_has_one_row_of_digits(text: str) -> None:
    assert digits(text, "82") == "1012345678"
