"""What a person sees and does about messages: lists, reasons, replay, settling, and reports that come back."""

from __future__ import annotations

import logging
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_shop import typed
from tests.integration.sending.world import TOLD, Sending, cart, ready, sending
from tests.mail_server import Inbox, serving

from itda.base.errors import Refused
from itda.engine.commands.callbacks import ReadCallbacks, Taken
from itda.engine.commands.messages import ReplayMessages, ResolveMessage
from itda.engine.questions.messages import MessageList, MessageWhy

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
        made.person("mina")
        yield made


def only(world: Sending) -> bytes:
    return world.rows("select id from outbox")[0][0]


def act(world: Sending, command: Any) -> Any:
    from itda.engine.app import App

    shop = world.shop
    return App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at).act(command, shop.actor, "test").value


def dsn(to: str, status: str, action: str = "failed") -> bytes:
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["To"], report["Subject"] = "MAILER-DAEMON@mx.example", to, "Undelivered"
    report.attach(MIMEText("it came back"))
    part = MIMEBase("message", "delivery-status")
    about, person = EmailMessage(), EmailMessage()
    about["Reporting-MTA"] = "dns; mx.example"
    person["Final-Recipient"], person["Action"], person["Status"] = "rfc822; mina@example.com", action, status
    part.set_payload([about, person])
    report.attach(part)
    return report.as_bytes()


def complaint(message_id: str) -> bytes:
    report = MIMEMultipart("report", report_type="feedback-report")
    report["From"], report["To"] = "fbl@mailbox.example", "abuse@shop.example"
    report.attach(MIMEText("unwanted"))
    part = MIMEBase("message", "feedback-report")
    part.set_payload("Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n")
    report.attach(part)
    head = MIMEBase("text", "rfc822-headers")
    head.set_payload(f"Message-ID: {message_id}\nSubject: x\n")
    report.attach(head)
    return report.as_bytes()


def test_a_message_says_why_it_did_not_go(world: Sending):
    world.person("bora", consents=False)
    world.tell(cart("bora"))
    world.send()
    found = world.shop.ask(MessageList())
    assert found.counts == {"dropped": 1}
    assert found.by_message == {"cart": {"dropped": 1}}
    why = world.shop.ask(MessageWhy(only(world)))
    assert why is not None
    assert why.to == "bora@example.com"
    assert [(told.stage, told.verdict) for told in why.decisions] == [("choice", "drop")]
    assert "KR-02 NO_CONSENT" in why.decisions[0].reasons
    assert why.attempts == []


def test_the_list_is_told_a_page_at_a_time_and_of_whom_is_meant(world: Sending):
    world.person("bora", consents=False)
    world.tell(cart("bora"))
    world.tell(cart("mina"))
    world.send()
    first = world.shop.ask(MessageList(limit=1, is_named=True))
    second = world.shop.ask(MessageList(limit=1, is_named=True, before=first.next))
    named = {line.person.name: line.person.id for page in (first, second) for line in page.lines if line.person}
    assert (sorted(named), second.next) == (["bora kim", "mina kim"], "")
    assert first.counts == second.counts == {"sent": 1, "dropped": 1}
    boras = world.shop.ask(MessageList(who=named["bora kim"], status="sent"))
    assert (boras.lines, boras.counts) == ([], {"dropped": 1})
    assert [(why.split(",")[0], n) for why, n in boras.reasons.items()] == [("KR-02 NO_CONSENT", 1)]
    assert world.shop.ask(MessageList(journey="pickup")).counts == {}
    assert [line.sent_at is not None for line in world.shop.ask(MessageList(status="sent")).lines] == [True]


def test_a_dead_message_is_tried_once_more_and_only_a_dead_one(world: Sending, inbox: Inbox):
    inbox.answers["data"] = ["554 5.7.1 never"]
    world.tell(cart("mina"))
    world.send()
    assert world.statuses() == ["dead"]
    assert act(world, ReplayMessages()).messages == 1
    world.send()
    assert world.statuses() == ["sent"]
    with pytest.raises(Refused, match="is sent, not dead"):
        act(world, ReplayMessages((only(world).hex(),)))
    with pytest.raises(Refused, match="no message 000"):
        act(world, ReplayMessages(("0" * 32,)))


