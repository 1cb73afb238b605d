"""A family on one phone: persons that stay apart, and a household that each of their profiles knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fixtures_shop import Said

import itda as house_of
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

PHONE, HOME = "010-2345-6789", "서울특별시 마포구 양화로 45, 2동 1203호"


def identified(shop: Shop, *people: tuple[str, dict[str, str]], at: str = "2026-03-01T10:00:00Z") -> None:
    """What a card's form says of each: the membership, and traits."""
    bodies = [
        {"type": "identify", "timestamp": at, "traits": {"membership": card, **traits}, "anonymousId": f"till-{card}"}
        for card, traits in people
    ]
    shop.intake.append([Record("web", "identify", json.dumps(body).encode()) for body in bodies], shop.app.clock())
    shop.settle()


def test_a_family_on_one_phone_is_three_customers_and_one_household(shop: Path, itda: Callable[..., Said]) -> None:
    with opened(shop) as house:
        identified(
            house,
            ("1001", {"name": "김민수", "phone": PHONE, "address": HOME}),
            ("1002", {"name": "이영희", "phone": PHONE, "address": "마포구 양화로 45 2-1203"}),
            ("1003", {"name": "김준", "address": HOME}),
            ("1004", {"name": "김철수", "phone": "010-7777-6666"}),
        )
        family = {card: house.customer(f"membership:{card}") for card in ("1001", "1002", "1003", "1004")}
        assert len({view.id for view in family.values()}) == 4, "a household joins nobody"
        assert family["1004"].household is None
        others = {card: {one.customer: one.shares for one in view.household.others}
                  for card, view in family.items() if view.household}  # fmt: skip
        assert others == {
            "1001": {family["1002"].id: ["address", "phone"], family["1003"].id: ["address", "family_name"]},
            "1002": {family["1001"].id: ["address", "phone"], family["1003"].id: []},
            "1003": {family["1001"].id: ["address", "family_name"], family["1002"].id: []},
        }
        rows = house.export.frame(
            columns=["customer", "household", "household_members"], reason="who lives with whom"
        ).rows()
        told = {row[0]: row[1:] for row in rows}
        home = min(family[card].id for card in others)
        assert {card: told[view.id] for card, view in family.items()} == {
            **dict.fromkeys(others, (home, 3)), "1004": (None, None)
        }  # fmt: skip
        with house.db.connection() as connection:
            looked = connection.execute(
                "select subjects from access_log where question = 'Profile' order by seq"
            ).fetchall()
        assert len(looked[0][0]) > len(looked[3][0]), "whoever is told of stands in the access log"

        identified(house, ("1002", {"address": "부산광역시 중구 중앙대로 1"}), at="2026-04-01T10:00:00Z")
        moved = house.customer("membership:1001").household
        assert moved is not None
        assert moved.members == 2, "what was said last counts"
    assert "Household: 2 customers" in itda("customer", "membership:1003").out
    assert itda("customer", "membership:1003", "--json").json["household"]["members"] == 2
    assert "Household" not in itda("customer", "membership:1004").out


def opened(folder: Path) -> Shop:
    return house_of.open(folder)
