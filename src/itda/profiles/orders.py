"""The order fold: what every trait and metric of orders and revenue reads, never the raw events.

An order is keyed by (order scope, order_id). Of its `Order Completed` and `Order Updated` the latest by
(occurred_at, event_id) counts; `Order Refunded`, `Order Cancelled` and `Order Returned` subtract their amount, and
without one the whole. An order never counts below nothing, and one cancelled whole is no order. What is subtracted
from an order that nobody completed waits for it.

Beside amounts it keeps what excuses an advertisement to a customer who never consented (Network Act art. 50(1)1):
what kinds of goods were bought, when the purchase came to its end, and which addresses were given in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from itda.base import money
from itda.profiles.events import Happened

PLACES = frozenset({"Order Completed", "Order Updated"})
SUBTRACTS = frozenset({"Order Refunded", "Order Cancelled", "Order Returned"})
ENDS = frozenset({"Order Picked Up", "Order Delivered", "Order Confirmed"})
"""Handed over, or confirmed by the buyer: the first of them ends the purchase."""
NAMES = PLACES | SUBTRACTS | ENDS
AMOUNTS = ("revenue", "subtotal", "total", "value")
"""Where an event says its amount: the first that is there. `revenue` is after discounts, before tax and shipping."""
CANCELLED = 1
GIVEN_BACK = 2
NEVER = -(1 << 62)
MOST_CATEGORIES = 8
"""Of an order; the first in the order of the alphabet are kept."""
MOST_CONTACTS = 16
TOO_MANY = b"\0"
"""In place of an order's addresses where it carried more: of none of so many can be said that a buyer gave it."""
_LETTERS = 64
"""A category that is longer is not kept."""
_BETWEEN = "\x1f"
_CONTACT = 8
"""Bytes of a fragment's id by which an order knows it again."""


class Order(msgspec.Struct, array_like=True, gc=False):
    """One order as it stands. Times are microseconds UTC; amounts not yet settled are millionths."""

    at: int = NEVER
    """When the version that counts occurred; NEVER while the order is only subtracted from."""
    event_id: str = ""
    placed_at: int = 1 << 62
    """The least time of its Completed and Updated: when it was placed."""
    local_date: int = 1 << 30
    amount: int = 0
    """Minor units of `currency`."""
    currency: str = ""
    channel: str = ""
    source: str = ""
    given_back: int = 0
    """Refunded and returned, in millionths of the currency's major unit."""
    cancelled: int = 0
    whole: int = 0
    """CANCELLED and GIVEN_BACK as bits: such an event came without an amount and means all of it."""
    ended_at: int = 0
    """The least time of its ENDS; 0 where none is known."""
    categories: str = ""
    """Of its products, in the version that counts; see `categories`."""
    contacts: bytes = b""
    """Of the addresses that its Completed and Updated carried, or TOO_MANY; see `contacts`."""


Orders = dict[str, Order]


def key(scope: str, order_id: str) -> str:
    """The written key of an order."""
    return f"{scope}\x1f{order_id}"


def number(plain: Mapping[str, Any]) -> str:
    """The order that an event names: its `order_id`, where that is a text or a number; empty where it is about none.

    A number is as JSON writes it (RFC 8259 §6), so that it is the same to whoever reads the event as it is kept.
    """
    told = plain.get("order_id")
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return ""
    return told if isinstance(told, str) else msgspec.json.encode(told).decode()


def order_id(key: str) -> str:
    """The order's own id, of its written key."""
    return key.partition("\x1f")[2]


def absorb(
    orders: Orders, event: Happened, plain: dict[str, Any], scope: str, currency: str, contacts: bytes = b""
) -> None:
    """Take one order event into the orders, in place. An event without an order_id says nothing about an order.

    `contacts` are the addresses that the event carries.
    """
    named = number(plain)
    if not named:
        return
    written = key(scope, named)
    order = orders.get(written)
    if order is None:
        order = orders[written] = Order()
    if event.name in PLACES:
        _place(order, event, plain, currency)
        if contacts and contacts != order.contacts:
            order.contacts = _together(order.contacts, contacts) if order.contacts else contacts
    elif event.name in ENDS:
        order.ended_at = _earlier(order.ended_at, event.occurred_at)
    else:
        _subtract(order, event.name == "Order Cancelled", plain, currency)


def merge(into: Orders, others: Orders) -> None:
    """Take other orders into these, in place; `others` stay as they are."""
    for written, other in others.items():
        order = into.get(written)
        into[written] = _merged(order, other) if order is not None else msgspec.structs.replace(other)


def contacts(fragments: Iterable[bytes]) -> bytes:
    """Addresses, by their fragments, as an order keeps them."""
    return _together(b"", b"".join([fragment[:_CONTACT] for fragment in fragments]))


def is_contact(order: Order, fragment: bytes) -> bool:
    """Whether this address was given in the order itself; of an order with TOO_MANY none was."""
    return fragment[:_CONTACT] in _parts(order.contacts)


