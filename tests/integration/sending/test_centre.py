"""The customer's own door over HTTP: one click refuses, a look changes nothing, and no link leads where we did not write."""

from __future__ import annotations

import email
import logging
import re
from email import policy
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.integration.sending.world import Sending, cart, consent, sending
from tests.mail_server import Inbox, serving

from itda.base.errors import Conflict
from itda.centre.app import centre
from itda.engine.app import App
from itda.engine.sending.seen import Seen

pytestmark = pytest.mark.server
logging.getLogger("mail.log").setLevel(logging.ERROR)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def inbox():
    made = Inbox()
    with serving(made) as port:
        made.port = port
        yield made


@pytest.fixture
def world(shop, inbox):
    with sending(shop, inbox.port) as made:
        made.person("mina", phone="010-1234-5678")
        made.tell(cart("mina"))
        made.send()
        yield made


@pytest.fixture
def door(world: Sending):
    shop = world.shop
    app = App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)
    seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, lambda: world.at)
    with TestClient(centre(app, seen), base_url="http://127.0.0.1:1", follow_redirects=False) as client:
        yield client


def mail(inbox: Inbox, index: int = -1) -> Any:
    return email.message_from_bytes(inbox.mails[index][2], policy=policy.default)


def one_click(inbox: Inbox) -> str:
    return str(mail(inbox)["List-Unsubscribe"]).strip("<>").replace("http://127.0.0.1:1", "")


def linked(inbox: Inbox, prefix: str) -> list[str]:
    page = mail(inbox).get_body(("html",)).get_content()
    return re.findall(rf'"http://127\.0\.0\.1:1(/{prefix}/[^"]+)"', page)


def standing(world: Sending) -> list[tuple[str, str]]:
    query = "select distinct purpose, status from consent_state where channel = 'email' and status <> 'unknown' order by 1, 2"
    return world.rows(query)


def test_t28_one_click_refuses_without_cookie_or_redirect_and_a_scanners_look_changes_nothing(
    world: Sending, inbox: Inbox, door: TestClient
):
    looked = door.get(one_click(inbox))
    assert looked.status_code == 200
    assert "set-cookie" not in looked.headers
    assert standing(world) == [("ad_receive", "granted")]
    assert door.head(one_click(inbox)).status_code == 200
    assert standing(world) == [("ad_receive", "granted")]
    posted = door.post(one_click(inbox), data=ONE_CLICK)
    assert posted.status_code == 200
    assert "set-cookie" not in posted.headers
    assert "수신거부 완료" in posted.text
    assert standing(world) == [("ad_receive", "withdrawn")]
    world.send()
    assert world.effects() == ["Message Sent", "Unsubscribed"]
    assert world.rows("select count(*) from consent_event where action = 'withdraw' and ground = 'consent'") == [(1,)]
    assert world.rows("select count(*) from duty where kind like '%result%' and done_at is null")[0][0] >= 0


def test_a_click_counts_once_and_again_after_a_new_consent(world: Sending, inbox: Inbox, door: TestClient):
    for _ in range(3):
        assert door.post(one_click(inbox), data=ONE_CLICK).status_code == 200
    assert world.rows("select count(*) from consent_event where action = 'withdraw' and ground = 'consent'") == [(1,)]
    world.at += 60_000_000
    world.tell(consent("mina", is_given=True))
    world.decide()
    assert standing(world) == [("ad_receive", "granted")]
    world.at += 60_000_000
    door.post(one_click(inbox), data=ONE_CLICK)
    assert standing(world) == [("ad_receive", "withdrawn")]


