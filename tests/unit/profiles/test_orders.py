from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.events.event import Event
from itda.profiles import orders
from itda.profiles.fold import Fold

FOLD = Fold([], "UTC", "USD", {"web": "shop", "app": "shop"})


def event(name: str, at: int, source: str = "web", event_id: str = "e", **properties: Any) -> Event:
    return Event(
        event_id=event_id, name=name, type="track", source=source, channel=source, occurred_at=at, received_at=at,
        local_date=0, position=at, identifiers=[], properties={"order_id": "1", **properties}, context={},
    )  # fmt: skip


def net(*events: Event) -> list[int]:
    from itda.profiles import orders

    state = FOLD.new()
    for one in events:
        FOLD.absorb(state, one, one.properties, (), one.position)
    return sorted(orders.net(order) for order in FOLD.orders(state))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event("Order Completed", 1, revenue=12.9)], [1290]),
        ([event("Order Completed", 1, revenue=12.9, total=20)], [1290]),
        ([event("Order Completed", 1, total="20.00")], [2000]),
        ([event("Order Updated", 2, revenue=5), event("Order Completed", 1, revenue=9)], [500]),
        ([event("Order Completed", 1, event_id="b", revenue=5), event("Order Updated", 1, event_id="a", revenue=9)], [500]),
        ([event("Order Completed", 1, revenue=9), event("Order Refunded", 2, total=2)], [700]),
        ([event("Order Refunded", 1, total=2), event("Order Completed", 2, revenue=9)], [700]),
        ([event("Order Refunded", 1, total=2)], []),
        ([event("Order Completed", 1, revenue=9), event("Order Returned", 2)], [0]),
        ([event("Order Completed", 1, revenue=9), event("Order Returned", 2, total=50)], [0]),
        ([event("Order Completed", 1, revenue=9), event("Order Cancelled", 2)], []),
        ([event("Order Completed", 1, revenue=9), event("Order Cancelled", 2, total=9)], []),
        ([event("Order Completed", 1, revenue=9), event("Order Cancelled", 2, total=4)], [500]),
        ([event("Order Completed", 1, revenue=9), event("Order Cancelled", 2), event("Order Updated", 3, revenue=8)], []),
        ([event("Order Completed", 1, revenue=9, order_id=7), event("Order Completed", 1, revenue=9, order_id="7")], [900]),
        ([event("Order Completed", 1, revenue=9, order_id=None)], []),
        ([event("Order Completed", 1, "web", revenue=9), event("Order Refunded", 2, "app", total=1)], [800]),
        ([event("Order Completed", 1, "web", revenue=9), event("Order Completed", 2, "till", revenue=1)], [100, 900]),
        ([event("Order Completed", 1, "till", revenue=9, order_scope="shop"), event("Order Updated", 2, "web", revenue=1)], [100]),
        ([event("Order Completed", 1, revenue=900, currency="krw")], [900]),
        ([event("Order Completed", 1, revenue=9, currency="zzz")], [900]),
    ],
)  # fmt: skip
def test_an_order_is_worth_what_its_latest_version_says_less_what_came_back(
    events: list[Event], expected: list[int]
) -> None:
    assert net(*events) == expected
    assert net(*events[::-1]) == expected


def test_a_cancellation_of_less_than_the_least_coin_takes_nothing_from_an_order_of_nothing() -> None:
    cancelled = event("Order Cancelled", 2, event_id="f", revenue=0.001, currency="USD")
    assert net(event("Order Completed", 1, revenue=0, currency="USD"), cancelled) == [0]


def test_a_whole_number_too_large_for_money_is_passed_over_for_the_next_field() -> None:
    assert net(event("Order Completed", 1, revenue=10**15, total=7, currency="USD")) == [700]


def test_orders_written_before_their_goods_were_kept_are_read_and_excuse_nothing() -> None:
    from itda.profiles import orders

    state = FOLD.new()
    done = event("Order Completed", 1, revenue=9, products=[{"category": "shoes"}])
    FOLD.absorb(state, done, done.properties, (), 1, orders.contacts([b"a" * 16]))
    (order,) = state.orders.values()
    assert (orders.categories(order), orders.is_contact(order, b"a" * 16)) == ({"shoes"}, True)
    written = msgspec.msgpack.decode(msgspec.msgpack.encode(order))[:-3]
    old = msgspec.msgpack.decode(msgspec.msgpack.encode(written), type=orders.Order)
    assert (orders.net(old), orders.ended_at(old)) == (900, 1)
    assert (orders.categories(old), orders.is_contact(old, b"a" * 16)) == (frozenset(), False)


@given(
    at=st.sampled_from([orders.NEVER, 5]),
    amount=st.integers(-2, 3),
    cancelled=st.integers(0, 4_000_000),
    whole=st.integers(0, 3),
)
def test_the_orders_that_stand_are_those_that_each_by_itself_is_one(at, amount, cancelled, whole) -> None:
    order = orders.Order(at=at, amount=amount, currency="USD", cancelled=cancelled, whole=whole)
    assert (orders.standing({"a": order}) == [order]) is orders.is_order(order)


names = st.sets(st.integers(0, 255).map(lambda number: bytes([number]) * 16), max_size=24)


@given(names, names, names)
def test_of_an_order_with_too_many_addresses_none_was_the_buyers_however_they_came(one, two, three) -> None:
    def kept(*parts: set[bytes]) -> orders.Order:
        state = FOLD.new()
        for at, part in enumerate(parts):
            version = event("Order Updated", at + 1, event_id=str(at), revenue=9)
            FOLD.absorb(state, version, version.properties, (), at, orders.contacts(part))
        (order,) = state.orders.values()
        return order

    every = one | two | three
    order = kept(one, two, three)
    assert order.contacts == kept(three, one | two).contacts == kept(every).contacts
    told = {address for address in every if orders.is_contact(order, address)}
    assert told == (every if len(every) <= orders.MOST_CONTACTS else set())
    assert orders.forget(order, one) is (bool(told) and bool(one))
