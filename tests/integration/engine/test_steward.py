"""A steward joins and cuts; `why` explains; everything goes through log, pipeline and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import itda
from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.engine.commands.identity import ClearHub, ConfirmHub, Cut, Join, RetractDecision
from itda.engine.questions.profile import Profile
from itda.engine.questions.why import Why
from itda.engine.shop import Shop
from itda.engine.work import Work
from itda.store.database import Connection
from itda.store.ports import Record

pytestmark = pytest.mark.server

AT = "2026-03-01T10:00:00Z"


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with itda.open(shop) as one:
        yield one


def track(shop: Shop, *events: dict) -> None:
    records = [
        Record(
            "web", "track", json.dumps({"type": "track", "event": "Product Viewed", "timestamp": AT, **event}).encode()
        )
        for event in events
    ]
    shop.intake.append(records, shop.app.clock())
    shop.settle()


def seen(**identifiers: str) -> dict:
    """One event with these identifiers."""
    traits = {kind: value for kind, value in identifiers.items() if kind in {"membership", "email", "phone"}}
    wire = {"userId": identifiers.get("user_id"), "anonymousId": identifiers.get("anonymous_id")}
    return {
        **{name: value for name, value in wire.items() if value},
        "properties": {"product_id": "p1"},
        "context": {"traits": traits},
    }


def test_why_shows_the_chain_of_links_with_the_evidence_of_each(opened: Shop) -> None:
    track(opened, seen(membership="m1", email="kim@mail.kr"), seen(user_id="u1", email="Kim@Mail.kr"))
    track(opened, seen(user_id="u1", anonymous_id="a1"), seen(user_id="u1", anonymous_id="a1"))
    view = opened.why("membership:m1", "anonymous_id:a1")
    assert view.is_joined
    assert view.customer_a == view.customer_b
    values = {node.fragment: f"{node.kind}:{node.value}" for node in view.nodes}
    assert [{values[link.a], values[link.b]} for link in view.path] == [
        {"membership:M1", "email:kim@mail.kr"},
        {"email:kim@mail.kr", "user_id:u1"},
        {"user_id:u1", "anonymous_id:a1"},
    ]
    assert [(link.tier, link.state, link.count) for link in view.path] == [
        ("observed", "active", count) for count in (1, 1, 2)
    ]
    assert [(each.source, each.channel, each.local_date, each.count) for each in view.path[2].evidence] == [
        ("web", "web", "2026-03-01", 2)
    ]
    assert view.obstacles == []


def test_a_cut_parts_two_and_taking_it_back_gives_them_their_ids_again(opened: Shop) -> None:
    track(opened, seen(membership="m1", email="kim@mail.kr"))
    before = opened.why("membership:m1", "email:kim@mail.kr")
    opened.cut("membership:m1", "email:kim@mail.kr", reason="typed by a neighbour")
    opened.settle()
    apart = opened.why("membership:m1", "email:kim@mail.kr")
    assert not apart.is_joined
    assert apart.path == []
    assert [(link.tier, link.state) for link in apart.obstacles] == [("observed", "suppressed"), ("cannot", "cut")]
    assert apart.obstacles[0].reason == "cut"
    assert apart.obstacles[1].reason.endswith("typed by a neighbour")
    stored = opened.app.act(Cut(("membership", "m1"), ("email", "kim@mail.kr")), opened.actor, "again").value
    assert not stored.is_new
    opened.act(RetractDecision(stored.id), "it was her own after all")
    opened.settle()
    assert opened.why("membership:m1", "email:kim@mail.kr") == before
    assert not opened.app.act(RetractDecision(stored.id), opened.actor, "again").value.is_new


def test_a_join_ties_what_was_never_seen_together_and_a_later_cut_undoes_it(opened: Shop) -> None:
    track(opened, seen(membership="m1"), seen(user_id="u1"))
    nothing = opened.why("membership:m1", "user_id:u1")
    assert (nothing.is_joined, nothing.path, nothing.obstacles) == (False, [], [])
    opened.join("membership:m1", "user_id:u1", reason="showed her card")
    opened.settle()
    view = opened.why("membership:m1", "user_id:u1")
    assert view.is_joined
    assert [(link.tier, link.state, link.count) for link in view.path] == [("must", "active", 0)]
    assert view.path[0].reason.endswith("showed her card")
    opened.cut("membership:m1", "user_id:u1", reason="it was her sister's")
    opened.settle()
    assert not opened.why("membership:m1", "user_id:u1").is_joined


def test_a_join_taken_back_leaves_everything_as_it_was(opened: Shop) -> None:
    track(opened, seen(membership="m1"), seen(user_id="u1"))
    before = opened.why("membership:m1", "user_id:u1")
    with pytest.raises(Refused, match="nobody has decided"):
        opened.take_back("membership:m1", "user_id:u1", reason="too early")
    opened.join("membership:m1", "user_id:u1", reason="showed her card")
    assert opened.why("membership:m1", "user_id:u1").is_joined
    opened.take_back("user_id:u1", "membership:m1", reason="it was her sister's")
    after = opened.why("membership:m1", "user_id:u1")
    assert (after.is_joined, after.path) == (False, [])
    assert (after.customer_a, after.customer_b) == (before.customer_a, before.customer_b)
    with pytest.raises(Refused, match="nobody has decided"):
        opened.take_back("membership:m1", "user_id:u1", reason="twice")


def test_a_join_that_would_break_a_limit_is_written_down_and_not_followed(opened: Shop) -> None:
    track(opened, seen(membership="m1"), seen(membership="m2"))
    opened.join("membership:m1", "membership:m2", reason="the same person")
    opened.settle()
    view = opened.why("membership:m1", "membership:m2")
    assert not view.is_joined
    assert [(link.tier, link.state, link.reason) for link in view.obstacles] == [
        ("must", "suppressed", "unique:membership")
    ]


def test_a_steward_confirms_a_hub_at_once_and_clears_it_again(opened: Shop) -> None:
    track(opened, seen(membership="m1", phone="010-9876-5432"), seen(user_id="u2", phone="010-9876-5432"))
    assert opened.why("membership:m1", "user_id:u2").is_joined
    opened.act(ConfirmHub(("phone", "01098765432")), "the shop's own")
    opened.settle()
    view = opened.why("membership:m1", "user_id:u2")
    assert not view.is_joined
    assert [(link.state, link.reason) for link in view.obstacles] == [("suppressed", "hub")] * 2
    assert [node.hub for node in view.nodes if node.kind == "phone"] == ["confirmed"]
    opened.act(ClearHub(("phone", "01098765432")), "hers after all")
    opened.settle()
    assert opened.why("membership:m1", "user_id:u2").is_joined


def test_who_never_came_cannot_be_joined_cut_or_explained(opened: Shop) -> None:
    track(opened, seen(membership="m1"))
    for command in (Join, Cut):
        with pytest.raises(Refused, match=r"nothing has come with email:x@mail\.kr"):
            opened.act(command(("membership", "m1"), ("email", "x@mail.kr")), "why not")
        with pytest.raises(Refused, match="only one identifier"):
            opened.act(command(("membership", "m1"), ("membership", "m1")), "why not")
        with pytest.raises(Refused, match="the same identifier"):
            opened.act(command(("membership", "m1"), ("membership", "M1 ")), "why not")
    with pytest.raises(Refused, match="nothing has come with"):
        opened.why("membership:m1", "email:x@mail.kr")
    for wrong in ("xyz", "00" * 16):
        with pytest.raises(Refused, match=wrong):
            opened.act(RetractDecision(wrong), "why not")


def test_who_may_not_see_values_decides_by_what_pages_name_and_is_shown_them_masked(opened: Shop) -> None:
    track(opened, seen(membership="m1", email="kim@mail.kr"))
    ends = [node.fragment for node in opened.why("membership:m1", "email:kim@mail.kr").nodes]
    granted = frozenset({"identity.read", "identity.steward"})
    clerk = Actor(name="clerk", role="machine", system="console", granted=granted)
    opened.app.act(Cut(*ends), clerk, "not hers")
    opened.settle()
    view = opened.app.ask(Why(*ends), clerk)
    assert not view.is_joined
    assert {view.a, view.b} == {"membership:M1", "email:k•••@mail.kr"}
    assert "kim@" not in str(view)
    email = next(node.fragment for node in view.nodes if node.kind == "email")
    with pytest.raises(Refused, match=r"email:k•••@mail\.kr is only one"):
        opened.app.act(Cut(email, email), clerk, "not hers")
    for nobody in ("ff" * 16, "kim@mail.kr"):
        with pytest.raises(Refused, match="no identifier"):
            opened.app.ask(Why(email, nobody), clerk)


class Counting:
    """A connection that counts what is asked of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.asked = 0

    def execute(self, *given: Any, **more: Any) -> Any:
        self.asked += 1
        return self._connection.execute(*given, **more)


def test_a_profile_is_two_questions_to_the_database_however_many_identifiers_there_are(opened: Shop) -> None:
    track(
        opened, seen(membership="m1", email="kim@mail.kr"), seen(user_id="u1", email="kim@mail.kr", anonymous_id="a1")
    )
    with opened.db.connection() as connection:
        counting = Counting(connection)
        work = Work(counting, opened.workspace, opened.vault, opened.lake,  # type: ignore[arg-type]
                    now=opened.app.clock(), actor=opened.actor, reason="")  # fmt: skip
        found = Profile(("email", "kim@mail.kr")).answer(work).value
    assert (counting.asked, len(found.identifiers), len(found.links)) == (2, 4, 3)
