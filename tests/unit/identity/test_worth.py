"""What the queue is ordered by."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from itda.identity.worth import entropy, worth

SHARE = st.floats(0, 1)
COUNT = st.integers(0, 10**6)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(one=SHARE, other=SHARE, events=COUNT, orders=COUNT)
def test_of_two_with_as_much_at_stake_the_more_open_one_comes_first(one, other, events, orders):
    sure, open_ = sorted([one, other], key=lambda share: -abs(share - 0.5))
    assert worth("pair", open_, events, orders) >= worth("pair", sure, events, orders) - 1e-9


@settings(max_examples=100, derandomize=True, deadline=None)
@given(share=SHARE, events=COUNT, orders=COUNT, more=COUNT, kind=st.sampled_from(["pair", "check", "limit", "hub"]))
def test_of_two_as_open_the_one_with_more_at_stake_comes_first(share, events, orders, more, kind):
    probability = share if kind in {"pair", "check"} else None
    assert worth(kind, probability, events + more, orders) >= worth(kind, probability, events, orders) >= 0
    assert worth(kind, probability, events, orders + more) >= worth(kind, probability, events + more, orders)


def test_a_question_that_is_answered_is_worth_nothing_and_a_check_of_it_something():
    assert worth("pair", 1.0, 1000, 10) == worth("pair", 0.0, 1000, 10) == 0
    assert worth("check", 1.0, 1000, 10) > 0
    assert entropy(0.5) == pytest.approx(1)
