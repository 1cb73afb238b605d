"""Decisions that go round in a ring: a cut between two whom joins tie has one answer, whichever was said first."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest

import itda
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server


def visitors(shop: Shop, *names: str) -> None:
    body = {
        "type": "track",
        "event": "Product Viewed",
        "timestamp": "2026-03-01T10:00:00Z",
        "properties": {"product_id": "p"},
    }
    shop.intake.append(
        [Record("web", "track", json.dumps({**body, "anonymousId": name}).encode()) for name in names],
        shop.app.clock(),
    )
    shop.settle()


def test_a_cut_holds_in_a_ring_of_joins_and_of_the_joins_the_earlier_whichever_was_said_first(shop: Path) -> None:
    with itda.open(shop) as opened:
        said = {
            "one": lambda a, b, _: opened.join(a, b, reason="a friend of hers"),
            "other": lambda _, b, c: opened.join(b, c, reason="the same phone"),
            "cut": lambda a, _, c: opened.cut(a, c, reason="two people came in"),
        }
        rings = [
            (order, [f"anonymous_id:{name}{number}" for name in "abc"])
            for number, order in enumerate(permutations(said))
        ]
        visitors(opened, *(end.partition(":")[2] for _, ends in rings for end in ends))
        for step in range(3):
            for order, ends in rings:
                said[order[step]](*ends)
        opened.settle()
        for order, (a, b, c) in rings:
            is_one_first = order.index("one") < order.index("other")
            held, lost = ((a, b), (b, c)) if is_one_first else ((b, c), (a, b))
            assert opened.why(*held).is_joined
            between = opened.why(*lost)
            assert not between.is_joined
            told = [(link.tier, link.state, link.reason.rpartition(": ")[2]) for link in between.obstacles]
            assert told == [("must", "suppressed", "cut"), ("cannot", "cut", "two people came in")]
            apart = opened.why(a, c)
            assert not apart.is_joined
            assert [link.tier for link in apart.obstacles] == ["must", "cannot"]
            opened.take_back(a, c, reason="it was one")
        opened.settle()
        assert all(opened.why(a, c).is_joined for _, (a, _, c) in rings)
