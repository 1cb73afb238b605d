"""The whole way of a message, from what somebody did to what the inbox was given, and back into the log."""

from __future__ import annotations

import asyncio
import email
import logging
from email import policy
from typing import Any

import pytest
from tests.integration.deciding.world import event
from tests.integration.sending.world import TOLD, Sending, cart, consent, ready, sending
from tests.mail_server import Inbox, serving

from itda.base.errors import Conflict
from itda.base.instant import HOUR, MINUTE
from itda.engine.commands.consent import RecordConsent
from itda.engine.requests.opening import OpenRequest
from itda.engine.sending import making
from itda.engine.sending.after import Pace
from itda.engine.sending.sender import Limits, Sender
from itda.store import outbox

pytestmark = pytest.mark.server
logging.getLogger("mail.log").setLevel(logging.ERROR)


@pytest.fixture
def inbox():
    made = Inbox()
    with serving(made) as port:
        made.port = port
        yield made


@pytest.fixture
def world(shop, inbox):
    with sending(shop, inbox.port) as made:
        yield made


def read(inbox: Inbox, index: int = 0) -> Any:
    return email.message_from_bytes(inbox.mails[index][2], policy=policy.default)


def test_an_advertisement_leaves_labelled_with_a_way_out_and_is_told_to_the_log_once(world: Sending, inbox: Inbox):
    world.person("mina")
    world.tell(cart("mina"))
    world.send()
    assert world.outbox() == [("cart", "sent")]
    assert [(to, sender) for sender, to, _ in inbox.mails] == [(["mina@example.com"], inbox.mails[0][0])]
    mail = read(inbox)
    assert mail["Subject"] == "(광고) mina kim님의 장바구니"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<http://127.0.0.1:1/u/")
    assert "서울시 중구 1" in mail.get_body(("plain",)).get_content()
    assert world.effects() == ["Message Sent"]
    assert world.rows("select messaged_at is not null from journey_position") == [(True,)]
    assert world.rows("select stage, verdict from send_decision order by seq") == [
        ("choice", "send"),
        ("departure", "send"),
    ]
    assert world.rows("select n, outcome, consent_seq > 0 from attempt") == [(1, "sent", True)]
    world.send()
    assert len(inbox.mails) == 1
    assert world.effects() == ["Message Sent"]


def test_no_consent_no_mail_and_information_needs_none(world: Sending, inbox: Inbox):
    world.person("bora", consents=False)
    world.tell(cart("bora"), ready("bora", "o1"))
    world.send()
    assert sorted(world.outbox()) == [("cart", "dropped"), ("notice", "sent")]
    assert len(inbox.mails) == 1
    assert read(inbox)["Subject"] == "주문 o1 준비 완료"
    assert read(inbox)["List-Unsubscribe"] is None


def test_a_withdrawal_between_choice_and_departure_stops_the_mail(world: Sending, inbox: Inbox):
    world.person("mina")
    world.tell(cart("mina"))
    world.decide()
    assert world.statuses() == ["queued"]
    world.tell(consent("mina", is_given=False))
    world.send()
    assert inbox.mails == []
    assert world.rows("select status, reasons from outbox") == [("dropped", "KR-04 OPTED_OUT")]


def test_nothing_leaves_before_the_log_is_decided_on_up_to_a_second_ago(world: Sending, inbox: Inbox):
    world.person("mina")
    world.tell(cart("mina"))
    world.decide()
    world.at += 2_000_000
    world.tell(consent("mina", is_given=False))
    world.at += 2_000_000
    assert making.drain(world.parts()) == 0
    assert inbox.mails == []
    world.send()
    assert world.statuses() == ["dropped"]


