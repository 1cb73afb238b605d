"""Segments of a real shop: what the decider keeps is what the lake says, and pages and terminal tell it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_shop import Said

import itda
from itda.base.errors import Misused, Refused
from itda.base.instant import DAY, HOUR, text
from itda.engine import membership
from itda.engine.questions.segments import SegmentList, SegmentMembers, SegmentWhy
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

SEGMENTS = """
regulars: {trait: orders_90_days, at_least: 2}
big: {trait: revenue, at_least: 20000}
teas: {trait: favourite_categories, equals: tea}
gold: {trait: tier, equals: gold}
quiet:
  all: [{events: {name: Product Viewed}, window: 3 days, at_most: 0}]
  none: [{in_segment: regulars}]
mailed: {all: [{in_segment: gold}, {consent: ad_receive, channel: email}]}
"""


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    (shop / "segments" / "mine.yaml").write_text(SEGMENTS)
    with itda.open(shop) as one:
        yield one


def tell(shop: Shop, *events: dict[str, Any]) -> None:
    records = [Record("web", event["type"], json.dumps(event).encode()) for event in events]
    shop.intake.append(records, shop.app.clock())
    shop.settle()


def event(shop: Shop, who: str, name: str, ago: int, **properties: Any) -> dict[str, Any]:
    at = text(shop.app.clock() - ago)
    context = {"traits": {"membership": who}}
    return {"type": "track", "event": name, "userId": f"u-{who}", "timestamp": at, "context": context,
            "properties": properties}  # fmt: skip


def bought(shop: Shop, who: str, number: int, amount: int, ago: int) -> dict[str, Any]:
    goods = [{"product_id": "p", "category": "tea" if who != "3" else "rice"}]
    return event(shop, who, "Order Completed", ago, order_id=f"{who}-{number}", revenue=amount, products=goods)


def history(shop: Shop) -> None:
    tell(
        shop,
        *(bought(shop, "1", n, 8_000, n * DAY) for n in range(3)),
        bought(shop, "2", 1, 30_000, 200 * DAY),
        bought(shop, "3", 1, 9_000, DAY),
        event(shop, "2", "Product Viewed", 2 * HOUR, product_id="p"),
        event(shop, "3", "Product Viewed", 5 * DAY, product_id="p"),
        {"type": "identify", "userId": "u-2", "traits": {"membership": "2", "tier": "gold"}},
        {"type": "identify", "userId": "u-3", "traits": {"membership": "3", "tier": "tea"}},
    )


def asked_of_the_lake(shop: Shop) -> dict[str, set[bytes]]:
    with shop.lake.snapshot() as snapshot, shop.db.connection() as connection:
        row = connection.execute("select log_time from cursor where name = 'decider'").fetchone()
        with membership.at(snapshot, connection, shop.workspace, row[0] if row else 0) as lake:
            return {segment.name: set(lake.members(segment.name)) for segment in shop.workspace.segments}


def kept(shop: Shop) -> dict[str, set[bytes]]:
    found: dict[str, set[bytes]] = {segment.name: set() for segment in shop.workspace.segments}
    with shop.db.connection() as connection:
        for name, customer in connection.execute("select segment, customer from segment_member").fetchall():
            found[name].add(bytes(customer))
    return found


def test_what_the_decider_keeps_is_what_the_lake_says(opened: Shop) -> None:
    history(opened)
    assert kept(opened) == asked_of_the_lake(opened)
    assert {name: len(members) for name, members in kept(opened).items()} == {
        "left_a_cart": 0, "may_be_mailed": 0, "regulars": 1, "big": 2, "teas": 2, "gold": 1, "quiet": 1, "mailed": 0,
    }  # fmt: skip
    opened.join("membership:1", "membership:2", reason="one household")
    assert kept(opened) == asked_of_the_lake(opened)
    opened.cut("membership:1", "membership:2", reason="two")
    assert kept(opened) == asked_of_the_lake(opened)
    tell(opened, event(opened, "1", "Order Cancelled", 0, order_id="1-0"))
    tell(opened, event(opened, "1", "Order Cancelled", 0, order_id="1-1"))
    assert kept(opened) == asked_of_the_lake(opened)
    assert not kept(opened)["regulars"]


def test_the_list_tells_sizes_and_how_fresh_they_are(opened: Shop) -> None:
    assert {(one.members, one.state) for one in opened.ask(SegmentList())} == {(0, "new")}
    history(opened)
    listed = {one.name: one for one in opened.ask(SegmentList())}
    assert list(listed) == [segment.name for segment in opened.workspace.segments]
    assert (listed["big"].members, listed["big"].state, listed["big"].renewed_share) == (2, "live", None)
    assert listed["left_a_cart"].label_ko == "장바구니를 두고 간 고객"
    assert 0 <= opened.app.clock() - listed["big"].as_of < 10 * 60_000_000


def test_members_come_a_page_at_a_time_each_once(opened: Shop) -> None:
    history(opened)
    first = opened.ask(SegmentMembers("big", limit=1))
    second = opened.ask(SegmentMembers("big", after=first.next, limit=1))
    assert second.next == ""
    ids = {one.customer.id for page in (first, second) for one in page.members}
    assert ids == {opened.customer("membership:1").id, opened.customer("membership:2").id}
    with pytest.raises(Misused, match="no segment is named 'bigg'"):
        opened.ask(SegmentMembers("bigg"))
    with pytest.raises(Refused, match="no place in this list"):
        opened.ask(SegmentMembers("big", after="c7"))


def test_why_tells_each_test_what_it_found_and_until_when(opened: Shop) -> None:
    history(opened)
    why = opened.ask(SegmentWhy("quiet", ("membership", "2")))
    assert why is not None
    assert not why.is_member
    assert [(line.depth, line.word, line.holds, line.found) for line in why.tests] == [
        (0, "all", False, None),
        (1, "events", False, 1),
        (0, "none", True, None),
        (1, "in_segment", False, None),
    ]
    viewed = why.tests[1]
    assert viewed.test["events"]["name"] == "Product Viewed"
    assert viewed.valid_until is not None
    assert 2 * DAY < viewed.valid_until - opened.app.clock() < 4 * DAY
    member = opened.ask(SegmentWhy("big", ("membership", "2")))
    assert member is not None
    assert (member.is_member, member.tests[0].found, member.since is not None) == (True, None, True)
    assert opened.ask(SegmentWhy("big", ("membership", "9"))) is None


def test_the_terminal_lists_shows_members_and_says_why(opened: Shop, itda: Callable[..., Said]) -> None:
    history(opened)
    assert {one["name"]: one["members"] for one in itda("segment", "--json").json}["big"] == 2
    assert itda("segment", "big", "--json").json["members"] == 2
    assert len(itda("segment", "big", "--members", "--json").json["members"]) == 2
    why = itda("segment", "regulars", "--why", "membership:1")
    assert "is in regulars" in why.out
    assert "orders_90_days, at_least 2" in why.out
    assert "regulars" in itda("segment").out
    unknown = itda("segment", "regular")
    assert unknown.code == 2
    assert "segments here" in unknown.err
