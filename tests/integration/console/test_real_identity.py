"""The pages of identity over a real workspace: looked at, decided and taken back; nothing stands in."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

import itda
from itda.console.app import console
from itda.engine import shop as shops
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

EVENTS = [
    {"type": "track", "event": "Product Viewed", "messageId": f"e{n}", "timestamp": f"2026-03-0{n}T10:00:00Z",
     "properties": {"product_id": "p"}, "context": {"traits": traits}}
    for n, traits in enumerate(
        [{"membership": "m1", "email": "minji@shop.example"}, {"membership": "m1", "phone": "010-2222-3333"},
         {"membership": "m2", "phone": "010-2222-3333"}], 1)
]  # fmt: skip
"""One customer with an address and a number; another membership at the same number, which a limit holds back."""


@contextmanager
def processed(opened: Shop) -> Iterator[None]:
    """What is written to the log meanwhile is processed beside it, as a served shop does."""
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            told, acknowledged = opened.positions()
            if told < acknowledged:
                opened.settle()
            time.sleep(0.02)

    beside = threading.Thread(target=run)
    beside.start()
    try:
        yield
    finally:
        done.set()
        beside.join()


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with itda.open(shop) as one:
        one.intake.append([Record("web", "batch", msgspec.json.encode({"batch": EVENTS}))], shops.clock())
        one.settle()
        yield one


@pytest.fixture
def admin(opened: Shop) -> Iterator[TestClient]:
    login = opened.first_login()
    assert login is not None
    with TestClient(console(opened.app, opened.staff, shops.clock), base_url="http://console.example") as client:
        client.headers["accept-language"] = "en"
        client.post("/login", data={"login": login.login, "password": login.password})
        yield client


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def sent(client: TestClient, opened: Shop, page: str, path: str, **told: str) -> str:
    """What the page says after a form was sent to a path."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(page).text)
    assert found
    with processed(opened):
        answer = client.post(path, data={"csrf": found[1], **told})
    assert answer.status_code == 200
    return words(answer.text)


def test_two_identifiers_are_parted_and_joined_again_from_their_page(admin: TestClient, opened: Shop) -> None:
    customer = opened.customer("membership:m1").id
    a, b = (one.fragment for one in opened.why("membership:m1", "email:minji@shop.example").nodes)
    page = f"/customers/{customer}/why?a={a}&b={b}"
    assert "Why these are one customer" in words(admin.get(page).text)
    apart = sent(admin, opened, page, f"/customers/{customer}/why", a=a, b=b, answer="cut", reason="her mother's")
    assert "Decided: it counts from now on." in apart
    assert "Why these are two customers" in apart
    assert ": her mother" in apart
    history = admin.get(f"/customers/{customer}/history").text
    assert "Said to be two customers" in words(history)
    decision = re.search(r'name="decision" value="([0-9a-f]+)"', history)
    assert decision
    back = sent(admin, opened, page, f"/customers/{customer}/history", decision=decision[1], reason="hers after all")
    assert "Decision taken back" in back
    assert "Why these are one customer" in words(admin.get(page).text)
    assert "Identifiers 3 today 3" in words(admin.get(f"/customers/{customer}/past?day=2026-03-02").text)
    assert "No customer yet" in words(admin.get(f"/customers/{customer}/past?day=2026-03-02&view=known").text)


def test_a_link_that_a_limit_holds_back_is_asked_about_answered_and_taken_back(admin: TestClient, opened: Shop) -> None:
    opened.review.refresh()
    page = admin.get("/identity/review").text
    assert "A limit keeps these apart. Are they one person?" in words(page)
    where = re.search(r'action="(/identity/review/[0-9a-f]{32})"', page)
    assert where
    done = sent(admin, opened, "/identity/review", where[1], answer="different", of="1")
    assert "Noted: not one customer." in done
    assert "0 left of 1" in done
    assert "Decided by admin" in words(admin.get("/identity/review?view=decided").text)
    again = sent(admin, opened, "/identity/review", "/identity/review/undo", of="1")
    assert "Taken back: asked again. A limit keeps these apart." in again


def test_a_number_is_said_to_be_shared_by_many_and_a_written_policy_is_shown(admin: TestClient, opened: Shop) -> None:
    phone = next(one.fragment for one in opened.customer("membership:m1").identifiers if one.kind == "phone")
    said = sent(admin, opened, "/identity", f"/identity/hubs/{phone}", answer="confirm", reason="the shop's own")
    assert "+82 10-2222-3333" in said or "+821022223333" in said
    assert "Confirmed: joins nobody" in said
    for kinds, told in (("email", "It would change nobody."), ("phone", "1 identifier would join nobody any more")):
        (opened.path / "identity.yaml").write_text(f"kinds: {{user_id: {{}}, membership: {{}}, {kinds}: {{}}}}\n")
        assert "No identifier any more" in words(admin.get("/identity").text)
        assert told in words(admin.get("/identity?part=moves").text)
