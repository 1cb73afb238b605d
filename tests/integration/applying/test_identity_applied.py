"""Other rules of identity: a diff says whom they join and split and writes nothing, apply does it, --back undoes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import itda
from itda.base.instant import DAY, HOUR, text
from itda.engine.applying.identity import WrittenIdentity
from itda.engine.applying.regrouping import JourneyTouched, SegmentTouched
from itda.engine.questions.policy import Policy
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

SEGMENTS = "buyers: {events: {name: Order Completed}}\nkeen: {events: {name: Order Completed}, at_least: 2}\n"
JOURNEY = """
label: {ko: 산 고객, en: Bought}
enter:
  event: {name: Order Completed}
steps:
  pause: {wait: 20 days, then: end}
  end: {exit: over}
"""
STRICTER = "\nkinds:\n  user_id:\n  membership:\n  email: {limits: [{most: 1, window: ever}]}\n  phone:\n  device:\n"
TABLES = ("identifier", "edge", "edge_evidence", "steered", "resolution_log", "policy_version", "segment_member",
          "journey_position", "cursor")  # fmt: skip


def event(shop: Shop, ago: int, name: str, **who: str) -> dict[str, Any]:
    at = text(shop.app.clock() - ago)
    user = {"userId": who.pop("user_id")} if "user_id" in who else {}
    about = {"order_id": f"o{ago}{sorted(who.items())}", "product_id": "p"}
    return {"type": "track", "event": name, **user, "identifiers": who, "timestamp": at, "properties": about}


@pytest.fixture
def opened(shop: Path) -> Any:
    (shop / "segments" / "mine.yaml").write_text(SEGMENTS)
    (shop / "journeys" / "bought.yaml").write_text(JOURNEY)
    with itda.open(shop) as one:
        told = [
            # One person with two addresses, each of which bought on its own: an address fewer splits her.
            event(one, 9 * DAY, "Product Viewed", user_id="a", email="a1@mail.kr"),
            event(one, 8 * DAY, "Product Viewed", user_id="a", email="a2@mail.kr"),
            event(one, HOUR, "Order Completed", email="a1@mail.kr"),
            event(one, 2 * HOUR, "Order Completed", email="a2@mail.kr"),
            # Two who share a word that is no number: freed, it joins them.
            event(one, 3 * DAY, "Order Completed", user_id="b", device="9774d56d682e549c"),
            event(one, 3 * DAY, "Product Viewed", device="9774d56d682e549c", email="b@mail.kr"),
            event(one, 2 * DAY, "Product Viewed", user_id="c", email="c@mail.kr"),
        ]
        one.intake.append([Record("web", "track", json.dumps(each).encode()) for each in told], one.app.clock())
        one.settle()
        yield one


def stored(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    with shop.db.connection() as connection:
        return {
            table: sorted(connection.execute(f"select * from {table}".encode()).fetchall(), key=repr)
            for table in TABLES
        }


def people(shop: Shop) -> list[tuple[Any, ...]]:
    found = stored(shop)
    return [found["identifier"], found["edge"], [row[:2] for row in found["segment_member"]]]


def members(shop: Shop, name: str) -> set[bytes]:
    with shop.db.connection() as connection:
        return {one for (one,) in connection.execute("select customer from segment_member where segment = %s", [name])}


def test_a_tightened_limit_is_told_before_it_splits_anybody_and_taken_back_whole(opened: Shop) -> None:
    rules = opened.path / "identity.yaml"
    written = rules.read_text()
    before, whole = stored(opened), people(opened)
    keen = members(opened, "keen")
    rules.write_text(STRICTER)
    with itda.open(opened.path) as shop:
        foreseen = shop.diff()
        moves = foreseen.identity
        assert moves is not None
        assert shop.ask(WrittenIdentity()).moves == moves
        assert shop.ask(WrittenIdentity(most=1)).is_too_many
        assert stored(shop) == before
        assert [(one.kind, one.what) for one in foreseen.changes] == [("identity", "changed")]
        assert "kinds.email.limits: [{most: 1, window: ever}] is new" in " ".join(foreseen.changes[0].words)
        assert (moves.split, moves.split_into, moves.joined) == (1, 2, 0)
        (one,) = moves.most_split
        assert (one.parts, one.identifiers, one.events) == (2, 3, 4)
        assert moves.segments == [SegmentTouched("buyers", 2, 3, 0, 0), SegmentTouched("keen", 1, 0, 0, 1)]
        assert moves.journeys == [JourneyTouched("bought", 1)]
        done = shop.apply(foreseen, reason="one address each")
        assert done.is_carried_out
        assert shop.status().customers == moves.would_be == moves.customers + 1
        assert (len(members(shop, "buyers")), len(members(shop, "keen"))) == (3, len(keen) - 1)
        with shop.db.connection() as connection:
            assert connection.execute("select count(*) from resolution_log where cause = 'policy'").fetchone()[0] > 0
            assert connection.execute("select reason is not null from audit_event where command = 'Apply'").fetchone()
        back = shop.diff(back=True)
        assert (back.identity.joined, back.identity.joined_into) == (2, 1)
        assert shop.apply(back, reason="too strict", back=True).is_carried_out
        assert people(shop) == whole
        rules.write_text(written)
    with itda.open(opened.path) as again:
        assert again.diff().identity is None


def test_a_freed_value_is_told_before_it_joins_anybody(opened: Shop) -> None:
    rules = opened.path / "identity.yaml"
    rules.write_text("blocked: {values: ['c@mail.kr']}\n")
    with itda.open(opened.path) as shop:
        moves = shop.diff().identity
        assert moves is not None
        assert (moves.silenced, moves.freed, moves.joined, moves.split) == (1, 0, 0, 0)
        shop.apply(shop.diff(), reason="a desk's")
        back = shop.diff(back=True).identity
        assert back is not None
        assert (back.silenced, back.freed, back.joined) == (0, 1, 0)


def test_a_changed_file_changes_nobody_before_it_is_applied(opened: Shop) -> None:
    (opened.path / "identity.yaml").write_text(STRICTER)
    whole = people(opened)
    with itda.open(opened.path) as shop:
        shop.drain()
        assert people(shop) == whole
        assert shop.status().unapplied == ["identity.yaml"]
        assert shop.workspace.policy == opened.workspace.policy
        view = shop.ask(Policy())
        assert view.policy == opened.workspace.policy
        assert view.written is not None
        assert [len(kind.limits) for kind in view.written.kinds if kind.name == "email"] == [1]
        (shop.path / "identity.yaml").write_text("kinds: {email: {limits: many}}\n")
        view = shop.ask(Policy())
        assert view.written is None
        assert view.faults[0].startswith("identity.yaml:1")
        assert shop.ask(WrittenIdentity()).moves is None
