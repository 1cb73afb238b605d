"""The order fold asked of DuckDB over the lake is the order fold of profiles."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from itda.base.instant import DAY
from itda.engine.compactor import Cadence, Compactor
from itda.engine.questions import orders as asked
from itda.events.event import ORDINALS, Event
from itda.profiles import orders as folded
from itda.store.database import Database
from itda.store.lake.reader import LakeReader

from .lake_equipment import DAY_0, fragment_of, put, row_event

SCOPES = {"web": "shop", "app": "shop", "till": "till"}
AMOUNTS: list[Any] = [
    10, 12.5, 0.125, 0.375, 2.675, 1.005, "12.345", "1,234.50", "12,34", " 7 ", "abc", None, True, [], {}, 0, -5,
    -0.125, 1e-7, 1.5e3, 999999.995, 10**15, 1e300, "1e2", 0.1250000000000001, 33.335, 100, 50,
]  # fmt: skip
CURRENCIES: list[Any] = [None, "KRW", "USD", " usd ", "KWD", "nonsense", 7, ""]


class Definitions(msgspec.Struct):
    """What the fold asks of a workspace."""

    currency: str = "USD"
    order_scopes: dict[str, str] = msgspec.field(default_factory=lambda: dict(SCOPES))


def order_event(chance: random.Random, number: int) -> Event:
    properties: dict[str, Any] = {"order_id": chance.choice(["a", "b", "c", "7", 7, 8, 1.5, "", None, [], {}, "주문"])}
    if chance.random() < 0.1:
        del properties["order_id"]
    for field in chance.sample(["revenue", "subtotal", "total", "value"], chance.randrange(4)):
        properties[field] = chance.choice(AMOUNTS)
    if chance.random() < 0.5:
        properties["currency"] = chance.choice(CURRENCIES)
    if chance.random() < 0.2:
        properties["order_scope"] = chance.choice(["till", "", 5, "other"])
    at = (DAY_0 - chance.randrange(3)) * DAY + chance.randrange(4) * 3_600_000_000
    return row_event(
        (1 + number // 50) * ORDINALS + number % 50, at, source=chance.choice([*SCOPES, "unknown"]),
        event_id=f"e{chance.randrange(10**9)}", type="track", properties=properties,
        name=chance.choices(
            ["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Order Returned", "Page Viewed"],
            [6, 3, 2, 1, 2, 1],
        )[0],
    )  # fmt: skip


def fold(events: list[Event]) -> dict[str, folded.Order]:
    found: folded.Orders = {}
    for event in events:
        if event.name in folded.NAMES:
            own = event.properties.get("order_scope")
            scope = own if isinstance(own, str) and own else SCOPES.get(event.source, event.source)
            folded.absorb(found, event, event.properties, scope, "USD")
    return found


@pytest.mark.parametrize("seed", range(12))
def test_orders_of_the_lake_are_the_orders_of_the_fold(database: Database, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    events = [order_event(chance, number) for number in range(chance.choice([8, 60, 400]))]
    put(database, [(event, fragment_of(chance.randrange(5))) for event in events])
    if seed % 2:
        Compactor(database, tmp_path, Cadence(rows=1, step_rows=100)).step(is_final=True)
    with LakeReader(database, tmp_path).snapshot() as snapshot:
        rows = asked.orders(snapshot, Definitions()).to_pylist()
        totals = asked.totals(snapshot, Definitions())
        by_day = asked.revenue_by(snapshot, Definitions(), "local_date")
    counted = {key: order for key, order in fold(events).items() if folded.is_order(order)}
    assert {
        folded.key(row["scope"], row["order_id"]): (row["currency"], row["amount_minor"], row["net_minor"], row["placed_at"],
                                                    row["local_date"], row["channel"], row["source"])
        for row in rows
    } == {
        key: (order.currency, order.amount, folded.net(order), order.placed_at, order.local_date, order.channel, order.source)
        for key, order in counted.items()
    }  # fmt: skip
    assert {currency: revenue for currency, (_, revenue) in totals.items()} == folded.revenue(counted.values())
    for (currency, day), (n, revenue) in by_day.items():
        here = [order for order in counted.values() if (order.currency, order.local_date) == (currency, day)]
        assert (n, revenue) == (len(here), sum(map(folded.net, here)))


def test_an_order_that_is_spoken_of_by_two_sources_of_one_scope_counts_once(database: Database, tmp_path: Path) -> None:
    at = DAY_0 * DAY
    first = row_event(ORDINALS, at, name="Order Completed", source="web", properties={"order_id": "1", "revenue": 5})
    second = row_event(
        ORDINALS + 1, at + 1, name="Order Updated", source="app", properties={"order_id": "1", "revenue": 7}
    )
    put(database, [(first, fragment_of(1)), (second, fragment_of(2))])
    with LakeReader(database, tmp_path).snapshot() as snapshot:
        assert asked.totals(snapshot, Definitions()) == {"USD": (1, 700)}
        assert asked.revenue_by(snapshot, Definitions(), "fragment") == {("USD", fragment_of(2)): (1, 700)}
        with pytest.raises(ValueError, match="grouped by"):
            asked.revenue_by(snapshot, Definitions(), "properties")
