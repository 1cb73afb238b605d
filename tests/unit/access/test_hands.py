"""Two logins are two people where nobody's hand was on both of lately."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.access.hands import Tie, Touch, tie
from itda.base.instant import DAY

TERM = 30 * DAY
NOW = 100 * DAY

names = st.sampled_from("abcdef")
histories = st.lists(st.builds(Touch, names, names, st.integers(60, 99).map(lambda day: day * DAY)), max_size=8)


def on(day: int, *pairs: str) -> list[Touch]:
    """`ab`: the hand of a on the login b."""
    return [Touch(pair[0], pair[1], day * DAY) for pair in pairs]


@pytest.mark.parametrize(
    ("touches", "by"),
    [
        ([], None),
        (on(90, "ab"), "a"),  # made by who proposed
        (on(90, "ba"), "b"),  # who approves made the one that proposed
        (on(90, "ca", "cb"), "c"),  # one made both
        (on(90, "ac", "cb"), "a"),  # by a login between
        (on(90, "dc", "ca", "db"), "d"),
        (on(90, "ac", "bd"), None),
        (on(90, "ca", "db"), None),
        (on(70, "ab"), None),  # over, to the microsecond
    ],
)  # fmt: skip
def test_a_hand_on_both_ties_them_however_many_logins_lie_between(touches: list[Touch], by: str | None) -> None:
    found = tie(touches, "a", "b", NOW, TERM)
    assert (None if found is None else found.by) == by


def test_it_is_told_when_the_hand_is_off_again() -> None:
    touches = [*on(80, "ab"), *on(90, "ca", "cb"), *on(99, "ad", "cb")]
    assert tie(touches, "a", "b", NOW, TERM) == Tie("a", 120 * DAY)
    assert tie(touches, "a", "b", 110 * DAY, TERM) == Tie("c", 120 * DAY)
    assert tie(touches, "a", "b", 120 * DAY, TERM) is None


@given(histories, names, names)
def test_it_ties_both_ways_and_ends_on_the_day_it_says(touches: list[Touch], one: str, other: str) -> None:
    found = tie(touches, one, other, NOW, TERM)
    assert (found is None) == (tie(touches, other, one, NOW, TERM) is None)
    if one != other and found is not None:
        assert tie(touches, one, other, found.until - 1, TERM) is not None
        assert tie(touches, one, other, found.until, TERM) is None
