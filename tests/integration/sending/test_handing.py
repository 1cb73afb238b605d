"""The answer to a request reaches whoever made it: a mail with a link, and behind it what one of us released."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email import policy
from pathlib import Path

import msgspec
import pytest
from tests.integration.sending.test_visit import Browser
from tests.integration.sending.world import Sending, cart, sending
from tests.mail_server import Inbox, serving

from itda.base.errors import Refused
from itda.base.instant import DAY
from itda.engine.requests.upkeep import keep_up

pytestmark = pytest.mark.server
MINA = "email:mina@example.com"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    with serving(inbox) as port, sending(shop, port) as made:
        made.at = made.shop.app.clock()
        made.shop.app.clock = lambda: made.at  # type: ignore[method-assign]
        made.person("mina", phone="010-2345-6789", city="서울")
        made.person("bora")
        made.tell(cart("mina"))
        made.decide()
        yield made


def mailed(inbox: Inbox, about: str) -> str:
    """The one mail that says this, with its subject."""
    read = [email.message_from_bytes(body, policy=policy.default) for _, _, body in inbox.mails]
    told = [str(one["subject"]) + str(one.get_body(("plain",)).get_content()) for one in read]
    (found,) = [one for one in told if about in one]
    return found


def test_a_copy_is_released_mailed_as_a_link_that_is_good_once_and_downloaded_by_nobody_else(
    world: Sending, inbox: Inbox
) -> None:
    request = world.shop.requests.open("access", MINA, reason="by phone")
    released = world.shop.requests.release(request.id, "en")
    assert (released.state, released.step) == ("open", "released")
    with pytest.raises(Refused, match="already"):
        world.shop.requests.release(request.id)
    world.send()
    keep_up(world.shop, world.at)
    assert world.shop.requests.show(request.id).state == "done"
    mail = mailed(inbox, "The copy of your data that you asked for is ready")
    assert not any(value in mail for value in ("mina kim", "서울", "+821023456789"))
    link = re.search(r"(/my/in/[0-9a-f]{40})", mail)
    assert link is not None
    browser = Browser(world, inbox)
    assert "Sign in" in browser.http.get(link[1]).text
    assert browser.http.post(link[1]).headers["location"] == "/my/"
    assert Browser(world, inbox).http.post(link[1]).status_code == 410
    page = browser.see("/my/requests")
    assert "The answer to your request" in page
    got = browser.do("/my/download", **{"as": "json", "request": request.id})
    told = msgspec.json.decode(got.content)
    assert {"mina@example.com", "+821023456789"} <= {one["value"] for one in told["identifiers"]}
    assert "mina kim" in browser.do("/my/download", **{"as": "html", "request": request.id}).text
    looks = world.rows("select role, action from access_log where question = 'OwnCopy'")
    assert looks == [("customer", "export")] * 2
    other = Browser(world, inbox).enter("bora@example.com")
    assert "The answer to your request" not in other.see("/my/requests")
    assert other.do("/my/download", **{"as": "json", "request": request.id}).status_code == 410
    world.at += 15 * DAY
    late = Browser(world, inbox).enter()
    assert late.do("/my/download", **{"as": "json", "request": request.id}).status_code == 410


def test_where_the_mail_cannot_leave_the_request_waits_for_somebody_again(world: Sending) -> None:
    request = world.shop.requests.open("port", MINA)
    world.shop.requests.release(request.id)
    with world.shop.db.connection() as connection:
        connection.execute("update outbox set status = 'dead' where message = 'privacy-request-copy'")
    keep_up(world.shop, world.at)
    now = world.shop.requests.show(request.id)
    assert (now.state, now.lacking) == ("open", "the mail with the link did not leave")
    world.at += 1
    assert world.shop.requests.release(request.id).lacking == "the mail with the link leaves"
    erase = world.shop.requests.open("erase", "email:bora@example.com")
    with pytest.raises(Refused, match="hands nothing over"):
        world.shop.requests.release(erase.id)


def test_whoever_had_something_corrected_is_told_so_without_what_it_is(world: Sending, inbox: Inbox) -> None:
    request = world.shop.requests.open("correct", MINA, changes={"city": "부산"})
    assert world.shop.requests.resume(request.id).state == "done"
    world.send()
    mail = mailed(inbox, "요청하신 대로 개인정보를 정정했습니다")
    assert request.id[:12] in mail
    assert "부산" not in mail
