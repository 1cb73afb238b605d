"""The decider over a real store: events become memberships, journeys and what is to be sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.integration.deciding.world import HOUR, MINUTE, World, event, world

from itda.journeys.position import decode, encode

pytestmark = pytest.mark.server


@pytest.fixture
def lively(shop):
    with world(shop) as made:
        yield made


def test_an_event_makes_a_member_and_passing_time_ends_it(lively: World):
    lively.tell(event("Product Viewed", "u1", product_id="p1"), event("Product Viewed", "u1", product_id="p2"))
    lively.decide()
    assert lively.members("lookers") == 1
    assert lively.members("silent") == 0
    lively.at += 4 * 24 * HOUR
    lively.decide()
    assert lively.members("lookers") == 0
    assert lively.members("silent") == 1


def test_a_cart_left_alone_is_asked_about_after_an_hour_and_one_that_was_bought_is_not(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"), event("Cart Viewed", "u2", cart_id="c2"))
    lively.decide()
    lively.at += 59 * MINUTE
    lively.tell(event("Order Completed", "u2", order_id="o1"))
    lively.decide()
    lively.at += 2 * MINUTE
    lively.decide()
    found = dict(lively.rows("select correlation, exit_reason from journey_position"))
    assert found == {"c1": "finished", "c2": "goal"}


def mail(who: str) -> dict:
    return {"context": {"traits": {"email": f"{who}@shop.example"}}}


def test_what_a_journey_wants_said_enters_the_outbox_with_its_decision_and_a_contact(lively: World):
    lively.tell(
        {"type": "identify", "userId": "u1", "traits": {"email": "u1@shop.example"}},
        event("Cart Viewed", "u1", cart_id="c1"),
    )
    lively.decide()
    lively.at += HOUR + MINUTE
    lively.decide()
    ((status, kind, sealed, journey),) = lively.rows(
        "select o.status, i.kind, o.values_sealed is not null, o.journey from outbox o"
        " join identifier i on i.fragment = o.contact"
    )
    assert (status, kind, sealed, journey) == ("queued", "email", True, "rescue")
    assert lively.rows("select stage, verdict from send_decision") == [("choice", "send")]


def test_one_without_an_address_is_told_of_and_not_sent(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.decide()
    lively.at += HOUR + MINUTE
    lively.decide()
    assert lively.rows("select status, reasons, is_told from outbox") == [("dropped", "NO_CONTACT", True)]
    assert ("unsent", "ask") in lively.path("rescue")


def test_who_no_longer_wants_it_gets_nothing_that_waits(lively: World):
    lively.tell(
        {"type": "identify", "userId": "u1", "traits": {"email": "u1@shop.example"}},
        event("Cart Viewed", "u1", cart_id="c1"),
    )
    lively.decide()
    lively.at += HOUR + MINUTE
    lively.decide()
    lively.tell(event("Consent Changed", "u1", purpose="ad_receive", channel="email", is_given=False))
    lively.decide()
    assert lively.rows("select status from outbox") == [("dropped",)]
    assert ("unsent", "ask") in lively.path("rescue")
    assert lively.rows("select kind, status from duty")[0] == ("notice", "open")


def test_a_public_key_gives_nobodys_consent_and_takes_away_whose_it_names(lively: World):
    acts = "select action, ground from consent_event where ground <> 'joined' order by seq"
    stands = "select distinct status from consent_state"
    said = {"purpose": "ad_receive", "channel": "email"}

    def told(source: str, **more: Any) -> None:
        one = event("Consent Changed", "u1", **said, **more) | {"identifiers": {"email": "u1@shop.example"}}
        lively.tell(one, source=source)
        lively.at += MINUTE
        lively.decide()

    told("app", is_given=True)
    assert (lively.rows(acts), lively.rows(stands)) == ([("request", "unvouched")], [("pending",)])
    told("web", is_given=True)
    assert lively.rows(stands) == [("granted",)], "by a key that is on servers alone"
    told("app", is_given=False)
    assert lively.rows(stands) == [("withdrawn",)]
    told("app", is_given=True)
    assert lively.rows(stands) == [("withdrawn",)]
    assert [action for action, _ in lively.rows(acts)] == ["request", "grant", "withdraw", "request"]


def test_a_withdrawal_in_unknown_words_takes_away_everything_and_what_waits(lively: World):
    lively.tell(
        {"type": "identify", "userId": "u1", "traits": {"email": "u1@shop.example"}},
        event("Cart Viewed", "u1", cart_id="c1"),
    )
    lively.decide()
    lively.at += HOUR + MINUTE
    lively.decide()
    assert lively.rows("select status from outbox") == [("queued",)]
    lively.tell(event("Consent Changed", "u1", purpose="newsletters", channel="e-mail", is_given=False))
    lively.decide()
    assert lively.rows("select status from outbox") == [("dropped",)]
    found = lively.rows("select purpose, channel, action, ground from consent_event where ground <> 'joined'")
    assert {row[1:] for row in found} == {("any", "withdraw", "unclear")}
    assert {row[0] for row in found} == set(lively.shop.workspace.consent.purposes)


def test_those_who_turn_out_to_be_one_keep_the_earlier_of_two_positions(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.at += MINUTE
    lively.tell(
        {"type": "track", "event": "Cart Viewed", "anonymousId": "a-long-anonymous-1", "properties": {"cart_id": "c1"}}
    )
    lively.decide()
    assert lively.rows("select count(*) from journey_position where exited_at is null") == [(2,)]
    lively.tell({"type": "identify", "userId": "u1", "anonymousId": "a-long-anonymous-1", "traits": {}})
    lively.decide()
    assert lively.rows("select exit_reason, count(*) from journey_position group by 1 order by 1") == [
        ("merged", 1),
        (None, 1),
    ]


def test_events_of_long_ago_start_nothing(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1") | {"timestamp": "2026-10-01T00:00:00Z"})
    lively.decide()
    assert lively.rows("select count(*) from journey_position") == [(0,)]


def test_somebody_whose_journey_nobody_can_read_any_more_stops_nothing(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.decide()
    with lively.shop.db.connection() as connection:
        connection.execute(
            "update applied set body = '{}', version = 'lost' where kind = 'journey' and name = 'rescue'"
        )
        connection.execute("update journey_position set version = 'lost'")
        state = connection.execute("select state from journey_position").fetchone()[0]
        lost = encode(msgspec.structs.replace(decode(state), version="lost"))
        connection.execute("update journey_position set state = %b", [lost])
        connection.execute("insert into wake values ('\\x00000000000000000000000000000000', 1)")
    lively.at += 2 * HOUR
    lively.tell(event("Cart Viewed", "u2", cart_id="c2"))
    lively.decide()
    assert lively.rows("select count(*) from journey_position") == [(2,)]
    assert lively.rows("select count(*) from wake where at = 1") == [(0,)]
