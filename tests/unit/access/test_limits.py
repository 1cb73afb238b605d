"""How often the centre answers one visitor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.access.limits import Buckets, network


def test_a_burst_is_answered_and_then_so_many_a_second() -> None:
    buckets = Buckets(3, 2.0)
    assert [buckets.wait("a", 10.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.wait("a", 10.25) == 0.25
    assert buckets.wait("a", 10.5) == 0.0
    assert buckets.wait("b", 10.5) == 0.0


def test_a_full_bucket_holds_no_more_than_its_burst() -> None:
    buckets = Buckets(2, 1.0)
    assert buckets.wait("a", 0.0) == 0.0
    assert [buckets.wait("a", 1e6) for _ in range(3)] == [0.0, 0.0, 1.0]


@given(st.lists(st.floats(0, 5), max_size=80), st.integers(1, 10), st.floats(0.1, 10))
def test_nobody_is_answered_more_often_than_said_whatever_the_pace(
    pauses: list[float], burst: int, per_second: float
) -> None:
    buckets, now, answered = Buckets(burst, per_second), 0.0, 0
    for pause in pauses:
        now += pause
        wait = buckets.wait("a", now)
        answered += not wait
        assert answered <= burst + now * per_second + 1e-6
        assert wait <= 1 / per_second


@given(st.lists(st.floats(0, 5), min_size=1, max_size=30), st.integers(1, 4), st.floats(0.1, 10))
def test_whoever_waits_as_long_as_told_is_answered(pauses: list[float], burst: int, per_second: float) -> None:
    buckets, now = Buckets(burst, per_second), 0.0
    for pause in pauses:
        now += pause
        wait = buckets.wait("a", now)
        if wait:
            now += wait + 1e-6
            assert buckets.wait("a", now) == 0.0


def test_a_stranger_among_many_costs_no_memory() -> None:
    buckets = Buckets(1, 1.0)
    for number in range(50_000):
        buckets.wait(number, 0.0)
    assert len(buckets._kept) == 20_000


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_one_subscribers_addresses_are_one(address: str, same: str) -> None:
    assert network(address) == same
