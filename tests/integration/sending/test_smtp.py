"""Mails over real connections: what the server took, and what is known of what it did not."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.mail_server import PASSWORD, USER, Inbox, certificate, serving

from itda.channels.definition import EmailChannel, Login, Outcome, Request
from itda.engine.sending.smtp import SmtpPool

logging.getLogger("mail.log").setLevel(logging.ERROR)


def channel(port: int, **other: Any) -> EmailChannel:
    plain = EmailChannel(
        host="127.0.0.1",
        port=port,
        tls="none",
        address="news@shop.example",
        base_url="http://127.0.0.1:1",
        timeout_s=2,
        body_timeout_s=2,
    )
    return msgspec.structs.replace(plain, **other)


def mail(number: int = 0, body: str = "hello") -> Request:
    return Request(
        message_id=f"<{number}@shop.example>",
        envelope_from="bounces+abc@shop.example",
        to=f"person{number}@example.com",
        data=f"Message-ID: <{number}@shop.example>\r\nSubject: x\r\n\r\n{body}\r\n".encode(),
    )


def running(settings: EmailChannel, work: Callable[[SmtpPool], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        pool = SmtpPool(settings)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def one(settings: EmailChannel, request: Request | None = None) -> Outcome:
    return running(settings, lambda pool: pool.deliver(request or mail()))


def several(settings: EmailChannel, count: int) -> list[Outcome]:
    async def each(pool: SmtpPool) -> list[Outcome]:
        return [await pool.deliver(mail(number)) for number in range(count)]

    return running(settings, each)


def test_a_mail_arrives_byte_for_byte_over_starttls_with_a_login(tmp_path: Path) -> None:
    inbox, trusted = Inbox(), certificate(tmp_path)
    request = mail(body=".a line that begins with a dot\r\n..two\r\n" + "x" * 900)
    with serving(inbox, tmp_path, login=True) as port:
        settings = channel(port, tls="starttls", ca_file=str(trusted), login=Login(USER, PASSWORD))
        assert one(settings, request).result == "sent"
    assert inbox.mails == [(request.envelope_from, [request.to], request.data)]


def test_a_server_that_nobody_vouches_for_is_given_nothing(tmp_path: Path) -> None:
    inbox = Inbox()
    certificate(tmp_path)
    with serving(inbox, tmp_path, login=True) as port:
        outcome = one(channel(port, tls="starttls", login=Login(USER, PASSWORD)))
    assert (outcome.result, outcome.is_server_down) == ("retry", True)
    assert inbox.mails == []


def test_a_server_without_starttls_is_given_nothing_where_it_is_demanded() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        outcome = one(channel(port, tls="starttls"))
    assert (outcome.result, outcome.is_server_down) == ("retry", True)
    assert inbox.mails == []


def test_a_wrong_password_says_that_the_server_is_not_for_us_and_does_not_lose_the_mail(tmp_path: Path) -> None:
    inbox, trusted = Inbox(), certificate(tmp_path)
    with serving(inbox, tmp_path, login=True) as port:
        settings = channel(port, tls="starttls", ca_file=str(trusted), login=Login(USER, "wrong"))
        outcome = one(settings)
    assert (outcome.result, outcome.is_server_down, outcome.code) == ("retry", True, 535)


def test_nobody_listening_is_tried_again_later() -> None:
    with serving(Inbox()) as port:
        pass
    outcome = one(channel(port))
    assert (outcome.result, outcome.is_server_down, outcome.code) == ("retry", True, None)


def test_a_refused_recipient_is_refused_for_good_and_the_connection_lives_on() -> None:
    inbox = Inbox()
    inbox.answers["rcpt"] = ["550 5.1.1 <person0@example.com> no such user"]
    with serving(inbox) as port:
        first, second = several(channel(port, connections=1), 2)
    assert (first.result, first.code, first.is_address_dead) == ("refused", 550, True)
    assert "person0" not in first.detail
    assert second.result == "sent"
    assert inbox.connections == 1
    assert [mail[1] for mail in inbox.mails] == [["person1@example.com"]]


def test_4xx_is_tried_again_and_a_later_5xx_is_believed() -> None:
    inbox = Inbox()
    inbox.answers["rcpt"] = ["451 4.7.1 greylisted", "550 5.1.1 no such user"]
    with serving(inbox) as port:
        first, second = several(channel(port), 2)
    assert (first.result, second.result) == ("retry", "refused")
    assert inbox.mails == []


def test_a_refusal_of_the_whole_mail_is_no_word_about_the_address() -> None:
    inbox = Inbox()
    inbox.answers["data"] = ["554 5.7.1 looks like spam"]
    with serving(inbox) as port:
        outcome = one(channel(port))
    assert (outcome.result, outcome.is_address_dead) == ("refused", False)


def test_a_server_that_drops_the_line_after_the_final_dot_leaves_it_uncertain() -> None:
    inbox = Inbox()
    inbox.answers["data"] = ["drop"]
    with serving(inbox) as port:
        first, second = several(channel(port), 2)
    assert (first.result, second.result) == ("uncertain", "sent")
    assert len(inbox.mails) == 2, "it had taken the first one too"


def test_a_server_that_hangs_after_the_final_dot_leaves_it_uncertain_in_time() -> None:
    inbox = Inbox()
    inbox.answers["data"] = ["hang"]
    with serving(inbox) as port:
        began = time.monotonic()
        outcome = one(channel(port, body_timeout_s=0.5))
    assert outcome.result == "uncertain"
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
@pytest.mark.parametrize("habit", ["drop", "hang"])
def test_a_server_that_fails_before_it_was_given_the_mail_is_simply_tried_again(stage: str, habit: str) -> None:
    inbox = Inbox()
    inbox.answers[stage] = [habit]
    with serving(inbox) as port:
        outcome = one(channel(port, timeout_s=0.5))
    assert outcome.result == "retry"
    assert inbox.mails == []


def test_a_server_that_closes_with_421_is_left_alone_for_now() -> None:
    inbox = Inbox()
    inbox.answers["rcpt"] = ["421 4.3.2 going down"]
    with serving(inbox) as port:
        outcome = one(channel(port))
    assert (outcome.result, outcome.is_server_down) == ("retry", True)


def test_a_pooled_connection_that_died_while_idle_is_replaced_unseen() -> None:
    inbox = Inbox()

    async def each(pool: SmtpPool) -> list[Outcome]:
        first = await pool.deliver(mail(0))
        inbox.answers["mail"] = ["drop"]
        return [first, await pool.deliver(mail(1))]

    with serving(inbox) as port:
        outcomes = running(channel(port), each)
    assert [outcome.result for outcome in outcomes] == ["sent", "sent"]
    assert inbox.connections == 2


def test_connections_are_reused_bounded_and_renewed() -> None:
    inbox = Inbox()

    async def flood(pool: SmtpPool) -> list[Outcome]:
        return await asyncio.gather(*(pool.deliver(mail(number)) for number in range(60)))

    with serving(inbox) as port:
        outcomes = running(channel(port, connections=3, per_connection=10), flood)
    assert {outcome.result for outcome in outcomes} == {"sent"}
    assert 6 <= inbox.connections <= 8
    assert len({tuple(mail[1]) for mail in inbox.mails}) == 60


def test_the_rate_is_kept() -> None:
    inbox = Inbox()

    async def flood(pool: SmtpPool) -> float:
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(pool.deliver(mail(number)) for number in range(11)))
        return asyncio.get_running_loop().time() - began

    with serving(inbox) as port:
        assert running(channel(port, rate=20), flood) >= 0.5


def test_an_address_with_a_line_end_reaches_no_server() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        outcome = one(channel(port), msgspec.structs.replace(mail(), to="a@b.example>\r\nRCPT TO:<c@d.example"))
    assert outcome.result == "retry"
    assert inbox.mails == []


def test_a_password_is_not_shown() -> None:
    assert PASSWORD not in repr(channel(1, login=Login(USER, PASSWORD)))