def test_an_address_that_is_refused_bounces_and_is_written_to_no_more(world: Sending, inbox: Inbox):
    inbox.answers["rcpt"] = ["550 5.1.1 nobody here"]
    world.person("mina")
    world.tell(cart("mina"))
    world.send()
    assert world.outbox() == [("cart", "bounced")]
    assert world.effects() == ["Message Bounced"]
    assert world.rows(TOLD) == [("unsent", "bounced 550 5.1.1 nobody here")]
    world.at += HOUR
    world.tell(ready("mina", "o2"))
    world.send()
    assert world.rows("select status, reasons from outbox where message = 'notice'") == [("dropped", "ADDRESS_REFUSED")]
    world.at += HOUR
    world.tell(consent("mina", is_given=True), ready("mina", "o3"))
    world.send()
    assert world.statuses() == ["bounced", "dropped", "sent"]


def test_a_server_that_says_4xx_is_asked_again_later_and_5xx_ends_it(world: Sending, inbox: Inbox):
    inbox.answers["data"] = ["451 4.3.0 later", "554 5.7.1 never"]
    world.person("mina")
    world.tell(cart("mina"))
    world.send()
    assert world.outbox() == [("cart", "retry")]
    wait = world.rows("select not_before from outbox")[0][0] - world.at
    assert 30 * 1_000_000 <= wait <= MINUTE
    world.send()
    assert world.outbox() == [("cart", "retry")]
    world.at += MINUTE
    world.send()
    assert world.outbox() == [("cart", "dead")]
    assert world.rows("select n, outcome, code from attempt order by n") == [(1, "retry", "451"), (2, "refused", "554")]
    assert world.effects() == []
    assert world.rows("select count(*) from outbox where is_told") == [(1,)]


def test_a_server_that_goes_on_saying_4xx_is_left_alone_in_the_end(world: Sending, inbox: Inbox):
    inbox.answers["data"] = ["451 4.3.0 later"] * 3
    world.person("mina")
    world.tell(cart("mina"))
    limits = Limits(pace=Pace(most=2))
    world.send(limits)
    world.at += 2 * MINUTE
    world.send(limits)
    assert world.rows("select status, tries from outbox") == [("dead", 2)]


@pytest.mark.parametrize("habit", ["drop", "hang"])
def test_a_mail_given_without_an_answer_is_uncertain_and_an_advertisement_never_goes_again(
    world: Sending, inbox: Inbox, habit: str
):
    inbox.answers["data"] = [habit]
    world.person("mina")
    world.tell(cart("mina"))
    world.send()
    assert world.outbox() == [("cart", "uncertain")]
    world.at += 10 * HOUR
    world.send()
    assert len(inbox.mails) == 1
    assert world.effects() == []


def test_information_that_may_have_arrived_goes_once_more_under_the_same_message_id(world: Sending, inbox: Inbox):
    inbox.answers["data"] = ["drop", "drop"]
    world.person("mina", consents=False)
    world.tell(ready("mina", "o1"))
    world.send()
    assert world.outbox() == [("notice", "uncertain")]
    assert len(inbox.mails) == 2
    assert read(inbox, 0)["Message-ID"] == read(inbox, 1)["Message-ID"]


def test_a_server_that_is_away_costs_nothing_and_the_others_go_when_it_is_back(
    world: Sending, inbox: Inbox, caplog: pytest.LogCaptureFixture
):
    right = inbox.port
    world.use(1)
    for name in ("mina", "bora", "dana"):
        world.person(name)
        world.tell(cart(name))
    with caplog.at_level(logging.WARNING, logger="itda.engine.sending.sender"):
        world.send()
    assert set(world.statuses()) <= {"retry", "queued"}
    assert len([record for record in caplog.records if "takes nothing now" in record.message]) == 1
    world.use(right)
    world.at += 2 * MINUTE
    world.send()
    assert world.statuses() == ["sent"] * 3
    assert len(inbox.mails) == 3


