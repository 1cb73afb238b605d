"""What a steward sees of the past: histories, hubs, decisions taken back once for all; and who may read a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.engine.test_steward import seen, track

import itda
from itda.base.errors import Refused
from itda.engine.questions.suspects import Suspects
from itda.engine.shop import Shop
from itda.engine.steering import Decision, record

pytestmark = pytest.mark.server


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with itda.open(shop) as one:
        yield one


def test_the_history_of_a_customer_tells_what_joined_and_parted_why_and_by_whom(opened: Shop) -> None:
    track(opened, seen(membership="m1"), seen(user_id="u1"))
    track(opened, seen(membership="m1", user_id="u1"))
    opened.cut("membership:m1", "user_id:u1", reason="it is her sister's card")
    opened.take_back("membership:m1", "user_id:u1", reason="hers after all")
    found = opened.history("membership:m1")
    assert found.is_whole
    told = [(entry.what, entry.cause, entry.by == opened.actor.name, entry.reason) for entry in reversed(found.entries)]
    assert told[0] == ("joined", "observed", False, "")
    assert sorted(told[1:]) == sorted(
        [
            ("cannot", "decision", True, "it is her sister's card"),
            ("parted", "steered", True, "it is her sister's card"),
            ("retracted", "decision", True, "hers after all"),
            ("joined", "steered", True, "it is her sister's card"),
        ]
    )
    (joined,) = [entry for entry in found.entries if entry.cause == "observed"]
    assert sorted(each.identifiers for each in joined.before) == [["membership:M1"], ["user_id:u1"]]
    assert sorted(joined.after[0].identifiers) == ["membership:M1", "user_id:u1"]
    assert joined.after[0].customer == found.id
    short = opened.history("membership:m1", limit=1)
    assert not short.is_whole
    assert len([entry for entry in short.entries if entry.cause != "decision"]) == 1
    with pytest.raises(Refused, match="no such customer"):
        opened.history("membership:m9")


def test_a_hub_that_comes_is_told_as_the_cause(opened: Shop) -> None:
    track(opened, *(seen(user_id=f"u{number}", anonymous_id="tablet") for number in range(2)))
    track(opened, *(seen(user_id=f"w{number}", anonymous_id="tablet") for number in range(658)))
    causes = {entry.cause for entry in opened.history("anonymous_id:tablet").entries}
    assert causes == {"hub"}
    (hub,) = opened.hub_list()
    assert (hub.kind, hub.value, hub.hub, hub.neighbours) == ("anonymous_id", "tablet", "confirmed", 660)
    track(opened, *(seen(user_id=f"u{number}", anonymous_id=f"own{number}") for number in range(30)))
    (suspect,) = opened.ask(Suspects())
    assert (suspect.value, suspect.neighbours, suspect.usual, suspect.hub) == ("tablet", 660, 1, "confirmed")
    opened.clear_hub("anonymous_id:tablet", reason="the family's own")
    assert opened.ask(Suspects()) == []


def test_hubs_are_listed_confirmed_and_cleared_with_who_said_so(opened: Shop) -> None:
    track(opened, seen(membership="m1", phone="010-9876-5432"), seen(user_id="u2", phone="010-9876-5432"))
    assert opened.hub_list() == []
    assert opened.confirm_hub("phone:010-9876-5432", reason="the shop's own").is_new
    assert not opened.confirm_hub("phone:010-9876-5432", reason="again").is_new
    (hub,) = opened.hub_list()
    assert (hub.kind, hub.value, hub.hub, hub.neighbours, hub.reason) == (
        "phone", "+821098765432", "confirmed", 2, "the shop's own",
    )  # fmt: skip
    assert not opened.why("membership:m1", "user_id:u2").is_joined
    opened.clear_hub("phone:010-9876-5432", reason="hers")
    assert [(hub.hub, hub.reason) for hub in opened.hub_list()] == [("cleared", "hers")]
    assert opened.why("membership:m1", "user_id:u2").is_joined
    opened.take_back("phone:010-9876-5432", "phone:010-9876-5432", reason="never mind")
    assert [hub.hub for hub in opened.hub_list()] == ["confirmed"]
    assert opened.hubs()["kind"].to_list() == ["phone"]


def test_the_same_join_twice_is_written_once_and_taken_back_once(opened: Shop) -> None:
    track(opened, seen(membership="m1"), seen(user_id="u1"))
    assert opened.join("membership:m1", "user_id:u1", reason="showed her card").is_new
    assert not opened.join("user_id:u1", "membership:m1", reason="again").is_new
    ends = (("membership", "M1"), ("user_id", "u1"))
    other = record(Decision("ab" * 16, "must", *ends, "lee", "said so too", opened.app.clock()))
    opened.intake.append([other], opened.app.clock())  # two stewards at one moment
    opened.settle()
    opened.take_back("membership:m1", "user_id:u1", reason="it was her sister's")
    assert not opened.why("membership:m1", "user_id:u1").is_joined
    with pytest.raises(Refused, match="nobody has decided"):
        opened.take_back("membership:m1", "user_id:u1", reason="twice")


def test_a_reason_stands_nowhere_in_the_clear(opened: Shop) -> None:
    track(opened, seen(membership="m1"), seen(user_id="u1"))
    opened.join("membership:m1", "user_id:u1", reason="Kim Minji of Mapo showed her card")
    opened.take_back("membership:m1", "user_id:u1", reason="Kim Minji of Mapo was her sister")
    with opened.db.connection() as connection:
        for (table,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = %s", [opened.db.schema]
        ).fetchall():
            if not table.startswith("intake_frame"):
                found = connection.execute(f"select t::text from {table} t").fetchall()
                assert "Mapo" not in "".join(row for (row,) in found), table
                assert b"Mapo".hex() not in "".join(row for (row,) in found), table
    reasons = {entry.reason for entry in opened.history("membership:m1").entries}
    assert reasons == {"Kim Minji of Mapo showed her card", "Kim Minji of Mapo was her sister"}
    with pytest.raises(Refused):
        opened.join("membership:m1", "email:who@mail.kr", reason="Kim Minji of Mapo")
    with opened.db.connection() as connection:
        assert connection.execute("select reason from audit_event where decision = 'refused'").fetchall() == [("",)]