def forget(order: Order, fragments: Iterable[bytes]) -> bool:
    """Take these addresses out of an order, in place; whether it had one of them."""
    gone = {fragment[:_CONTACT] for fragment in fragments}
    left = b"".join([one for one in _parts(order.contacts) if one not in gone])
    was, order.contacts = order.contacts, left
    return was != left


def categories(order: Order) -> frozenset[str]:
    """The categories of its products, MOST_CATEGORIES at most."""
    return frozenset(order.categories.split(_BETWEEN)) if order.categories else frozenset()


def ended_at(order: Order) -> int:
    """When the purchase came to its end: the first of handing over and confirming; placed, where neither is known."""
    return order.ended_at or order.placed_at


def is_order(order: Order) -> bool:
    """Whether it was placed and not cancelled whole."""
    if order.at == NEVER or order.whole & CANCELLED:
        return False
    cancelled = _cancelled(order) if order.cancelled else 0
    return not cancelled or cancelled < order.amount


def standing(orders: Orders) -> list[Order]:
    """Those that are orders, as `is_order` says."""
    return [one for one in orders.values() if (one.at != NEVER and not (one.cancelled or one.whole)) or is_order(one)]


def net(order: Order) -> int:
    """What it brought in, in minor units of its own currency, never below nothing."""
    if order.at == NEVER or order.whole:
        return 0
    if not order.given_back and not order.cancelled:
        return order.amount
    back = money.minor_of_micros(order.given_back, order.currency)
    return max(order.amount - back - _cancelled(order), 0) if order.amount > 0 else order.amount


def revenue(orders: Iterable[Order]) -> dict[str, int]:
    """Net revenue in minor units per currency."""
    sums: dict[str, int] = {}
    for order in orders:
        if is_order(order):
            sums[order.currency] = sums.get(order.currency, 0) + net(order)
    return sums


def _cancelled(order: Order) -> int:
    return money.minor_of_micros(order.cancelled, order.currency)


def _stated(plain: dict[str, Any]) -> Any:
    for field in AMOUNTS:
        value = plain.get(field)
        if value is not None and money.is_amount(value):
            return value
    return None


def _currency(plain: dict[str, Any], fallback: str) -> str:
    written = plain.get("currency")
    if isinstance(written, str) and money.is_known(written.strip().upper()):
        return written.strip().upper()
    return fallback


def _place(order: Order, event: Happened, plain: dict[str, Any], currency: str) -> None:
    if event.occurred_at < order.placed_at:
        order.placed_at = event.occurred_at
        order.local_date = event.local_date
    if (event.occurred_at, event.event_id) > (order.at, order.event_id):
        order.currency = _currency(plain, currency)
        order.amount = money.minor(_stated(plain), order.currency) or 0
        order.at, order.event_id = event.occurred_at, event.event_id
        order.channel, order.source = event.channel, event.source
        order.categories = _categories(plain.get("products"))


def _subtract(order: Order, is_cancelled: bool, plain: dict[str, Any], currency: str) -> None:
    stated = _stated(plain)
    if stated is None:
        order.whole |= CANCELLED if is_cancelled else GIVEN_BACK
        return
    written = _currency(plain, currency)
    amount = abs(money.minor(stated, written) or 0) * 10 ** (6 - money.digits(written))
    if is_cancelled:
        order.cancelled += amount
    else:
        order.given_back += amount


def _merged(a: Order, b: Order) -> Order:
    latest = a if (a.at, a.event_id) >= (b.at, b.event_id) else b
    first = a if a.placed_at <= b.placed_at else b
    return msgspec.structs.replace(
        latest,
        placed_at=first.placed_at,
        local_date=first.local_date,
        given_back=a.given_back + b.given_back,
        cancelled=a.cancelled + b.cancelled,
        whole=a.whole | b.whole,
        ended_at=_earlier(a.ended_at, b.ended_at),
        contacts=_together(a.contacts, b.contacts) if a.contacts != b.contacts else a.contacts,
    )


def _earlier(a: int, b: int) -> int:
    """The earlier of two times, of which 0 is none."""
    return min(a, b) if a and b else a or b


def _categories(products: Any) -> str:
    if type(products) is not list:
        return ""
    named = [one for product in products if type(product) is dict and type(one := product.get("category")) is str]
    kept = [one for one in set(named) if 0 < len(one) <= _LETTERS and _BETWEEN not in one]
    return _BETWEEN.join(sorted(kept)[:MOST_CATEGORIES])


def _parts(contacts: bytes) -> list[bytes]:
    return [contacts[start : start + _CONTACT] for start in range(0, len(contacts), _CONTACT)]


def _together(a: bytes, b: bytes) -> bytes:
    """Both, each once, in an order of their own; TOO_MANY above MOST_CONTACTS, and with it whatever comes after."""
    both = sorted({*_parts(a), *_parts(b)})
    return TOO_MANY if len(both) > MOST_CONTACTS or TOO_MANY in both else b"".join(both)
