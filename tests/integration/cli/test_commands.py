"""The commands about customers and refused events, typed in a shop that nobody serves."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import itda as product
from itda.engine import shop as shops
from itda.store.ports import Record

pytestmark = pytest.mark.server

SEATS = """
event: Seat Taken
schema:
  type: object
  required: [row]
  properties:
    row: {type: integer, minimum: LEAST, class: plain}
"""


def said(number: int, **what: object) -> dict[str, object]:
    seen = {"type": "track", "event": "Product Viewed", "messageId": f"m{number}", "properties": {"product_id": "p1"}}
    return seen | what


HISTORY = [
    said(1, context={"traits": {"membership": "m1", "email": "minji@shop.example"}}),
    said(2, userId="u1", context={"traits": {"email": "Minji@Shop.example"}}),
    said(3, userId="u1", anonymousId="a1"),
    said(4, userId="u2", anonymousId="a2"),
    said(5, userId="u2", event="Seat Taken", properties={"row": 1}),
    said(6, userId="u2", event="Seat Taken", properties={"row": 30}),
]


@pytest.fixture
def lived_in(shop: Path) -> Path:
    """A shop with two customers, one of whose events was refused."""
    (shop / "contracts" / "seat_taken.yaml").write_text(SEATS.replace("LEAST", "10"))
    with product.open(shop) as opened:
        opened.intake.append([Record("web", "batch", msgspec.json.encode({"batch": HISTORY}))], shops.clock())
        opened.settle()
    return shop


def test_why_names_the_chain_in_words_and_in_json(lived_in, itda):
    told = itda("why", "membership:m1", "anonymous_id:a1")
    assert told.code == 0
    assert "are one customer" in told.out
    for name in ("membership:M1", "email:minji@shop.example", "user_id:u1", "anonymous_id:a1"):
        assert name in told.out
    view = itda("why", "membership:m1", "anonymous_id:a1", "--json").json
    assert view["is_joined"]
    assert [link["state"] for link in view["path"]] == ["active"] * 3
    assert all(link["evidence"] for link in view["path"])
    assert "Nothing that was seen ties them" in itda("why", "user_id:u1", "user_id:u2").out


def test_why_about_somebody_unknown_is_one_line(lived_in, itda):
    told = itda("why", "membership:m1", "email:nobody@shop.example")
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert "nothing has come with" in told.err


def test_a_cut_asks_first_then_parts_two_and_a_join_ties_them_again(lived_in, itda):
    two = ("membership:m1", "email:minji@shop.example")
    unasked = itda("cut", *two, "--reason", "a neighbour's address")
    assert unasked.code != 0
    assert itda("why", *two, "--json").json["is_joined"]
    parted = itda("cut", *two, "--reason", "a neighbour's address", "--yes", "--json").json
    assert not parted["is_joined"]
    assert parted["customer_a"] != parted["customer_b"]
    assert any("a neighbour's address" in link["reason"] for link in parted["obstacles"])
    assert itda("status", "--json").json["customers"] == 3
    tied = itda("join", *two, "--reason", "hers after all", "--yes")
    assert tied.code == 0
    assert "are one customer" in tied.out
    assert itda("status", "--json").json["customers"] == 2
    report = itda("replay", "--verify", "--json")
    assert (report.code, report.json["ok"], report.json["differences"]) == (0, True, [])


def test_a_cut_taken_back_leaves_all_as_it_was(lived_in, itda):
    two = ("membership:m1", "email:minji@shop.example")
    before = itda("why", *two, "--json").json
    assert not itda("cut", *two, "--reason", "a neighbour's address", "--yes", "--json").json["is_joined"]
    back = itda("cut", *two, "--undo", "--reason", "hers after all", "--yes", "--json")
    assert (back.code, back.json) == (0, before)
    again = itda("cut", *two, "--undo", "--reason", "twice", "--yes")
    assert (again.code, again.out, len(again.err.splitlines())) == (1, "", 1)
    assert "nobody has decided anything" in again.err


def test_a_join_taken_back_is_what_a_rebuild_gives(lived_in, itda):
    strangers = ("user_id:u1", "user_id:u2")
    assert itda("join", *strangers, "--reason", "one family", "--yes").code == 0
    assert itda("join", *strangers, "--undo", "--reason", "two people", "--yes").code == 0
    told = itda("replay", "--verify", "--json")
    assert (told.code, told.json["differences"]) == (0, [])


def test_a_cut_needs_a_reason(lived_in, itda):
    told = itda("cut", "user_id:u1", "anonymous_id:a1", "--yes")
    assert told.code == 2
    assert "--reason" in told.err


def test_refused_events_are_listed_and_replayed_after_the_cure_once(lived_in, itda):
    page = itda("quarantine", "list", "--json").json
    assert page["by_reason"] == {"contract": 1}
    assert "Seat Taken" in itda("quarantine", "list").out
    assert itda("quarantine", "replay", "--yes", "--json").json == {"replayed": 0, "waiting": {"contract": 1}}
    (lived_in / "contracts" / "seat_taken.yaml").write_text(SEATS.replace("LEAST", "1"))
    assert itda("quarantine", "replay", "--yes", "--json").json == {"replayed": 1, "waiting": {}}
    assert itda("quarantine", "replay", "--yes", "--json").json == {"replayed": 0, "waiting": {}}
    assert itda("status", "--json").json["events"]["accepted"] == len(HISTORY)
    assert itda("customer", "user_id:u2", "--json").json["events"] == 3


def test_replay_verify_names_a_planted_difference_and_replay_mends_it(lived_in, itda):
    with product.open(lived_in) as opened, opened.db.connection() as connection:
        connection.execute("update fragment set events = events + 1")
    found = itda("replay", "--verify", "--json")
    assert found.code == 1
    assert {(one["table"], one["column"]) for one in found.json["differences"]} == {("fragment", "events")}
    told = itda("replay", "--verify")
    assert told.code == 1
    assert "fragment" in told.out
    assert itda("replay", "--yes").code == 0
    assert itda("replay", "--verify").code == 0
