"""A shop with a little history, over the real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.laws.pipeline_world import event

import itda
from itda.engine import shop as shops
from itda.store.ports import Record


def batch(numbers, source: str = "web", **changes) -> Record:
    """One request with the events of these numbers."""
    return Record(source, "batch", msgspec.json.encode({"batch": [event(one) | changes for one in numbers]}))


@pytest.fixture
def opened(shop: Path) -> Iterator[shops.Shop]:
    """The test's shop, open."""
    with itda.open(shop) as found:
        yield found


@pytest.fixture
def lively(opened: shops.Shop) -> shops.Shop:
    """A shop in which 300 events happened, some twice, some bad, with two decisions of a steward."""
    now = shops.clock()
    for first in range(0, 300, 50):
        opened.intake.append([batch(range(first, first + 50)), batch(range(first, first + 5))], now)
        opened.drain()
    opened.join("user_id:user-1", "email:mail3@shop.example", reason="known at the counter")
    opened.cut("user_id:user-2", "user_id:user-3", reason="two people")
    opened.settle()
    return opened
