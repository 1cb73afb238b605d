"""Bands of age end where laws ask."""

from __future__ import annotations

import pytest

from itda.base.ages import CHILDREN, YOUTHS, band


@pytest.mark.parametrize(
    ("years", "told"),
    [
        (0, CHILDREN),
        (13, CHILDREN),
        (14, YOUTHS),
        (19, YOUTHS),
        (20, "20-29"),
        (29, "20-29"),
        (79, "70-79"),
        (80, "80+"),
    ],
)
def test_a_band_begins_with_the_year_in_which_one_may_more(years: int, told: str) -> None:
    assert band(years) == told
    assert (CHILDREN, YOUTHS) == ("0-13", "14-19"), "as it stands in what was told before"