def test_what_waits_is_dropped_before_the_answer(world: Sending, inbox: Inbox, door: TestClient):
    world.at += 60_000_000
    world.tell(cart("mina", cart_id="second"))
    world.decide()
    assert world.statuses() == ["queued", "sent"]
    door.post(one_click(inbox), data=ONE_CLICK)
    assert world.statuses() == ["dropped", "sent"]
    world.send()
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("use", ["u", "p"])
def test_a_token_that_is_not_ours_or_for_another_use_shows_one_page_and_no_data(
    world: Sending, inbox: Inbox, door: TestClient, use: str
):
    own = one_click(inbox).removeprefix("/u/")
    for token in (own[:-1] + ("a" if own[-1] != "a" else "b"), "x", "a" * 42, own + "a"):
        for ask in (door.get, door.post):
            answer = ask(f"/{use}/{token}")
            assert answer.status_code == 404
            assert "example.com" not in answer.text
    assert door.post(f"/p/{own}").status_code == 404
    assert door.get("/u/").status_code == 404
    assert standing(world) == [("ad_receive", "granted")]


def test_who_was_erased_sees_the_same_page_without_data(world: Sending, inbox: Inbox, door: TestClient):
    with world.shop.db.connection() as connection:
        connection.execute("delete from keyring where kind = 'email'")
    known, unknown = door.get(one_click(inbox)), door.get("/u/" + "a" * 42)
    assert known.status_code == unknown.status_code == 404
    assert known.text == unknown.text
    assert door.post(one_click(inbox), data=ONE_CLICK).status_code == 404


def preferences(inbox: Inbox, door: TestClient) -> str:
    page = door.get(one_click(inbox)).text
    return re.findall(r'href="(/p/[a-z2-7]+)\?', page)[0]


def test_choices_are_shown_in_both_languages_and_kept(world: Sending, inbox: Inbox, door: TestClient):
    path = preferences(inbox, door)
    ko, en = door.get(path + "?lang=ko").text, door.get(path + "?lang=en").text
    assert '<html lang="ko">' in ko
    assert "광고성 정보 수신" in ko
    assert "2026년 11월 2일부터 동의" in ko
    assert "Agreed since November 2, 2026" in en
    assert "m•••@example.com" in en
    assert "mina@example.com" not in ko + en
    form = {"shown": ["ad_receive email", "tracking email"], "given": ["tracking email"]}
    answer = door.post(path + "?lang=en", data=form, follow_redirects=True)
    assert "Saved." in answer.text
    assert (answer.request.method, str(answer.url).partition("?")[2]) == ("GET", "lang=en&done=saved")
    acts = world.rows("select count(*) from consent_event")
    assert "Saved." in door.get(str(answer.url)).text
    assert world.rows("select count(*) from consent_event") == acts, "loaded again, nothing is done again"
    assert standing(world) == [("ad_receive", "withdrawn")]
    assert "Nothing was changed." in door.post(path + "?lang=en", data=form, follow_redirects=True).text
    world.at += 1_000_000
    door.post(path + "?lang=en", data=form | {"given": ["ad_receive email", "tracking email"]})
    assert standing(world) == [("ad_receive", "granted")]
    assert world.rows("select text_id from consent_event where action = 'grant' order by seq desc limit 1") == [
        ("ads-email@1/en",)
    ]
    world.send()
    assert world.effects() == ["Message Sent", "Consent Changed", "Consent Changed"]
    assert standing(world) == [("ad_receive", "granted")]


def test_all_advertising_is_stopped_by_one_button(world: Sending, inbox: Inbox, door: TestClient):
    door.post(preferences(inbox, door), data={"stop": "all"})
    assert standing(world) == [("ad_receive", "withdrawn")]


def test_a_form_that_names_what_is_not_there_changes_nothing(world: Sending, inbox: Inbox, door: TestClient):
    path = preferences(inbox, door)
    assert door.post(path, data={"shown": ["nonsense email", "ad_receive sms"], "given": ["x y"]}).status_code == 303
    assert door.post(path, content=b"shown=" + b"a" * 40_000).status_code == 413
    assert door.post(path, content=b"a=1&" * 500).status_code == 413
    assert standing(world) == [("ad_receive", "granted")]


