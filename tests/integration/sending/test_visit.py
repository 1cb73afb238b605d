"""The privacy centre over HTTP: who proves an address sees and changes what is theirs, and nobody else's."""

from __future__ import annotations

import email
import itertools
import logging
import re
from collections.abc import Iterator
from email import policy
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from tests.integration.deciding.world import event
from tests.integration.sending.world import Sending, cart, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import MINUTE
from itda.centre.app import centre
from itda.engine.app import App
from itda.engine.commands.mine import MOST_CORRECTIONS
from itda.engine.requests.upkeep import keep_up
from itda.engine.sending.seen import Seen

pytestmark = pytest.mark.server
logging.getLogger("mail.log").setLevel(logging.ERROR)
HOST = "http://127.0.0.1:1"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    with serving(inbox) as port, sending(shop, port) as made:
        made.person("mina", phone="010-2345-6789", city="서울")
        made.tell(cart("mina"))
        made.send()
        yield made


class Browser:
    """A customer's browser: it keeps cookies, follows nothing by itself and runs no script."""

    def __init__(self, world: Sending, inbox: Inbox, ticks: Iterator[float] | None = None) -> None:
        shop = world.shop
        app = App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)
        seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, lambda: world.at)
        pace = ticks or itertools.count(0.0, 60.0)
        self.http = TestClient(centre(app, seen, clock=lambda: next(pace)), base_url=HOST, follow_redirects=False)
        self.world, self.inbox = world, inbox
        self.http.headers["accept-language"] = "en"

    def ask(self, address: str) -> httpx.Response:
        return self.http.post("/my/ask", data={"address": address})

    def mail(self) -> str:
        self.world.send()
        found = email.message_from_bytes(self.inbox.mails[-1][2], policy=policy.default)
        return str(found.get_body(("plain",)).get_content())

    def code(self) -> str:
        found = re.search(r"\b(\d{6})\b", self.mail())
        assert found is not None
        return found[1]

    def link(self) -> str:
        found = re.search(r"(/my/in/[0-9a-f]{40})", self.mail())
        assert found is not None
        return found[1]

    def enter(self, address: str = "mina@example.com") -> Browser:
        assert self.ask(address).headers["location"] == "/my/code"
        assert self.http.post("/my/code", data={"code": self.code()}).headers["location"] == "/my/"
        return self

    def see(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def do(self, path: str, **fields: Any) -> httpx.Response:
        token = re.search(r'name="csrf" value="([^"]+)"', self.see("/my/choices"))
        assert token is not None
        self.world.at += 1_000_000
        answer = self.http.post(path, data={"csrf": token[1], **fields})
        on = answer.headers.get("location", "")
        return self.http.get(on) if on.startswith(f"{path}?") else answer


@pytest.fixture
def browser(world: Sending, inbox: Inbox) -> Browser:
    return Browser(world, inbox)


def test_a_code_lets_in_once_and_only_in_the_browser_that_asked(world: Sending, inbox: Inbox, browser: Browser) -> None:
    browser.ask("Mina@Example.com")
    code = browser.code()
    assert Browser(world, inbox).http.post("/my/code", data={"code": code}).status_code == 422
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert browser.http.post("/my/code", data={"code": wrong}).status_code == 422
    let_in = browser.http.post("/my/code", data={"code": f"{code[:3]} {code[3:]}"})
    assert let_in.status_code == 303
    kept = next(one for one in let_in.headers.get_list("set-cookie") if one.startswith("itda-my="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(kept.split("; ")[1:])
    assert "Domain" not in kept
    assert "mina@example.com" in browser.see("/my/known")
    assert browser.http.post("/my/code", data={"code": code}).status_code == 422, "it is good once"


def test_a_link_that_is_only_looked_at_lets_nobody_in_and_pressed_it_does_once(browser: Browser) -> None:
    browser.ask("mina@example.com")
    link = browser.link()
    browser.http.cookies.clear()
    assert browser.http.get(link).status_code == 200
    assert browser.http.head(link).status_code == 200
    assert "Sign in" in browser.see("/my/in/" + "0" * 40), "an unknown link looks the same until it is pressed"
    assert browser.http.post(link).status_code == 303
    assert "mina kim" in browser.see("/my/")
    browser.http.cookies.clear()
    assert browser.http.post(link).status_code == 410


def test_codes_end_after_ten_minutes_and_five_tries_and_visits_after_half_an_hour(
    world: Sending, browser: Browser
) -> None:
    browser.ask("mina@example.com")
    code = browser.code()
    world.at += 10 * MINUTE
    assert browser.http.post("/my/code", data={"code": code}).status_code == 422
    browser.ask("mina@example.com")
    code = browser.code()
    for _ in range(5):
        browser.http.post("/my/code", data={"code": "x"})
    assert browser.http.post("/my/code", data={"code": code}).status_code == 422
    browser.enter()
    world.at += 29 * MINUTE
    browser.see("/my/known")
    world.at += 29 * MINUTE
    browser.see("/my/known")
    world.at += 30 * MINUTE
    assert browser.http.get("/my/known").status_code == 401


def test_nobody_learns_whether_an_address_is_known(world: Sending, inbox: Inbox, browser: Browser) -> None:
    known = browser.ask("mina@example.com")
    unknown = Browser(world, inbox).ask("nobody@example.com")
    assert (known.status_code, known.headers["location"], known.text) == (
        unknown.status_code, unknown.headers["location"], unknown.text,
    )  # fmt: skip
    assert [len(one) for one in known.headers.get_list("set-cookie")] == [
        len(one) for one in unknown.headers.get_list("set-cookie")
    ]
    assert world.rows("select count(*), count(fragment) from centre_proof") == [(2, 1)]
    before = len(inbox.mails)
    world.send()
    assert len(inbox.mails) == before + 1
    written = world.rows("select payload::text, reason, actor from audit_event where command = 'AskForCode'")
    assert "example.com" not in str(written)


def test_an_address_is_sent_few_codes_whoever_asks(world: Sending, inbox: Inbox) -> None:
    browser = Browser(world, inbox, itertools.count(0.0, 0.001))
    spellings = ["mina@example.com", "MINA@example.com", "\uff4dina@example.com", "mailto:mina@example.com"]
    answers = [browser.ask(one).status_code for one in (*spellings, "mina@example.com", "m\uff49na@example.com")]
    assert answers == [303, 303, 303, 303, 429, 429]


def test_what_is_theirs_is_seen_with_where_it_came_from_and_why_a_message_came(
    world: Sending, browser: Browser
) -> None:
    world.tell(event("Order Ready For Pickup", "mina", order_id="O-7"))
    world.send()
    browser.enter()
    known = browser.see("/my/known")
    assert all(part in known for part in ("mina kim", "서울", "+821023456789", "mina@example.com"))
    messages = browser.see("/my/messages")
    assert "It could be sent because you agreed to “Receive advertising”." in messages
    assert "It is part of carrying out your order or contract." in messages
    assert "Viewed the cart" in browser.see("/my/events")
    looks = world.rows("select distinct question, role, system from access_log where role = 'customer' order by 1")
    assert ("WhatIsKnown", "customer", "centre") in looks


def test_a_choice_a_pace_and_a_pause_are_acts_with_the_words_that_were_shown(world: Sending, browser: Browser) -> None:
    browser.enter()
    shown = re.findall(r'name="shown" value="([^"]+)"', browser.see("/my/choices"))
    saved = browser.do("/my/choices", shown=shown, given=[], pace="1-in-30")
    assert "Saved. It is in effect now." in saved.text
    browser.do("/my/choices", pause="profiling", to="pause")
    acts = world.rows(
        "select purpose, action, text_id from consent_event where source = 'email:preferences' order by seq"
    )
    assert ("pace", "grant", "pace-1-in-30@1/en") in acts
    assert ("profiling", "refuse", "pause-profiling@1/en") in acts
    assert ("ad_receive", "withdraw", "") in acts
    page = browser.see("/my/choices")
    assert "At most one advertisement in 30 days, on all channels together." in page
    assert "It is paused now." in page
    browser.do("/my/choices", pause="profiling", to="resume")
    assert "It is paused now." not in browser.see("/my/choices")
    assert "Pause the use of your location" in page
    browser.do("/my/choices", pause="location", to="pause")
    assert ("pause-location@1/en",) in world.rows("select text_id from consent_event where action = 'refuse'")
    assert "Collect and use where I am again" in browser.see("/my/choices")
    assert world.rows("select count(*) from duty where purpose in ('pace', 'profiling')") == [(0,)]
    states = world.rows("select purpose, status, text_id from consent_state order by 1, 2, 3")
    world.decide()
    assert world.rows("select purpose, status, text_id from consent_state order by 1, 2, 3") == states
    assert world.shop.replay(verify=True).ok


def test_a_form_that_is_none_of_ours_is_refused_in_words_and_what_it_said_is_put_nowhere(
    world: Sending, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.enter()
    for said in ({"pace": "hello-kim"}, {"pause": "hello-kim", "to": "pause"}):
        answer = browser.do("/my/choices", **said)
        assert answer.status_code == 400
        assert "Nothing was changed." in answer.text
        assert "hello-kim" not in answer.text + caplog.text


def test_ones_own_pace_holds_an_advertisement_that_the_brand_would_send(world: Sending, browser: Browser) -> None:
    browser.enter()
    browser.do("/my/choices", pace="1-in-7")
    world.at += 20 * MINUTE
    world.tell(cart("mina", cart_id="second"))
    world.send()
    assert world.outbox().count(("cart", "sent")) == 1
    assert "OWN_PACE" in world.rows("select reasons from outbox where message = 'cart' and status = 'dropped'")[0][0]
    assert "more than you chose" in browser.see("/my/messages")


def test_everything_is_downloaded_and_a_correction_and_a_deletion_are_requests_with_a_day(
    world: Sending, browser: Browser
) -> None:
    browser.enter()
    machine = browser.do("/my/download", **{"as": "json"})
    assert machine.headers["content-disposition"].startswith("attachment")
    assert machine.json()["known"]["name"] == "mina kim"
    assert any(one["name"] == "Cart Viewed" for one in machine.json()["events"])
    assert "mina kim" in browser.do("/my/download", **{"as": "html"}).text
    receipt = browser.do("/my/download", **{"as": "receipt"}).json()
    assert "mina@example.com" in str(receipt)
    assert "taken" in browser.do("/my/requests", kind="correct", what="city", right="부산").text
    assert "taken" in browser.do("/my/requests", kind="correct", what="city", right="부산").text, "it is open already"
    assert browser.do("/my/requests", kind="correct", what="email", right="jun@example.com").status_code == 409
    assert 'value="email"' not in browser.see("/my/requests")
    unread = browser.do("/my/delete", step="sure")
    assert (unread.status_code, "Really delete?" in unread.text) == (422, False)
    assert "Really delete?" in browser.do("/my/delete", step="sure", understood="yes").text
    assert world.rows("select kind from request order by opened_at") == [("correct",)]
    assert "From now on your data is not used." in browser.do("/my/delete", step="delete").text
    assert world.rows("select kind, via, state from request order by opened_at") == [
        ("correct", "centre", "open"), ("erase", "centre", "open"),
    ]  # fmt: skip
    assert "In progress, answered by" in browser.see("/my/requests")


def test_corrections_of_one_person_that_are_open_at_a_time_are_bounded(world: Sending, browser: Browser) -> None:
    browser.enter()
    codes = [
        browser.do("/my/requests", kind="correct", what="city", right=f"부산 {number}").status_code
        for number in range(MOST_CORRECTIONS + 1)
    ]
    assert codes == [200] * MOST_CORRECTIONS + [409]
    assert world.rows("select count(*) from request where kind = 'correct'") == [(MOST_CORRECTIONS,)]


def test_of_joined_people_only_what_is_ones_own_is_shown_until_the_other_address_is_proven(
    world: Sending, inbox: Inbox, browser: Browser
) -> None:
    """A tablet of the household was used by both: they are one customer, and two people."""
    told = {"type": "identify", "anonymousId": "tablet-1"}
    world.tell(
        {**told, "traits": {"email": "jun@example.com", "city": "부산"}},
        {**told, "userId": "mina", "traits": {"email": "mina@example.com"}},
    )
    world.decide()
    assert world.rows("select count(distinct customer) from identifier where kind = 'email'") == [(1,)]
    page = browser.enter("mina@example.com").see("/my/known")
    assert "부산" not in page
    assert "jun@example.com" not in page
    assert "j•••@example.com" in page
    assert browser.do("/my/prove", address="jun@example.com").headers["location"] == "/my/code"
    assert browser.http.post("/my/code", data={"code": browser.code()}).status_code == 303
    opened = browser.see("/my/known")
    assert "부산" in opened
    assert "jun@example.com" in opened
    assert "Some of it is hidden" not in opened


def test_of_joined_people_who_deletes_themselves_takes_nothing_from_the_other(
    world: Sending, inbox: Inbox, browser: Browser
) -> None:
    told = {"type": "identify", "anonymousId": "tablet-1"}
    world.tell(
        {**told, "traits": {"email": "jun@example.com", "city": "부산"}},
        {**told, "userId": "mina", "traits": {"email": "mina@example.com"}},
    )
    world.decide()
    browser.enter("mina@example.com").do("/my/delete", step="delete")
    (own,) = world.rows("select subject from request")[0]
    assert world.shop.vault.fragment("email", "jun@example.com") not in [bytes(one) for one in own]
    for _ in range(6):
        world.at += MINUTE
        keep_up(world.shop, world.at)
        world.decide()
    assert world.rows("select kind, state from request") == [("erase", "done")]
    assert browser.http.get("/my/known").status_code == 401
    last = email.message_from_bytes(inbox.mails[-1][2], policy=policy.default)
    said = " ".join(str(last.get_body(("plain",)).get_content()).split())
    assert "법이 보관하도록 정한 기록(거래, 불만과 분쟁)이 있으면" in said
    other = Browser(world, inbox)
    other.enter("jun@example.com")
    assert "부산" in other.see("/my/known")
    world.at += MINUTE
    assert other.ask("mina@example.com").status_code == 303
    assert world.rows("select fragment from centre_proof order by asked_at desc limit 1") == [(None,)]


def test_forms_of_others_are_refused_and_no_page_may_be_kept_or_framed(world: Sending, browser: Browser) -> None:
    browser.enter()
    assert browser.http.post("/my/delete", data={"step": "delete"}).status_code == 403
    assert browser.http.post("/my/out", data={"csrf": "x"}).status_code == 403
    foreign = {"sec-fetch-site": "cross-site"}
    assert browser.http.post("/my/ask", data={"address": "a@b.kr"}, headers=foreign).status_code == 403
    assert world.rows("select count(*) from request") == [(0,)]
    answer = browser.http.get("/my/known")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    browser.do("/my/out")
    assert browser.http.get("/my/known").status_code == 401
    assert "Privacy centre" in browser.see("/my/")


def test_what_was_done_is_told_on_a_page_that_may_be_loaded_again(world: Sending, browser: Browser) -> None:
    browser.enter()
    acts = "select count(*) from consent_event"
    for path, fields, said in (
        ("/my/choices", {"pace": "1-in-7"}, "Saved. It is in effect now."),
        ("/my/choices", {"pace": "1-in-7"}, "Nothing was changed."),
        ("/my/requests", {"kind": "correct", "what": "city", "right": "부산"}, "Your request was taken"),
        ("/my/requests", {"kind": "stop"}, "From now on your data is not used."),
    ):
        answer = browser.do(path, **fields)
        assert answer.request.method == "GET"
        assert said in answer.text
        before = world.rows(acts)
        assert said in browser.see(str(answer.url)), "it says so again, and does nothing"
        assert world.rows(acts) == before
    assert world.rows("select count(*) from request") == [(2,)]
    assert "Your request was taken" not in browser.see("/my/requests?taken=" + "0" * 32)


def test_what_takes_a_form_leads_to_the_beginning_when_it_is_looked_at_in_another_language(browser: Browser) -> None:
    for path in ("/my/ask", "/my/out"):
        answer = browser.http.get(f"{path}?lang=ko")
        assert (answer.status_code, answer.headers["location"]) == (303, "/my/")
        assert "이메일 주소" in browser.see("/my/")
        browser.http.cookies.clear()


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(browser: Browser) -> None:
    typed = browser.ask("mina at example")
    assert typed.status_code == 422
    assert re.search(
        r'<input[^>]*value="mina at example"[^>]*aria-describedby="address-wrong"[^>]*autofocus', typed.text
    )
    browser.enter()
    blank = browser.do("/my/requests", kind="correct", what="city", right="  ")
    assert blank.status_code == 422
    assert re.search(r'<input id="right"[^>]*aria-invalid="true" aria-describedby="right-wrong" autofocus', blank.text)
    assert '<option value="city" selected>' in blank.text
    other = browser.do("/my/prove", address="jun")
    assert (other.status_code, 'value="jun"' in other.text) == (422, True)


def test_who_wants_to_delete_reads_each_kind_of_record_that_a_law_keeps(world: Sending, browser: Browser) -> None:
    browser.enter()
    page = browser.see("/my/delete")
    assert "Complaints and disputes" not in page
    assert "Orders and payments" not in page
    world.tell(event("Order Completed", "mina", order_id="O-7"), event("Complaint Received", "mina", ticket="T-1"))
    world.decide()
    page = browser.see("/my/delete")
    assert re.search(r"Orders and payments: until \w+ \d+, 2031 .*: five years", page)
    assert re.search(r"Complaints and disputes: until \w+ \d+, 2029 .*: three years", page)
    assert "불만과 분쟁 처리 기록: 2029년" in browser.see("/my/delete?lang=ko")


def test_words_are_marked_with_the_language_they_were_shown_in(browser: Browser) -> None:
    page = browser.enter().see("/my/choices")
    assert re.search(r'Words that were shown: <span lang="ko">[^<]*[가-힣]', page)


def test_the_file_for_reading_holds_values_however_long_and_who_processes_them(
    world: Sending, browser: Browser
) -> None:
    world.tell(event("Product Viewed", "mina", product_id="P-1", brand="가" * 400))
    world.decide()
    browser.enter()
    assert "가" * 400 not in browser.see("/my/events")
    browser.do("/my/requests", kind="correct", what="city", right="부산")
    read = browser.do("/my/download", **{"as": "html"}).text
    assert "가" * 400 in read
    assert "Who processes it with us" in read
    assert "In progress, answered by" in read
    assert "@media print" in read


def test_a_form_that_comes_after_the_visit_is_said_not_to_be_carried_out(world: Sending, browser: Browser) -> None:
    browser.enter()
    token = re.search(r'name="csrf" value="([^"]+)"', browser.see("/my/choices"))
    assert token is not None
    form = {"csrf": token[1], "pace": "1-in-7"}
    world.at += 31 * MINUTE
    late = browser.http.post("/my/choices", data=form)
    assert late.status_code == 401
    assert "What you sent just now was not carried out." in late.text
    assert world.rows("select count(*) from consent_event where purpose = 'pace'") == [(0,)]
    looked = browser.http.get("/my/choices")
    assert "What you sent just now" not in looked.text
    assert "30 minutes passed without use, you signed out on another page, or your data was deleted" in looked.text
    browser.enter()
    stale = browser.http.post("/my/choices", data=form)
    assert (stale.status_code, "you signed in anew since" in stale.text) == (403, True)


def test_who_deleted_themselves_is_told_what_comes_next_and_not_sent_to_a_page_that_ends(browser: Browser) -> None:
    done = browser.enter().do("/my/delete", step="delete").text
    assert "You get a mail once it is deleted." in done
    assert 'class="button main" href="/my/requests"' not in done
