"""Hubs, histories and changed rules from the terminal."""

from __future__ import annotations

import pytest
from tests.integration.cli.test_commands import lived_in  # noqa: F401 - the fixture

from itda.engine.applying.command import Apply
from itda.engine.shop import open as opened
from itda.workspace.kept import kept

pytestmark = pytest.mark.server

MAIL = "email:minji@shop.example"


def test_a_hub_is_confirmed_listed_cleared_and_taken_back(lived_in, itda):  # noqa: F811
    assert itda("hub", "list", "--json").json == []
    done = itda("hub", "confirm", MAIL, "--reason", "the office's", "--yes", "--json").json
    assert done["is_new"]
    (hub,) = itda("hub", "list", "--json").json
    assert (f"{hub['kind']}:{hub['value']}", hub["hub"], hub["reason"]) == (MAIL, "confirmed", "the office's")
    assert "the office's" in itda("hub", "list").out
    assert itda("hub", "suspects", "--json").json == []
    assert "decided already" in itda("hub", "confirm", MAIL, "--reason", "again", "--yes").out
    assert itda("hub", "clear", MAIL, "--reason", "hers", "--yes").code == 0
    assert [hub["hub"] for hub in itda("hub", "list", "--json").json] == ["cleared"]
    assert itda("hub", "clear", MAIL, "--undo", "--reason", "never mind", "--yes").code == 0
    assert [hub["hub"] for hub in itda("hub", "list", "--json").json] == ["confirmed"]


def test_a_history_names_what_happened(lived_in, itda):  # noqa: F811
    two = ("membership:m1", MAIL)
    itda("cut", *two, "--reason", "a neighbour's", "--yes")
    told = itda("history", "membership:m1")
    assert "said to be two" in told.out
    assert "a neighbour's" in told.out
    entries = itda("history", "membership:m1", "--json").json["entries"]
    assert {entry["what"] for entry in entries} >= {"cannot", "parted"}
    assert itda("why", "membership:m1").code == 2


def test_the_same_join_again_says_that_nothing_was_written(lived_in, itda):  # noqa: F811
    strangers = ("user_id:u1", "user_id:u2")
    assert "decided already" not in itda("join", *strangers, "--reason", "one family", "--yes").err
    assert "decided already" in itda("join", *strangers, "--reason", "one family", "--yes").err


def test_changed_rules_are_told_by_status_and_doctor_and_followed_by_the_next_writer(lived_in, itda):  # noqa: F811
    assert itda("status", "--json").json["reconsidered_share"] is None
    rules = lived_in / "identity.yaml"
    rules.write_text(
        rules.read_text(encoding="utf-8") + "\nblocked:\n  values: [minji@shop.example]\n", encoding="utf-8"
    )
    assert itda("status", "--json").json["unapplied"] == ["identity.yaml"]
    assert itda("status", "--json").json["reconsidered_share"] is None
    with opened(lived_in) as shop:
        shop.app.act(Apply(kept(shop.written), shop.applied_at), shop.actor, "a shared address")
    assert itda("status", "--json").json["reconsidered_share"] == 0.0
    assert "Follow the changed identity.yaml" in itda("status").out
    assert "identity.yaml changed" in itda("doctor").out
    halfway = itda("replay", "--verify")
    assert (halfway.code, "still follow the rules before" in halfway.err) == (1, True)
    assert itda("hub", "confirm", "anonymous_id:a1", "--reason", "a tablet", "--yes").code == 0
    assert itda("status", "--json").json["reconsidered_share"] is None
    assert not itda("why", "membership:m1", MAIL, "--json").json["is_joined"]
    verified = itda("replay", "--verify", "--json")
    assert (verified.code, verified.json["differences"]) == (0, [])
    assert any(entry["cause"] == "policy" for entry in itda("history", MAIL, "--json").json["entries"])


def test_changed_rules_are_followed_by_a_replay_too(lived_in, itda):  # noqa: F811
    rules = lived_in / "identity.yaml"
    rules.write_text(
        rules.read_text(encoding="utf-8") + "\nblocked:\n  values: [minji@shop.example]\n", encoding="utf-8"
    )
    with opened(lived_in) as shop:
        shop.app.act(Apply(kept(shop.written), shop.applied_at), shop.actor, "a shared address")
    assert itda("replay", "--yes").code == 0
    assert itda("status", "--json").json["reconsidered_share"] is None
    assert itda("replay", "--verify").code == 0
    assert any(entry["cause"] == "replay" for entry in itda("history", MAIL, "--json").json["entries"])
