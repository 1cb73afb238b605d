"""The console over a real workspace: login, overview, search, customer, quality, quarantine; nothing stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient
from tests.fixtures_shop import place

import itda
from itda.access.actor import Actor
from itda.base.instant import DAY
from itda.console import acts
from itda.console.app import Showing, console
from itda.engine import setting_up, trail
from itda.engine import shop as shops
from itda.engine.auditing import reviewing
from itda.engine.shop import Shop
from itda.engine.staff import Login
from itda.store import migrate
from itda.store.ports import Record

pytestmark = pytest.mark.server

SEATS = """
event: Seat Taken
schema:
  type: object
  required: [row]
  properties:
    row: {type: integer, minimum: LEAST, class: plain}
"""
MINJI = {"membership": "m1", "email": "minji@shop.example", "name": "김민지"}
HISTORY = [
    {"type": "identify", "messageId": "i1", "userId": "u1", "traits": MINJI},
    {"type": "page", "messageId": "p1", "anonymousId": "a1", "name": "Home", "properties": {"path": "/"}},
    {"type": "track", "messageId": "t1", "userId": "u1", "anonymousId": "a1", "event": "Order Completed",
     "properties": {"order_id": "o1", "total": 32000, "revenue": 32000, "currency": "KRW"}},
    {"type": "track", "messageId": "t1", "userId": "u1", "event": "Order Completed", "properties": {"order_id": "o1"}},
    {"type": "track", "messageId": "s1", "userId": "u1", "event": "Seat Taken", "properties": {"row": 1}},
]  # fmt: skip
"""Three events of one customer, one of them twice, and one that the contract refuses."""


def write_contract(shop: Path, least: int) -> None:
    (shop / "contracts" / "seat_taken.yaml").write_text(SEATS.replace("LEAST", str(least)))


def bring(opened: Shop, *events: dict[str, object]) -> None:
    opened.intake.append([Record("web", "batch", msgspec.json.encode({"batch": events}))], shops.clock())
    opened.settle()


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Shop]:
    """The shop of this file. Only the last test changes it."""
    folder = tmp_path_factory.mktemp("console") / "shop"
    setting_up.make(folder, name="Corner Shop")
    place(folder, database_url, "test_console")
    write_contract(folder, 10)
    with itda.open(folder) as opened:
        bring(opened, *HISTORY)
        yield opened
        migrate.drop(opened.db)


def page_of(opened: Shop, login: str, password: str) -> TestClient:
    client = TestClient(
        console(opened.app, opened.staff, shops.clock), base_url="http://console.example", follow_redirects=True
    )
    client.headers["accept-language"] = "en"
    answer = client.post("/login", data={"login": login, "password": password})
    assert answer.status_code == 200
    return client


@pytest.fixture(scope="module")
def first(lively: Shop) -> Login:
    """What the first start of a shop tells its administrator."""
    login = lively.first_login()
    assert login is not None
    return login


@pytest.fixture(scope="module")
def admin(lively: Shop, first: Login) -> Iterator[TestClient]:
    with page_of(lively, first.login, first.password) as client:
        yield client


def token(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found
    return found[1]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def find(client: TestClient, text: str) -> str:
    answer = client.post("/customers/search", data={"q": text, "csrf": token(client.get("/").text)})
    assert answer.status_code == 200
    return answer.text


def test_a_wrong_password_does_not_open_the_door(lively, first):
    with TestClient(console(lively.app, lively.staff, shops.clock), base_url="http://console.example") as client:
        client.headers["accept-language"] = "en"
        told = client.post("/login", data={"login": first.login, "password": "wrong"})
        assert "do not fit" in told.text
        assert "Log in" in words(client.get("/").text)


def test_the_overview_shows_the_numbers_of_the_shop(admin, lively):
    html = admin.get("/").text
    seen = words(html)
    assert "Events 3 1 duplicates left out" in seen
    assert "Customers 1 " in seen
    assert "Orders 1 " in seen
    assert "32,000" in seen
    assert "1 refused" in seen


@pytest.mark.parametrize("text", ["minji@shop.example", "M1", "김민지"])
def test_a_customer_is_found_by_mail_by_membership_and_by_name(admin, lively, text):
    html = find(admin, text)
    assert "<h1>김민지</h1>" in html or f"/customers/{lively.customer('membership:m1').id}" in html


def test_the_page_of_a_customer_tells_identifiers_links_traits_and_timeline(admin, lively):
    customer = lively.customer("membership:m1").id
    seen = words(admin.get(f"/customers/{customer}").text)
    assert "김민지" in seen
    for value in ("minji@shop.example", "M1", "u1", "a1"):
        assert value in seen
    assert "Why these are one customer" in seen
    assert "32,000" in seen
    assert "Order completed" in seen
    missing = admin.get(f"/customers/{'0' * len(customer)}")
    assert missing.status_code == 404


def test_an_address_with_a_nul_leads_nowhere(admin):
    for path in ("/journeys/%00", "/segments/a%00b", "/customers/%00/history"):
        assert admin.get(path).status_code == 404, path


def test_a_replay_without_its_token_is_refused_and_changes_nothing(admin, lively):
    position = lively.quarantine().lines[0].position
    assert admin.post("/quarantine/replay", data={"position": str(position)}).status_code == 403
    assert lively.quarantine().lines[0].replayed_at is None


def test_what_was_applied_meanwhile_is_called_by_its_new_name_at_once(admin, lively):
    held = lively.app.workspace
    segments = [msgspec.structs.replace(held.segments[0], label_en="Called anew"), *held.segments[1:]]
    lively.app.workspace = msgspec.structs.replace(held, name="Corner Shop & Sons", segments=segments)
    try:
        assert "Corner Shop &amp; Sons" in admin.get("/").text
        assert "Called anew" in words(admin.get("/segments").text)
        assert Showing(lively.app, is_secure=False)().labels["en"][held.segments[0].name] == "Called anew"
    finally:
        lively.app.workspace = held
    assert "Sons" not in admin.get("/").text


def test_who_looked_at_whom_is_written_down(admin, lively):
    customer = lively.customer("membership:m1").id
    admin.get(f"/customers/{customer}")
    with lively.db.connection() as connection:
        who = connection.execute("select distinct actor from access_log").fetchall()
    assert "admin" in {name for (name,) in who}


def test_a_viewer_sees_the_numbers_and_no_customer(lively):
    lively.staff.hire("vera", "a long password of vera", "viewer", Actor(name="admin", role="admin", system="console"))
    with page_of(lively, "vera", "a long password of vera") as client:
        assert "Customers 1 " in words(client.get("/").text)
        answer = client.get(f"/customers/{lively.customer('membership:m1').id}")
        assert answer.status_code == 403
        assert "minji@shop.example" not in answer.text


@pytest.mark.parametrize(("language", "said"), [("ko", "고객 프로필"), ("en", "A customer")])
def test_the_audit_of_a_real_shop_says_acts_and_reasons_in_words_alone(admin, lively, language, said):
    lively.customer("membership:m1")
    page = words(admin.get("/audit", headers={"accept-language": language}).text)
    assert said in page
    machine = [name for name in acts.ACTS | acts.AT_THE_DOOR if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", name)]
    assert [name for name in machine if name in page] == []
    assert "console: " not in page


def test_a_month_that_somebody_looked_in_is_reviewed_and_signed_on_its_page(admin, lively):
    month = reviewing.last_month("Asia/Seoul", shops.clock())
    look = trail.Access(
        at=reviewing.due_at("Asia/Seoul", month) - 20 * DAY, actor=Actor(name="lee", role="agent", system="console"),
        question="Profile", fingerprint=b"", decision="allowed",
    )  # fmt: skip
    with lively.db.connection() as connection:
        trail.write_access(connection, look)
        reviewing.owe(connection, "Asia/Seoul", shops.clock())
    duties = admin.get("/duties").text
    where = re.search(r'href="(/audit/review\?month=[^"]+)"', duties)
    assert where
    page = admin.get(where[1]).text
    assert "lee" in words(page)
    form = dict(re.findall(r'name="(csrf|month|report)" value="([^"]+)"', page[page.index('action="/audit/review"') :]))
    look_again = admin.post("/audit/review", data=form | {"report": "0" * 64, "findings": "all is well"})
    assert (look_again.status_code, "another than you saw" in look_again.text) == (400, True)
    signed = admin.post("/audit/review", data=form | {"findings": "lee was asked, and it is in order"})
    assert (signed.status_code, signed.url.path) == (200, "/audit/review")
    assert "lee was asked, and it is in order" in words(signed.text)
    assert "/audit/review" not in admin.get("/duties").text


def test_a_refused_event_is_looked_at_cured_and_replayed_once(admin, lively, first):
    listed = admin.get("/quarantine").text
    assert "Seat Taken" in words(listed)
    where = re.search(r'href="(/quarantine/\d+)"', listed)
    assert where
    looked_at = admin.get(where[1]).text
    assert "Seat Taken" in words(looked_at)
    assert "s1" in words(looked_at)
    position = where[1].rpartition("/")[2]

    write_contract(lively.path, 1)
    with itda.open(lively.path) as cured, page_of(cured, first.login, first.password) as client:
        csrf = token(client.get("/quarantine").text)
        answer = client.post("/quarantine/replay", data={"csrf": csrf, "position": position})
        assert "1 event was sent" in words(answer.text)
        cured.settle()
        again = client.post("/quarantine/replay", data={"csrf": csrf, "position": position})
        assert "1 event was sent" not in words(again.text)
        cured.settle()
        assert cured.status().events.accepted == 4
        assert cured.quarantine().by_reason == {}
        assert "Events 4 " in words(client.get("/").text)
