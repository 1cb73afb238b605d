"""What the queue is ordered by."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from itda.identity.worth import CHECKED_AT_LEAST, worth

SHARE = st.floats(0, 1)
COUNT = st.integers(0, 10**6)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(one=SHARE, other=SHARE, events=COUNT, orders=COUNT)
def test_of_two_with_as_much_at_stake_the_one_more_likely_to_be_wrong_comes_first(one, other, events, orders):
    low, high = sorted([one, other])
    assert worth("pair", high, events, orders) >= worth("pair", low, events, orders)
    assert worth("check", low, events, orders) >= worth("check", high, events, orders)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(share=SHARE, events=COUNT, orders=COUNT, more=COUNT, kind=st.sampled_from(["pair", "check", "limit", "hub"]))
def test_of_two_as_likely_to_be_wrong_the_one_with_more_at_stake_comes_first(share, events, orders, more, kind):
    probability = share if kind in {"pair", "check"} else None
    assert worth(kind, probability, events + more, orders) >= worth(kind, probability, events, orders) >= 0
    assert worth(kind, probability, events, orders + more) >= worth(kind, probability, events + more, orders)


def test_a_pair_that_is_none_is_worth_nothing_and_a_check_always_something():
    assert worth("pair", 0.0, 1000, 10) == 0
    assert worth("check", 1.0, 1000, 10) == pytest.approx(CHECKED_AT_LEAST * worth("pair", 1.0, 1000, 10))