def test_who_was_erased_gets_nothing_and_leaves_no_effect(world: Sending, inbox: Inbox):
    world.person("mina")
    world.tell(cart("mina"))
    world.decide()
    with world.shop.db.connection() as connection:
        connection.execute("delete from keyring where kind = 'email'")
    world.send()
    assert inbox.mails == []
    assert world.rows("select status, reasons from outbox") == [("cancelled", "ERASED")]
    assert world.effects() == []


def test_a_second_sender_is_refused(world: Sending, inbox: Inbox):
    first = Sender(world.parts())
    first._take_over()
    try:
        with pytest.raises(Conflict, match="another sender"):
            making.drain(world.parts())
    finally:
        first._alone.close()
    assert making.drain(world.parts()) == 0


def test_a_mail_that_the_server_asks_for_too_late_is_decided_anew(world: Sending, inbox: Inbox):
    world.person("mina")
    world.tell(cart("mina"))
    world.send(Limits(fresh_s=-1.0))
    assert inbox.mails == []
    assert world.rows("select status, reasons from outbox") == [("retry", "it took too long to get here")]
    world.at += MINUTE
    world.send()
    assert world.statuses() == ["sent"]


def test_a_mail_that_the_server_asks_for_after_all_use_was_stopped_is_not_given_to_it(world: Sending):
    class Slow(Inbox):
        async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802 - as the server calls it
            address = given[3]
            if address == "mina@example.com":  # its decision is committed by now
                request = OpenRequest(kind="erase", who=("email", address), via="cli")
                await asyncio.to_thread(world.shop.app.act, request, world.shop.actor, "she asked")
            return await super().handle_RCPT(*given)

    slow = Slow()
    for name in ("mina", "bora"):
        world.person(name)
        world.tell(cart(name))
    with serving(slow) as port:
        world.use(port)
        world.send(Limits(sure_s=0.0))
        why = "select status, reasons from outbox order by status"
        assert world.rows(why) == [("retry", "all use was stopped meanwhile"), ("sent", "")]
        world.at += MINUTE
        world.send()
    assert world.rows(why) == [("cancelled", "KR-50 STOPPED"), ("sent", "")]
    assert [to for _, to, _ in slow.mails] == [["bora@example.com"]]


def test_a_mail_that_the_server_asks_for_after_a_consent_was_taken_away_is_decided_anew(world: Sending):
    stop = "insert into stopped select fragment, '\\x00', true, 0, null from identifier where kind = 'anonymous_id'"

    class Slow(Inbox):
        async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802 - as the server calls it
            who, doing = ("email", given[3]), {"mina@example.com": "withdraw", "dana@example.com": "confirm"}
            if given[3] in doing:
                act = RecordConsent(who=who, action=doing[given[3]], channel="email")
                await asyncio.to_thread(world.shop.app.act, act, world.shop.actor, "told on the phone")
            elif given[3] == "noa@example.com":  # all use of what is theirs under another identifier
                with world.shop.db.connection() as connection:
                    connection.execute(stop)
            return await super().handle_RCPT(*given)

    slow = Slow()
    for name in ("mina", "bora", "dana", "noa"):
        world.person(name)
        world.tell(cart(name))
    world.tell({"type": "identify", "userId": "noa", "anonymousId": "browser-of-noa"})
    with serving(slow) as port:
        world.use(port)
        world.send(Limits(sure_s=0.0))
        assert world.rows("select status, reasons from outbox order by status, reasons") == [
            ("retry", "a consent was taken away meanwhile"), ("retry", "all use was stopped meanwhile"),
            ("sent", ""), ("sent", ""),
        ]  # fmt: skip
        world.at += MINUTE
        world.send()
    ended = "select status, reasons like '%%KR-04 OPTED_OUT%%' from outbox where reasons <> '' order by 1"
    assert world.rows(ended) == [("cancelled", False), ("dropped", True)]
    assert sorted(to[0] for _, to, _ in slow.mails) == ["bora@example.com", "dana@example.com"]