def test_an_opening_and_a_click_are_told_once_and_lead_only_where_the_mail_says(
    world: Sending, inbox: Inbox, door: TestClient
):
    pixel, click = linked(inbox, "o")[0], linked(inbox, "c")[0]
    for _ in range(2):
        assert door.get(pixel).headers["content-type"] == "image/gif"
        answer = door.get(click)
        assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/cart?from=mail")
    assert door.head(pixel).status_code == 200
    assert world.effects() == ["Message Sent", "Message Opened", "Message Clicked"]
    token, proof = click.split("/")[2:4]
    evil = "aHR0cHM6Ly9ldmlsLmV4YW1wbGU"
    for path in (f"/c/{token}/{proof}/{evil}", f"/c/{token}/aaaaaaaaaaaaaaaa/{click.split('/')[4]}", f"/c/x/{proof}/y"):
        answer = door.get(path)
        assert answer.status_code == 404
        assert "location" not in answer.headers
    assert door.get("/o/nonsense.gif").status_code == 200
    assert world.effects() == ["Message Sent", "Message Opened", "Message Clicked"]


def test_who_refuses_to_be_seen_is_not_seen(world: Sending, inbox: Inbox, door: TestClient):
    pixel, click = linked(inbox, "o")[0], linked(inbox, "c")[0]
    door.post(preferences(inbox, door), data={"shown": ["tracking email"], "given": []})
    door.get(pixel)
    assert door.get(click).status_code == 302
    assert "Message Opened" not in world.effects()
    world.at += 60_000_000
    world.tell(cart("mina", cart_id="second"))
    world.send()
    assert len(inbox.mails) == 2
    assert linked(inbox, "o") == []
    assert linked(inbox, "c") == []


def test_pages_may_load_nothing_and_be_kept_by_nobody(world: Sending, inbox: Inbox, door: TestClient):
    answer = door.get(one_click(inbox))
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in answer.text
    style = re.findall(r'href="(/p/style[^"]+)"', answer.text)[0]
    assert door.get(style).headers["content-type"].startswith("text/css")


class Contended(App):
    """An app whose first transactions come second."""

    lost = 2

    def act(self, *asked: Any) -> Any:
        if self.lost:
            self.lost -= 1
            raise Conflict("another transaction was first")
        return super().act(*asked)


def test_a_refusal_that_meets_another_transaction_is_written_all_the_same(world: Sending, inbox: Inbox):
    shop = world.shop
    app = Contended(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)
    seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, lambda: world.at)
    with TestClient(centre(app, seen), base_url="http://127.0.0.1:1") as client:
        assert client.post(one_click(inbox), data=ONE_CLICK).status_code == 200
    assert world.rows("select count(*) from consent_event where action = 'withdraw'") != [(0,)]


def test_who_asks_too_often_is_told_to_wait_and_a_click_that_refuses_is_never_lost(
    world: Sending, inbox: Inbox
) -> None:
    shop, now = world.shop, [100.0]
    app = App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)
    seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, lambda: world.at)
    made = centre(app, seen, clock=lambda: now[0])
    with TestClient(made, base_url="http://127.0.0.1:1", follow_redirects=False) as door:
        answers = [door.get("/u/nobodys") for _ in range(121)]
        assert [one.status_code for one in answers] == [404] * 120 + [429]
        assert answers[-1].headers["retry-after"] == "1"
        assert "요청이 너무 많습니다" in answers[-1].text
        assert "Too many requests" in door.get("/u/nobodys?lang=en").text
        assert door.get(one_click(inbox)).status_code == 429
        assert door.post(one_click(inbox), data=ONE_CLICK).status_code == 200
        now[0] += 10.0
        tries = [door.get(one_click(inbox)).status_code for _ in range(31)]
        assert tries == [200] * 30 + [429]
        assert door.post(one_click(inbox), data=ONE_CLICK).status_code == 200
    assert world.rows("select count(*) from consent_event where action = 'withdraw' and ground = 'consent'") == [(1,)]
