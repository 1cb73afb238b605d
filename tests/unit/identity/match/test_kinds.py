"""Values of each kind agree at the level a person would say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from itda.identity.match.columns import compared
from itda.identity.match.kinds import COMPARISONS
from itda.identity.match.levels import UNKNOWN, Values
from itda.text.emails import says


def level(kind: str, one: str, other: str) -> str:
    comparison = COMPARISONS[kind]
    values = Values(pl.Series([one, other]))
    both = [compared(comparison, values, *(np.array([at], np.int32) for at in order)) for order in ((0, 1), (1, 0))]
    assert both[0][0] == both[1][0], "the same in either order"
    return comparison.levels[both[0][0]]


@pytest.mark.parametrize(
    ("kind", "one", "other", "said"),
    [
        ("given", "robert", "robrt", "one letter off or sounds the same"),
        ("given", "robert", "rob", "short or hidden"),
        ("given", "robert", "r", "short or hidden"),
        ("given", "robert", "t", "different"),
        ("given", "min su|min seo", "min su", "one letter off or sounds the same"),
        ("given", "* su", "min su", "short or hidden"),
        ("given", "* su", "min ho", "different"),
        ("family", "gaster", "horner", "different"),
        ("birth", "19800408", "19800804", "one digit off or swapped"),
        ("birth", "19800408", "18800408", "one digit off or swapped"),
        ("birth", "19800408", "19800000", "one digit off or swapped"),
        ("birth", "19800408", "19870408", "one digit off or swapped"),
        ("birth", "19800408", "19921117", "different"),
        ("birth", "19800408", "19810101", "within a year"),
        ("phone", "1012345678", "5678", "last four digits alone"),
        ("phone", "1012345678", "1012345679", "one digit off"),
        ("phone", "1012345678", "1099991111", "different"),
        ("email", "paige.w@a.com", "paige.w@b.org", "same before the @, or three letters off"),
        ("email", "a@a.com", "a@bcdefg.org", "different"),
        ("given_by_email", "paige", "@paigewillis", "in it"),
        ("family_by_email", "willis", "@paigewillis", "in it"),
        ("given_by_email", "vincent", "@vadams", "its first letter"),
        ("given_by_email", "wi", "@paigewi", "not in it"),
        ("given_by_email", "min su", says("minsu.kim92@naver.com"), "in it"),
        ("family_by_email", "gim", says("minsu.kim92@naver.com"), "in it"),
        ("given_by_email", "yeong a", says("youngahlee80@naver.com"), "in it"),
        ("family_by_email", "i|li", says("youngahlee80@naver.com"), "in it"),
        ("given_by_email", "won dong", says("wondong52@naver.com"), "in it"),
        ("given_by_email", "min su", says("mskim77@naver.com"), "its first letter"),
        ("family_by_email", "gim", says("mskim77@naver.com"), "in it"),
        ("given_by_email", "su", says("minsu.kim92@naver.com"), "not in it"),
        ("family_by_email", "bak", says("minsu.kim92@naver.com"), "not in it"),
        ("address", "12 oak street", "12 oak stret", "same building, spelt otherwise"),
        ("address", "12 oak street", "77 pine road", "different"),
        ("place", "city0287", "city0286", "different"),
        ("place", "london", "lonndon", "alike"),
        ("postcode", "wr117qp", "wr117qw", "one sign off"),
        ("code", "m12345", "m12346", "one sign off"),
        ("category", "male", "female", "different"),
        ("text", "cricketer", "crickter", "one letter off"),
    ],
)
def test_two_values_agree_at_the_level_a_person_would_say(kind: str, one: str, other: str, said: str) -> None:
    assert level(kind, one, other) == said


def test_a_missing_value_says_nothing_and_an_equal_one_everything() -> None:
    comparison = COMPARISONS["family"]
    values = Values(pl.Series(["kim"]))
    left, right = np.array([0, 0], np.int32), np.array([-1, 0], np.int32)
    assert compared(comparison, values, left, right).tolist() == [UNKNOWN, comparison.same]
