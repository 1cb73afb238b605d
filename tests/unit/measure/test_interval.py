"""Intervals of shares and of their differences: the values that Newcombe (1998) prints, and what must always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.measure.interval import newcombe, wilson


@pytest.mark.parametrize(
    ("n1", "of1", "n2", "of2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926), (0, 10, 0, 20, -0.1611, 0.2775), (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0), (10, 10, 0, 10, 0.6075, 1.0),
    ],
)  # fmt: skip
def test_the_difference_has_the_interval_that_newcombe_prints(n1, of1, n2, of2, low, high):
    found = newcombe(n1, of1, n2, of2)
    assert (found.low, found.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


def test_a_share_has_the_interval_that_newcombe_prints_for_wilson():
    assert wilson(81, 263) == (pytest.approx(0.2553, abs=6e-5), pytest.approx(0.3662, abs=6e-5))
    assert wilson(15, 148) == (pytest.approx(0.0624, abs=6e-5), pytest.approx(0.1605, abs=6e-5))
    assert wilson(0, 20) == (0.0, pytest.approx(0.1611, abs=6e-5))
    assert wilson(1, 29) == (pytest.approx(0.0061, abs=6e-5), pytest.approx(0.1718, abs=6e-5))


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)
    assert newcombe(0, 0, 1, 2) is None
    assert newcombe(1, 2, 0, 0) is None


counted = st.integers(1, 10**7).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(counted, counted)
def test_the_interval_holds_the_difference_and_turns_with_it(one, other):
    found, turned = newcombe(*one, *other), newcombe(*other, *one)
    assert -1 - 1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9
    assert (turned.low, turned.high) == (pytest.approx(-found.high), pytest.approx(-found.low))
