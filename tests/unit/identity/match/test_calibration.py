"""What decisions make of the model's claim."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from itda.identity.match.calibration import FEWEST, Calibration, Decided, calibrated

BITS = st.floats(-20, 20)
DECIDED = st.lists(st.builds(Decided, BITS, st.booleans()), max_size=60)


def drawn(shift: float, slope: float, count: int) -> list[Decided]:
    """Decisions of a world whose bits are so wrong."""
    chance = np.random.default_rng(7)
    bits = chance.uniform(-4, 6, count)
    right = 1 / (1 + np.exp2(-(shift + slope * bits)))
    return [Decided(float(bit), bool(is_same)) for bit, is_same in zip(bits, chance.random(count) < right, strict=True)]


@settings(max_examples=100, derandomize=True, deadline=None)
@given(decided=DECIDED, one=BITS, other=BITS)
def test_more_bits_are_never_less_probable_whatever_was_decided(decided, one, other):
    found = calibrated(decided)
    assert found.slope > 0
    low, high = sorted([one, other])
    assert found.probability(low) <= found.probability(high)
    assert 0 <= found.probability(low) <= 1


@settings(max_examples=50, derandomize=True, deadline=None)
@given(decided=st.lists(st.builds(Decided, BITS, st.booleans()), min_size=FEWEST, max_size=60))
def test_the_order_of_decisions_does_not_matter(decided):
    one, other = calibrated(decided), calibrated(decided[::-1])
    assert (one.shift, one.slope) == pytest.approx((other.shift, other.slope), abs=1e-3)


def test_few_decisions_and_decisions_of_one_kind_leave_the_claim_as_it_is():
    assert calibrated(drawn(-3, 1, FEWEST - 1)) == Calibration()
    assert calibrated([Decided(float(bits), is_same=True) for bits in range(50)]) == Calibration()
    bits = np.array([-3.0, 5.0], np.float32)
    assert Calibration().bits(bits) is bits


def test_what_a_thousand_decisions_say_is_believed():
    found = calibrated(drawn(-2, 0.7, 2000))
    assert found.is_learnt
    assert found.shift == pytest.approx(-2, abs=0.3)
    assert found.slope == pytest.approx(0.7, abs=0.1)


def test_twenty_decisions_move_the_claim_by_less_than_a_thousand_of_the_same_world():
    few, many = calibrated(drawn(-4, 1, FEWEST)), calibrated(drawn(-4, 1, 1000))
    assert -4 < few.shift < 0
    assert many.shift < few.shift


def test_more_who_say_it_is_one_person_make_it_more_probable():
    no = [Decided(1.0, is_same=number % 2 == 0) for number in range(40)]
    yes = [Decided(1.0, is_same=number % 4 > 0) for number in range(40)]
    assert calibrated(yes).probability(1.0) > calibrated(no).probability(1.0)
