"""Two people are joined and parted while they are in journeys: each goes on as one of their own, by their own consent."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.deciding.world import HOUR, MINUTE, RESCUE, World, world

from itda.engine.commands.consent import RecordConsent
from itda.engine.shop import clock
from itda.segments.definition import Group, Segment
from itda.segments.operators.consent import ConsentTest

pytestmark = pytest.mark.server

TEXTED = Segment(name="texted", where=Group(all=(ConsentTest(purpose="ad_receive", channel="sms"),)))
P, Q = "membership:m1", "user_id:u2"
OUT = "select correlation, exit_reason from journey_position where exited_at is not null order by id"
STANDS = "select status from consent_state where status <> 'unknown'"
KEYS = "select id, fragment, entry_event, correlation from journey_position order by id"


@pytest.fixture
def lively(shop):
    with world(shop, segments=[TEXTED], journeys=[RESCUE]) as made:
        made.at = clock()
        yield made


def did(who: str, name: str, traits: dict[str, str] | None = None, **properties: Any) -> dict[str, Any]:
    """An event of one of the two."""
    known = {**(traits or {}), **({"membership": "m1"} if who == P else {})}
    own = {"userId": "u2"} if who == Q else {}
    return {"type": "track", "event": name, "properties": properties, "context": {"traits": known}, **own}


def said(who: str, *, is_given: bool) -> dict[str, Any]:
    """What somebody says of text messages to the phone that both use."""
    phone = {"phone": "010-2222-3333"}
    return did(who, "Consent Changed", phone, purpose="ad_receive", channel="sms", is_given=is_given)


def are_one(made: World) -> bool:
    return made.shop.customer(P).id == made.shop.customer(Q).id


def part(made: World) -> None:
    made.shop.cut(P, Q, reason="a mother and her daughter")
    made.decide()
    assert not are_one(made)


def test_parted_each_goes_on_in_the_journey_they_came_into(lively: World):
    lively.tell(did(P, "Cart Viewed", cart_id="c1"), did(Q, "Cart Viewed", cart_id="c2"))
    lively.decide()
    lively.shop.join(P, Q, reason="the same person")
    lively.decide()
    assert are_one(lively)
    part(lively)
    lively.at += MINUTE
    lively.tell(did(P, "Order Completed", order_id="o1"))
    lively.decide()
    lively.at += 2 * HOUR
    lively.decide()
    assert sorted(lively.rows(OUT)) == [("c1", "goal"), ("c2", "finished")]


def test_a_cut_brings_nobody_back_whom_a_join_took_out(lively: World):
    lively.tell(did(P, "Cart Viewed", cart_id="c1"))
    lively.decide()
    lively.tell(did(Q, "Cart Viewed", cart_id="c1"))
    lively.decide()
    keys = lively.rows(KEYS)
    assert len(keys) == 2
    lively.shop.join(P, Q, reason="the same person")
    lively.decide()
    assert lively.rows(OUT) == [("c1", "merged")]
    part(lively)
    assert lively.rows(OUT) == [("c1", "merged")]
    assert lively.rows(KEYS) == keys
    lively.at += 2 * HOUR
    lively.decide()
    assert sorted(lively.rows(OUT)) == [("c1", "finished"), ("c1", "merged")]
    assert lively.shop.replay(verify=True).differences == []


def test_joined_the_withdrawal_holds_and_parted_each_has_the_answer_of_their_own_ledger(lively: World):
    lively.tell(said(P, is_given=False))
    lively.decide()
    lively.at += MINUTE
    lively.tell(did(Q, "Search Done", query="tea"), said(Q, is_given=True))
    lively.decide()
    assert are_one(lively)
    assert sorted(lively.rows(STANDS)) == [("granted",), ("withdrawn",)]
    assert lively.members("texted") == 0
    part(lively)
    assert sorted(lively.rows(STANDS)) == [("granted",), ("withdrawn",)]
    assert lively.members("texted") == 1
    assert lively.rows(
        "select distinct m.customer = i.customer from segment_member m, identifier i join consent_state s"
        " on s.subject_ref = i.fragment where s.status = 'granted'"
    ) == [(True,)]


def test_a_withdrawal_while_joined_stays_with_both_after_the_cut(lively: World):
    lively.tell(said(Q, is_given=True))
    lively.decide()
    assert lively.members("texted") == 1
    lively.at += MINUTE
    lively.tell(said(P, is_given=False))
    lively.decide()
    assert are_one(lively)
    assert lively.members("texted") == 0
    part(lively)
    assert lively.members("texted") == 0
    assert lively.shop.replay(verify=True).differences == []


def test_a_withdrawal_that_a_door_wrote_itself_takes_its_segments_too(lively: World):
    lively.tell(said(P, is_given=True))
    lively.decide()
    assert lively.members("texted") == 1
    lively.shop.act(RecordConsent(who=("phone", "+821022223333"), action="withdraw", channel="sms"), "by telephone")
    lively.shop.settle()
    lively.decide()
    assert lively.members("texted") == 0