def test_why_a_message_is_not_given_to_the_server_is_the_true_cause(world: Sending):
    said: dict[str, str] = {}
    stopped: list[str] = []

    class Slow(Inbox):
        async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802 - as the server calls it
            with world.shop.db.connection() as connection:
                (mine,) = connection.execute(
                    "select o.id from outbox o join identifier i on i.fragment = o.contact where o.status = 'attempting'"
                ).fetchone() or (b"",)
                said["as it is"] = outbox.why_not(connection, mine)
                for (own,) in connection.execute("select fragment from identifier").fetchall():
                    connection.execute("insert into stopped values (%s, '\\x00', true, 0, null)", [own])
                    stopped.append(outbox.why_not(connection, mine))
                    connection.execute("delete from stopped")
                connection.execute("update attempt set n = n + 1 where outbox = %s", [mine])
                said["no attempt"] = outbox.why_not(connection, mine)
                connection.execute("update outbox set status = 'cancelled' where id = %s", [mine])
                said["cancelled"] = outbox.why_not(connection, mine)
                said["nothing"] = outbox.why_not(connection, b"nobody's")
                connection.rollback()
            return await super().handle_RCPT(*given)

    world.person("mina")
    for browser in ("at home", "on the way", "at work"):
        world.tell({"type": "identify", "userId": "mina", "anonymousId": browser})
    world.tell(cart("mina"))
    with serving(Slow()) as port:
        world.use(port)
        world.send()
    assert stopped == ["all use was stopped meanwhile"] * 5, "under whatever identifier"
    assert said == {
        "as it is": "", "no attempt": "nothing is known of this attempt any more", "cancelled": "it is cancelled by now",
        "nothing": "it is there no more",
    }  # fmt: skip
    assert world.statuses() == ["sent"]


def test_one_parted_from_their_address_is_not_written_to_at_it(world: Sending, inbox: Inbox):
    world.person("mina")
    world.tell(cart("mina"))
    world.decide()
    with world.shop.db.connection() as connection:
        connection.execute("update identifier set customer = fragment, component = fragment where kind = 'email'")
    world.send()
    assert inbox.mails == []
    assert world.rows("select status, reasons from outbox") == [("dropped", "CONTACT_PARTED")]


def test_a_mail_that_cannot_be_filled_is_dead_with_its_reason(world: Sending, inbox: Inbox):
    world.person("mina")
    world.tell(cart("mina"))
    world.decide()
    with world.shop.db.connection() as connection:
        connection.execute("update outbox set values_sealed = '\\x00'")
    world.send()
    assert world.rows("select status, reasons from outbox") == [("dead", "UNSEALABLE")]
    assert world.rows("select verdict, reasons from send_decision order by seq desc limit 1") == [
        ("drop", ["UNSEALABLE"])
    ]


def test_a_message_that_breaks_our_own_code_is_dead_and_stops_no_other(world: Sending, inbox: Inbox):
    for name in ("mina", "bora"):
        world.person(name)
        world.tell(cart(name))
    world.decide()
    with world.shop.db.connection() as connection:
        connection.execute(
            "update keyring set value_sealed = '\\x00' where fragment = (select contact from outbox order by id limit 1)"
        )
    world.send()
    assert len(inbox.mails) == 1
    assert sorted(world.rows("select status, reasons from outbox")) == [("dead", "BROKEN"), ("sent", "")]
    assert world.rows("select count(*) from send_decision where reasons = array['BROKEN']") == [(1,)]


def test_only_we_say_that_a_message_of_ours_was_sent(world: Sending, inbox: Inbox):
    world.person("mina")
    world.tell(cart("mina"))
    world.decide()
    ((message,),) = world.rows("select id from outbox")
    world.tell(event("Message Sent", "mina", message="cart", message_id=message.hex()))
    world.decide()
    assert world.rows("select messaged_at from journey_position") == [(None,)]
    world.send()
    world.decide()
    assert world.rows("select messaged_at is not null from journey_position") == [(True,)]
