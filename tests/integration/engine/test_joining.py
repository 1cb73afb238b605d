"""What is counted when two turn out to be one, and two again: people by today's grouping, orders and coupons once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import itda
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

DAY = {"since": "2026-03-01", "until": "2026-03-01"}
ONE, OTHER = "user_id:u1", "anonymous_id:visitor-1"


def buys(shop: Shop) -> None:
    """Each of the two an order on the same past day, with a coupon."""
    bodies = [
        {
            "type": "track",
            "event": "Order Completed",
            "timestamp": "2026-03-01T10:00:00Z",
            **who,
            "properties": {"order_id": order, "revenue": 1000, "currency": "KRW", "coupon": "SPRING"},
        }
        for order, who in (("o1", {"userId": "u1"}), ("o2", {"anonymousId": "visitor-1"}))
    ]
    shop.intake.append([Record("web", "track", json.dumps(body).encode()) for body in bodies], shop.app.clock())
    shop.settle()


def counted(folder: Path) -> dict[str, float]:
    """As one who opens the shop now is told: who has it open is told again for a while what took long to count."""
    with itda.open(folder) as shop:
        names = ("customers", "orders", "revenue")
        return {name: shop.metric(name, **DAY).row(0, named=True)["value"] for name in names}


def coupons(shop: Shop, who: str) -> list[str]:
    """The orders of a customer in which the coupon was used."""
    return sorted(json.dumps(row, default=str) for row in shop.timeline(who).rows(named=True))


def test_joined_there_is_one_person_with_both_orders_and_parted_each_has_their_own(shop: Path) -> None:
    with itda.open(shop) as opened:
        buys(opened)
        before = {who: coupons(opened, who) for who in (ONE, OTHER)}
        assert [len(rows) for rows in before.values()] == [1, 1]
        assert counted(shop) == {"customers": 2, "orders": 2, "revenue": 2000}
        opened.join(ONE, OTHER, reason="she said so at the desk")
        opened.settle()
        assert counted(shop) == {"customers": 1, "orders": 2, "revenue": 2000}
        both = sorted(row for rows in before.values() for row in rows)
        assert coupons(opened, ONE) == coupons(opened, OTHER) == both
        opened.take_back(ONE, OTHER, reason="it was her sister")
        opened.settle()
        assert counted(shop) == {"customers": 2, "orders": 2, "revenue": 2000}
        assert {who: coupons(opened, who) for who in (ONE, OTHER)} == before
