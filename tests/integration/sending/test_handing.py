"""The answer to a request reaches whoever made it: a mail with a link, and behind it what one of us released."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email import policy
from pathlib import Path

import msgspec
import pytest
from tests.integration.sending.test_messages import act, dsn
from tests.integration.sending.test_visit import Browser
from tests.integration.sending.world import Sending, cart, sending
from tests.mail_server import Inbox, serving

from itda.base.errors import Refused
from itda.base.instant import DAY
from itda.engine import duties
from itda.engine.commands.callbacks import ReadCallbacks
from itda.engine.requests.carrying import HandOver
from itda.engine.requests.upkeep import keep_up
from itda.sources.definition import SourceDef

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


def sender_of_the_copy(inbox: Inbox) -> str:
    """The envelope's sender of the one mail with a link to a copy; a reminder of a cart may come before it or after."""
    (sender,) = [sender for sender, _, body in inbox.mails if "/my/in/" in text_of(body)]
    return sender


def text_of(body: bytes) -> str:
    read = email.message_from_bytes(body, policy=policy.default)
    return str(read.get_body(("plain",)).get_content())


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


def test_a_copy_whose_mail_comes_back_was_not_handed_over_and_is_owed_again(world: Sending, inbox: Inbox) -> None:
    request = world.shop.requests.open("access", MINA)
    world.shop.requests.release(request.id)
    world.send()
    keep_up(world.shop, world.at)
    assert world.shop.requests.show(request.id).state == "done"
    act(world, ReadCallbacks((dsn(sender_of_the_copy(inbox), "5.1.1"),)))
    keep_up(world.shop, world.at)
    now = world.shop.requests.show(request.id)
    assert (now.state, now.step, now.lacking) == ("open", "released", "the mail with the link came back")
    assert (now.finished_at, now.certificate) == (None, None)
    with world.shop.db.connection() as connection:
        (owed,) = duties.open_ones(connection, "request")
    assert (owed.about, owed.due_at, owed.lacking) == (request.id, request.due_at, now.lacking)
    world.shop.act(HandOver(request.id), "by post")
    assert world.shop.requests.show(request.id).state == "done"
    with world.shop.db.connection() as connection:
        assert duties.open_ones(connection, "request") == []


def test_a_copy_that_was_handed_over_by_hand_stays_so_though_the_mail_comes_back(world: Sending, inbox: Inbox) -> None:
    request = world.shop.requests.open("access", MINA)
    world.shop.requests.release(request.id)
    world.send()
    world.shop.act(HandOver(request.id), "at the desk")
    act(world, ReadCallbacks((dsn(sender_of_the_copy(inbox), "5.1.1"),)))
    assert world.shop.requests.show(request.id).state == "done"


def test_whoever_had_something_corrected_is_told_so_without_what_it_is(world: Sending, inbox: Inbox) -> None:
    request = world.shop.requests.open("correct", MINA, changes={"city": "부산"})
    assert world.shop.requests.resume(request.id).state == "done"
    world.send()
    mail = mailed(inbox, "요청하신 대로 개인정보를 정정했습니다")
    assert request.id[:12] in mail
    assert "부산" not in mail


def test_of_whom_nothing_is_held_a_mail_says_so_by_itself(world: Sending, inbox: Inbox) -> None:
    request = world.shop.requests.open("access", "email:jiwoo@example.com")
    keep_up(world.shop, world.at)
    assert world.shop.requests.show(request.id).state == "done"
    keep_up(world.shop, world.at)
    told = mailed(inbox, "적어 주신 연락처로 보관하고 있는 개인정보가 없습니다")
    assert request.id[:12] in told
    keep_up(world.shop, world.at + DAY)
    assert len(inbox.mails) == 1


def test_a_copy_goes_to_no_address_that_a_stranger_tied_to_the_account(world: Sending, inbox: Inbox) -> None:
    known = world.shop.workspace
    pages = SourceDef(name="pages", kind="tracking", channel="web", order_scope="pages")
    world.shop.workspace = msgspec.structs.replace(known, sources={**known.sources, "pages": pages})
    world.shop.app.workspace = world.shop.workspace
    world.at += DAY
    for who, address in (("mina", "stranger@mail.example"), ("dana", "dana@mail.example")):
        theirs = {"identifiers": {"email": address}}
        world.tell({"type": "track", "event": "Page Viewed", "userId": who, **theirs}, source="pages")
        world.tell({"type": "track", "event": "Page Viewed", **theirs}, source="pages")
    world.process()
    for kind, who in (("access", MINA), ("port", "user_id:mina")):
        world.shop.requests.release(world.shop.requests.open(kind, who).id)  # type: ignore[arg-type]
    world.send()
    links = [to for _, to, body in inbox.mails if "/my/in/" in text_of(body)]
    assert links == [["mina@example.com"]] * 2, "not the one that was used last"
    nobodys = world.shop.requests.open("access", "user_id:dana")
    with pytest.raises(Refused, match="no e-mail address of theirs is known"):
        world.shop.requests.release(nobodys.id)
