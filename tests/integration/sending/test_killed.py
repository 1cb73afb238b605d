"""A sender that is killed: no advertisement arrives twice, and what nobody can know is listed."""

from __future__ import annotations

import asyncio
import email
import logging
import time
from collections import Counter
from email import policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from tests import forked
from tests.integration.sending.sender_process import send
from tests.integration.sending.world import Sending, cart, ready, sending
from tests.mail_server import Inbox, serving

from itda.engine.questions.messages import MessageList

pytestmark = pytest.mark.server
logging.getLogger("mail.log").setLevel(logging.ERROR)
PEOPLE, KILLS = 40, 5


class Slow(Inbox):
    """Takes a mail at once and answers a little later, as servers do."""

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(0.03)
        return answer


def killed(world: Sending, inbox: Slow) -> int:
    """Let a sender work for some mails and kill it; how many attempts were without outcome then."""
    process = forked.started(send, world.shop.path, world.at)
    before = len(inbox.mails)
    until = time.monotonic() + 60
    while len(inbox.mails) < before + 6 and process.is_alive() and time.monotonic() < until:
        time.sleep(0.002)
    process.kill()
    process.join()
    return world.rows("select count(*) from attempt where finished_at is null")[0][0]


def test_after_five_kills_no_advertisement_came_twice_and_all_else_came(shop: Path):
    inbox = Slow()
    with serving(inbox) as port, sending(shop, port) as world:
        (shop / "channels.yaml").write_text(
            f"email: {{host: 127.0.0.1, port: {port}, tls: none, from: news@shop.example, bounces: bounces@shop.example,"
            ' public_url: "http://127.0.0.1:1"}\n',
            encoding="utf-8",
        )
        for number in range(PEOPLE):
            world.person(f"p{number}")
            world.tell(cart(f"p{number}"), ready(f"p{number}", f"o{number}"))
        world.decide()
        in_flight = sum(killed(world, inbox) for _ in range(KILLS))
        world.send()
        found = Counter(status for _, status in world.outbox())
        assert set(found) <= {"sent", "uncertain"}
        assert sum(found.values()) == 2 * PEOPLE
        assert 0 < found["uncertain"] <= in_flight
        listed = world.shop.ask(MessageList(status="uncertain", limit=1000)).lines
        assert len(listed) == found["uncertain"]
        mails = [email.message_from_bytes(raw, policy=policy.default) for _, _, raw in inbox.mails]
        arrived = Counter(mail["Message-ID"] for mail in mails)
        by_id = dict(
            world.rows(
                "select distinct a.message_id, o.class || ' ' || o.status from attempt a join outbox o on o.id = a.outbox"
            )
        )
        assert {by_id[one] for one, times in arrived.items() if times > 1} <= {
            "informational sent",
            "informational uncertain",
        }
        assert max(arrived.values()) <= 2
        assert [one for one, what in by_id.items() if what.endswith(" sent") and not arrived[one]] == []
        assert Counter(world.effects()) == {"Message Sent": found["sent"]}