@pytest.mark.parametrize(("became", "status", "effects"), [("sent", "sent", ["Message Sent"]), ("unsent", "dead", [])])
def test_a_person_settles_what_is_uncertain(world: Sending, inbox: Inbox, became: Any, status: str, effects: list[str]):
    inbox.answers["data"] = ["drop"]
    world.tell(cart("mina"))
    world.send()
    assert world.statuses() == ["uncertain"]
    act(world, ResolveMessage(only(world).hex(), became))
    assert world.statuses() == [status]
    assert world.effects() == effects
    with pytest.raises(Refused, match="only what is uncertain"):
        act(world, ResolveMessage(only(world).hex(), became))


def test_a_hard_bounce_ends_writing_to_the_address(world: Sending, inbox: Inbox):
    world.tell(cart("mina"))
    world.send()
    raw = dsn(inbox.mails[0][0], "5.1.1")
    assert act(world, ReadCallbacks((raw, raw, b"Subject: hello\r\n\r\nout of office"))) == Taken(
        read=3, bounced=1, known=1, foreign=1
    )
    assert world.statuses() == ["bounced"]
    world.decide()
    assert world.rows(TOLD) == [("messaged", None)], "it had been sent"
    world.at += 60_000_000
    world.tell(ready("mina", "o1"))
    world.send()
    assert world.rows("select reasons from outbox where message = 'notice'") == [("ADDRESS_REFUSED",)]
    assert world.effects() == ["Message Sent", "Message Bounced"]


def test_a_soft_bounce_is_told_once_and_stops_nothing(world: Sending, inbox: Inbox):
    world.tell(cart("mina"))
    world.send()
    raw = dsn(inbox.mails[0][0], "4.2.2")
    assert act(world, ReadCallbacks((raw,))).soft == 1
    assert act(world, ReadCallbacks((raw,))).known == 1
    assert world.statuses() == ["sent"]
    assert act(world, ReadCallbacks((dsn(inbox.mails[0][0], "2.0.0", "delivered"),))).delivered == 1
    assert world.statuses() == ["delivered"]
    assert world.effects() == ["Message Sent", "Message Bounced", "Message Delivered"]


def test_a_complaint_refuses_advertising(world: Sending, inbox: Inbox):
    world.tell(cart("mina"))
    world.send()
    message_id = world.rows("select message_id from attempt")[0][0]
    assert act(world, ReadCallbacks((complaint(message_id),))).complained == 1
    assert act(world, ReadCallbacks((complaint(message_id),))).known == 1
    assert world.statuses() == ["complained"]
    assert world.rows("select source from consent_event where action = 'withdraw' and ground = 'consent'") == [
        ("email:complaint",)
    ]
    world.at += 60_000_000
    world.tell(cart("mina", cart_id="second"))
    world.send()
    assert len(inbox.mails) == 1
    assert world.effects() == ["Message Sent", "Unsubscribed", "Message Complained"]


def test_a_report_with_a_forged_token_is_about_nobody(world: Sending, inbox: Inbox):
    world.tell(cart("mina"))
    world.send()
    forged = (
        inbox.mails[0][0].replace("+a", "+b", 1)
        if "+a" in inbox.mails[0][0]
        else "bounces+" + "a" * 42 + "@shop.example"
    )
    assert act(world, ReadCallbacks((dsn(forged, "5.1.1"),))).foreign == 1
    assert world.statuses() == ["sent"]


def test_the_terminal_tells_the_same(world: Sending, inbox: Inbox, tmp_path: Path):
    world.tell(cart("mina"))
    world.send()
    folder = world.shop.path
    one = only(world).hex()
    assert typed("message", "--json", cwd=folder).json["counts"] == {"sent": 1}
    assert "cart" in typed("message", "list", cwd=folder).out
    assert typed("message", "why", one, "--json", cwd=folder).json["line"]["status"] == "sent"
    assert "The server took it" in typed("message", "why", one, cwd=folder).out
    for command, korean in ((("list",), "보냄 1"), (("why", one), "서버가 받음")):
        assert korean in typed("message", *command, "--lang", "ko", cwd=folder).out
    assert typed("message", "why", "nonsense", cwd=folder).code == 1
    assert typed("message", "list", "--status", "gone", cwd=folder).code == 2
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "1.eml").write_bytes(dsn(inbox.mails[0][0], "5.1.1"))
    assert typed("message", "callbacks", spool, "--json", cwd=folder).json["bounced"] == 1
    assert typed("message", "callbacks", spool, cwd=folder).out.startswith("1 read: 0 bounced")
    assert typed("message", "resolve", one, "--became", "sent", cwd=folder).code == 1
    assert typed("message", "replay", "--all", "--yes", cwd=folder).out.startswith("0 messages")
