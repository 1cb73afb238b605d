"""A served shop takes up what is applied by itself, and nothing of what only the files say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fixtures_shop import Said, Serving

import itda as house
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

ALL = "people: {events: {name: Order Completed}}\n"
NARROWER = "people: {events: {name: Order Completed}, at_least: 2}\n"
PATIENCE_S = 30.0


def bought(shop: Shop, who: str, number: int) -> None:
    body = {"type": "track", "event": "Order Completed", "userId": who, "properties": {"order_id": f"{who}-{number}"}}
    shop.intake.append([Record("web", "track", json.dumps(body).encode())], shop.app.clock())
    shop.settle()


def members(itda: Callable[..., Said]) -> int:
    return int(itda("segment", "people", "--json").json["members"])


def until(wanted: int, itda: Callable[..., Said]) -> int:
    end = time.monotonic() + PATIENCE_S
    while (found := members(itda)) != wanted and time.monotonic() < end:
        time.sleep(0.2)
    return found


def test_what_is_applied_holds_at_once_in_a_served_shop(
    shop: Path, serve: Callable[..., Serving], itda: Callable[..., Said]
) -> None:
    (shop / "segments" / "mine.yaml").write_text(ALL)
    served = serve()
    with open_(shop) as one:
        bought(one, "a", 1)
        bought(one, "b", 1)
        bought(one, "b", 2)
        assert until(2, itda) == 2
        (shop / "segments" / "mine.yaml").write_text(NARROWER)
        bought(one, "c", 1)
        assert until(3, itda) == 3
    done = itda("apply", "--yes", "--json").json
    assert (done["is_new"], done["is_carried_out"], members(itda)) == (True, True, 1)
    with open_(shop) as one:
        bought(one, "c", 2)
    assert until(2, itda) == 2
    assert itda("apply", "--back", "--yes", "--json").json["is_carried_out"]
    assert until(3, itda) == 3
    assert served.process.poll() is None


def open_(folder: Path) -> Shop:
    return house.open(folder)
