"""A message waits for the morning, and is decided anew then."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import pytest
from tests.integration.sending.world import Sending, cart, consent, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import DAY, HOUR, MINUTE, parse
from itda.workspace.load import load

pytestmark = pytest.mark.server
logging.getLogger("mail.log").setLevel(logging.ERROR)
QUIET = 'brand:\n  quiet_hours: {from: "21:00", to: "08:00"}\n'


@pytest.fixture
def inbox():
    made = Inbox()
    with serving(made) as port:
        made.port = port
        yield made


@pytest.fixture
def world(shop: Path, inbox: Inbox):
    with sending(shop, inbox.port) as made:
        with (shop / "consent.yaml").open("a", encoding="utf-8") as file:
            file.write(QUIET)
        made.shop.workspace = msgspec.structs.replace(
            made.shop.workspace, consent=load(shop, {}).consent.letting_out("email", "http://127.0.0.1:1")
        )
        made.at = parse("2026-11-22T10:00:00+09:00")
        made.person("mina")
        yield made


def test_held_at_night_and_refused_meanwhile_it_does_not_go_in_the_morning(world: Sending, inbox: Inbox):
    world.at = parse("2026-11-22T22:30:00+09:00")
    world.tell(cart("mina"))
    world.send()
    assert world.rows("select status, not_before from outbox") == [("held", parse("2026-11-23T08:00:00+09:00"))]
    world.at = parse("2026-11-22T23:10:00+09:00")
    refused = consent("mina", is_given=False)
    refused["properties"]["collector"] = "080"
    world.tell(refused)
    world.send()
    assert world.statuses() == ["dropped"]
    world.at = parse("2026-11-23T08:00:00+09:00")
    world.send()
    assert inbox.mails == []
    assert world.rows("select reasons from outbox") == [("KR-04 OPTED_OUT",)]
    due = world.rows("select distinct due_at from duty where kind not like '%confirm%' order by 1 desc limit 1")[0][0]
    assert due - parse("2026-11-22T23:10:00+09:00") <= 14 * DAY


def test_one_that_nobody_refused_is_decided_anew_and_goes_in_the_morning(world: Sending, inbox: Inbox):
    world.at = parse("2026-11-22T20:59:00+09:00")
    world.tell(cart("mina"))
    world.decide()
    assert world.statuses() == ["queued"]
    world.at += 2 * MINUTE
    world.send()
    assert world.statuses() == ["held"]
    world.at = parse("2026-11-23T07:59:00+09:00")
    world.send()
    assert inbox.mails == []
    world.at += MINUTE
    world.send()
    assert world.statuses() == ["sent"]
    verdicts = world.rows("select stage, verdict from send_decision order by seq")
    assert verdicts == [("choice", "send"), ("departure", "hold"), ("departure", "send")]


def test_what_is_out_of_date_does_not_go(world: Sending, inbox: Inbox):
    world.tell(cart("mina"))
    world.decide()
    world.at += 4 * DAY + HOUR
    world.send()
    assert inbox.mails == []
    assert world.statuses() == ["dropped"]


def test_of_one_put_aside_nothing_leaves_before_they_are_gone_on_with(world: Sending, inbox: Inbox):
    world.person("bora")
    world.tell(cart("mina"), cart("bora"))
    world.decide()
    with world.shop.db.connection() as connection:
        connection.execute(
            "insert into put_aside select fragment, customer, (select max(position) from cursor), 'journeys', 0"
            " from identifier where customer = (select customer from identifier i join outbox o using (fragment)"
            " order by o.id limit 1)"
        )
    world.send()
    assert len(inbox.mails) == 1
    waits = "select status, reasons, not_before - %s from outbox where status <> 'sent'"
    assert world.rows(waits.replace("%s", str(world.at))) == [("held", "PUT_ASIDE", HOUR)]
    world.at += HOUR
    world.send()
    assert len(inbox.mails) == 1
    with world.shop.db.connection() as connection:
        connection.execute("delete from put_aside")
    world.at += HOUR
    world.send()
    assert (len(inbox.mails), world.statuses()) == (2, ["sent", "sent"])


def test_what_waits_for_one_put_aside_ends_when_it_is_out_of_date(world: Sending, inbox: Inbox):
    world.tell(cart("mina"))
    world.decide()
    with world.shop.db.connection() as connection:
        connection.execute(
            "insert into put_aside select fragment, customer, (select max(position) from cursor), 'journeys', 0"
            " from identifier"
        )
    world.send()
    world.at += 4 * DAY
    world.send()
    assert inbox.mails == []
    assert world.rows("select status, reasons from outbox") == [("dropped", "PUT_ASIDE")]
