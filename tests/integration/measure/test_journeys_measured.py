"""What journeys brought: who left where, and what those treated did beyond those held out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

import itda
from itda.base.instant import DAY, HOUR, parse, text
from itda.engine.shop import Shop
from itda.measure.definition import Row
from itda.measure.interval import newcombe
from itda.store.ports import Record

pytestmark = pytest.mark.server
ENTERED = parse("2026-03-10T12:00:00Z")


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with itda.open(shop) as one:
        yield one


def tell(shop: Shop, *events: dict[str, object]) -> None:
    shop.intake.append([Record("web", "batch", msgspec.json.encode({"batch": events}))], shop.app.clock())
    shop.settle()


def event(who: str, name: str, at: int, **properties: object) -> dict[str, object]:
    return {"type": "track", "event": name, "userId": who, "timestamp": text(at), "properties": properties}


def fragment(shop: Shop, who: str) -> bytes:
    with shop.db.connection() as connection:
        row = connection.execute(
            "select fragment from keyring where blind = %s", [shop.vault.blind("user_id", who)]
        ).fetchone()
    assert row is not None
    return bytes(row[0])


def travel(
    shop: Shop, who: str, arm: str, *, entry: int = 0, at: int = ENTERED, messaged: int | None = None,
    goal: int | None = None, reason: str | None = None, path: Sequence[tuple[str, str]] = (("entered", "pause"),),
) -> None:  # fmt: skip
    """A position as the decider leaves it, with its path of (what, step)."""
    key = f"{who} {entry}".encode().ljust(16, b".")[:16]
    with shop.db.connection() as connection:
        connection.execute(
            "insert into journey_position (id, journey, version, fragment, entry_event, correlation, arm, step, state,"
            " entered_at, entered_log_at, messaged_at, goal_at, exited_at, exit_reason)"
            " values (%s, 'rescue', 'v', %s, 'e', '', %s, 'pause', '', %s, %s, %s, %s, %s, %s)",
            [key, fragment(shop, who), arm, at, at, messaged, goal, None if reason is None else at + DAY, reason],
        )
        for seq, (what, step) in enumerate(path):
            connection.execute(
                "insert into journey_path values (%s, %s, %s, %s, %s, %s, '{}', 1)", [key, seq, at, at, step, what]
            )


def told(rows: Sequence[Row]) -> dict[tuple[str, str], tuple[int, int | None]]:
    return {(row.series, row.part): (row.n, row.d) for row in rows}


def test_the_difference_to_the_holdout_counts_people_once_and_carries_its_interval(opened: Shop) -> None:
    people = [f"p{n}" for n in range(9)]
    tell(opened, *(event(who, "Cart Viewed", ENTERED) for who in people))
    for who in people[:6]:
        reached = ENTERED + 2 * HOUR if who in ("p0", "p1", "p2", "p3") else None
        messaged = ENTERED + (HOUR if who in ("p0", "p1", "p5") else 3 * HOUR)
        travel(opened, who, "treated", messaged=messaged, goal=reached)
    travel(opened, "p0", "treated", entry=1)
    for who in people[6:]:
        travel(opened, who, "holdout", goal=ENTERED + HOUR if who == "p8" else None)
    report = opened.report("holdout_difference")
    assert told(report.rows) == {
        ("treated", "rescue"): (4, 6), ("holdout", "rescue"): (1, 3), ("difference", "rescue"): (5, 9),
        ("attributed", "rescue"): (2, 6),
    }  # fmt: skip
    difference = next(row for row in report.rows if row.series == "difference")
    assert (difference.value, difference.low, difference.high) == newcombe(4, 6, 1, 3)
    assert report.whole == []


def test_without_a_holdout_no_difference_is_claimed(opened: Shop) -> None:
    tell(opened, event("p0", "Cart Viewed", ENTERED))
    travel(opened, "p0", "treated", goal=ENTERED + HOUR)
    assert told(opened.report("holdout_difference").rows) == {
        ("treated", "rescue"): (1, 1), ("attributed", "rescue"): (0, 1),
    }  # fmt: skip


def test_who_leaves_a_journey_is_counted_at_the_step_they_had_reached(opened: Shop) -> None:
    people = [f"p{n}" for n in range(5)]
    tell(opened, *(event(who, "Cart Viewed", ENTERED) for who in people))
    travel(opened, "p0", "treated")
    travel(opened, "p1", "treated", reason="left", path=(("entered", "pause"), ("exited", "pause")))
    travel(opened, "p2", "treated", reason="goal", path=(("entered", "pause"), ("moved", "ask"), ("exited", "ask")))
    travel(opened, "p3", "treated", reason="left", path=(("entered", "pause"), ("moved", "ask"), ("exited", "ask")))
    travel(
        opened, "p4", "treated", reason="finished",
        path=(("entered", "pause"), ("moved", "ask"), ("intended", "ask"), ("exited", "end")),
    )  # fmt: skip
    assert told(opened.report("journey_drop_off").rows) == {
        ("pause", "rescue"): (1, 5), ("ask", "rescue"): (1, 3), ("end", "rescue"): (0, 1),
    }  # fmt: skip


def test_the_period_of_a_journey_is_that_of_its_entries_in_local_days(opened: Shop) -> None:
    tell(opened, *(event(who, "Cart Viewed", ENTERED) for who in ("p0", "p1")))
    midnight = parse("2026-03-10T15:00:00Z")  # in Seoul
    assert opened.workspace.zone == "Asia/Seoul"
    travel(opened, "p0", "treated", at=midnight - 1)
    travel(opened, "p1", "treated", at=midnight)
    for day, count in (("2026-03-09", 0), ("2026-03-10", 1), ("2026-03-11", 1), ("2026-03-12", 0)):
        rows = opened.report("holdout_difference", since=day, until=day).rows
        assert sum(row.d or 0 for row in rows if row.series == "treated") == count


def test_split_by_journey_counts_what_people_did_from_their_entry_on(opened: Shop) -> None:
    tell(
        opened,
        *(event("p0", "Order Completed", ENTERED + n * DAY, order_id=f"o{n}", revenue=1_000) for n in (-2, 1, 2)),
        event("p1", "Order Completed", ENTERED, order_id="x", revenue=5_000),
    )
    travel(opened, "p0", "treated", at=ENTERED + 2 * DAY, entry=1)
    travel(opened, "p0", "treated")
    assert told(opened.report("orders", by="journey").rows) == {("", "rescue"): (2, None)}
    assert told(opened.report("revenue", by="journey").rows) == {("", "rescue"): (2_000, None)}
    assert opened.report("orders", by="journey").whole[0].n == 4


def test_hubs_and_blocked_values_are_no_people_but_their_orders_count(opened: Shop) -> None:
    bought = {"order_id": "o1", "revenue": 700}
    tell(opened, event("p0", "Order Completed", ENTERED, **bought), event("desk", "Product Viewed", ENTERED, product_id="p"),
         event("desk", "Order Completed", ENTERED, order_id="o2", revenue=300))  # fmt: skip
    opened.confirm_hub("user_id:desk", reason="the shop's tablet")
    assert opened.report("customers").whole[0].n == opened.status().customers == 1
    assert (opened.report("orders").whole[0].n, opened.report("revenue").whole[0].n) == (2, 1_000)
    assert told(opened.report("conversion").rows) == {("", ""): (1, 1)}
    assert opened.report("linked_share").whole[0].value == opened.status().linked_share


def test_money_of_another_currency_is_left_out_and_said(opened: Shop) -> None:
    tell(
        opened,
        event("p0", "Order Completed", ENTERED, order_id="o1", revenue=700, currency="KRW"),
        event("p0", "Order Completed", ENTERED, order_id="o2", revenue=5, currency="USD"),
    )
    report = opened.report("revenue", by="channel")
    assert (report.whole[0].n, report.left_out, report.currency) == (700, 1, "KRW")
    assert opened.report("orders").whole[0].n == 2
    assert {row.n for row in opened.report("attributed_revenue").whole} == {700}


def test_what_the_brand_does_is_no_interaction(opened: Shop) -> None:
    sent = [event("p0", name, ENTERED, message="m", message_id="1") for name in ("Message Sent", "Message Bounced")]
    tell(opened, event("p0", "Product Viewed", ENTERED, product_id="p"), *sent, event("p1", "Message Delivered", ENTERED, message="m",
         message_id="2"))  # fmt: skip
    assert opened.report("customers").whole[0].n == 1
    assert opened.report("linked_share").whole[0].d == 1


def test_an_empty_shop_has_empty_measures(opened: Shop) -> None:
    assert told(opened.report("customers").rows) == {("", ""): (0, None)}
    assert told(opened.report("conversion").rows) == {("", ""): (0, 0)}
    assert opened.report("conversion").rows[0].value is None
    assert opened.report("revenue", by="month").rows == []
    assert opened.report("holdout_difference").rows == []


def test_an_opening_that_a_browser_tells_of_is_no_effect_of_a_message(opened: Shop) -> None:
    about = {"message": "cart", "message_id": "00" * 16, "journey": "rescue"}
    opened.intake.append(
        [Record("itda", "track", msgspec.json.encode(event("p0", "Message Sent", ENTERED, **about)))],
        opened.app.clock(),
    )
    tell(opened, *(event("p0", name, ENTERED + HOUR, **about) for name in ("Message Opened", "Message Clicked")))
    funnel = told(opened.report("message_funnel").rows)
    assert [funnel[stage, ""][0] for stage in ("sent", "opened", "clicked")] == [1, 0, 0]
