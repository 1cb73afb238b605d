"""What is owed to people: to ask after two years whether a consent still holds, and to tell them what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.sending.world import Sending, cart, consent, sending
from tests.mail_server import Inbox, serving

from itda.base.errors import Refused
from itda.base.instant import DAY, parse
from itda.engine.commands.duties import SettleDuty
from itda.engine.duties import owe
from itda.engine.questions.duties import Duties

pytestmark = pytest.mark.server
TASKS = "select kind, done_at is not null, due_at from duty where kind = 'reconfirm' order by due_at"
LAST = parse("2028-11-02T00:00+09:00")
"""The end of the last day to ask on, of a consent given on 2 November 2026."""


@pytest.fixture
def world(shop: Path) -> Iterator[Sending]:
    with serving(Inbox()) as port, sending(shop, port) as made:
        made.person("mina")
        made.decide()
        yield made


def passes(world: Sending, moment: str) -> None:
    world.at = parse(moment)
    world.tell({"type": "track", "event": "Page Viewed", "userId": "bora", "properties": {}})
    world.decide()


def test_thirty_days_before_the_second_anniversary_somebody_is_to_ask_once(world: Sending):
    passes(world, "2028-10-01T23:00+09:00")
    assert world.rows(TASKS) == []
    passes(world, "2028-10-02T00:30+09:00")
    assert world.rows(TASKS) == [("reconfirm", False, LAST)]
    passes(world, "2028-10-05T00:30+09:00")
    assert world.rows(TASKS) == [("reconfirm", False, LAST)]


def test_a_confirmation_settles_it_and_without_one_nothing_is_sent(world: Sending):
    passes(world, "2028-10-05T12:00+09:00")
    confirmed = consent("mina", is_given=True)
    confirmed["properties"]["action"] = "confirm"
    world.tell(confirmed)
    world.decide()
    assert world.rows(TASKS) == [("reconfirm", True, LAST)]
    passes(world, "2028-11-10T12:00+09:00")
    world.tell(cart("mina"))
    world.send()
    assert world.statuses() == ["sent"]
    assert world.rows(TASKS) == [("reconfirm", True, LAST)]


def test_who_was_not_asked_in_time_gets_no_advertising(world: Sending):
    passes(world, "2028-11-02T12:00+09:00")
    world.tell(cart("mina"))
    world.send()
    assert world.rows("select status from outbox") == [("dropped",)]
    assert "KR-15 NOT_RECONFIRMED" in world.rows("select reasons from send_decision")[0][0]
    assert world.rows(TASKS) == [("reconfirm", False, LAST)]


def test_a_consent_that_comes_late_is_to_be_asked_about_at_once(world: Sending):
    old = consent("bora", is_given=True)
    old["timestamp"] = "2024-11-20T03:00:00Z"
    world.tell(old)
    world.decide()
    assert world.rows(TASKS) == [("reconfirm", False, parse("2026-11-20T00:00+09:00"))]


def test_a_duty_is_settled_once_with_its_proof(world: Sending):
    (task,) = world.shop.ask(Duties()).duties
    assert (task.kind, task.action, task.purpose, task.channel) == ("notice", "grant", "ad_receive", "email")
    world.shop.act(SettleDuty(id=task.id, proof="message 0a1b of 3 November"), "told by mail")
    assert world.shop.ask(Duties()).duties == []
    proof = world.rows("select status, proof from duty where kind = 'notice'")
    assert proof[0][0] == "done"
    assert "message 0a1b of 3 November" in proof[0][1]
    with pytest.raises(Refused, match="no duty"):
        world.shop.act(SettleDuty(id=task.id, proof="again"), "told by mail")


@pytest.mark.parametrize("kind", ["request", "processor", "glass", "access_review"])
def test_a_duty_with_a_step_of_its_own_is_not_settled_by_a_word(world: Sending, kind: str):
    with world.shop.db.connection() as connection:
        made = owe(connection, kind, world.at + DAY, about="2026-10", at=world.at)
    with pytest.raises(Refused, match="settled by doing it"):
        world.shop.act(SettleDuty(id=made.hex(), proof="I did it"), "by word")
    assert [one.kind for one in world.shop.ask(Duties()).duties if one.id == made.hex()] == [kind]


def test_an_act_told_again_and_again_is_answered_once(world: Sending):
    for _ in range(3):
        world.tell(*(consent("mina", is_given=False) for _ in range(3)))
        world.decide()
    told = "select t.kind, e.action, count(*) from duty t join consent_event e on e.seq = t.event_seq group by 1, 2"
    assert sorted(world.rows(told)) == [("notice", "grant", 1), ("notice", "withdraw", 1)]
    assert world.rows("select count(*) from consent_event where action = 'withdraw'") >= [(9,)], (
        "the ledger has them all"
    )


def test_a_reply_that_says_stop_and_a_call_of_080_take_away_and_other_words_are_read_by_a_person(world: Sending):
    def told(event: str, number: str, **properties: str) -> dict:
        return {"type": "track", "event": event, "identifiers": {"phone": number}, "properties": properties}

    world.tell(
        told("Text Received", "010-2222-0001", text="수신거부"),
        told("Text Received", "010-2222-0002", text="when do you open on Sunday?"),
        told("Opt-out Called", "010-2222-0003"),
    )
    world.decide()
    taken = "select purpose, channel, status, source from consent_state s join consent_event e on e.seq = s.event_seq"
    by_phone = f"{taken} where s.contact_ref = s.subject_ref and e.source in ('sms:reply', '080') order by source"
    assert world.rows(by_phone.replace("select purpose, channel", "select s.purpose, s.channel")) == [
        ("ad_receive", "any", "withdrawn", "080"),
        ("ad_receive", "any", "withdrawn", "sms:reply"),
    ]
    (duty,) = world.shop.ask(Duties(kind="reply")).duties
    assert (duty.label_ko, duty.customer != "", duty.is_overdue) == ("고객 회신 확인", True, True)
    assert "Sunday" not in str(world.rows("select d::text from duty d"))
