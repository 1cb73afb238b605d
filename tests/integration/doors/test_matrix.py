"""Every address, question, change and command against every right to it: each needs exactly one, and holds to it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import permissions
import pytest
from starlette.testclient import TestClient

import itda as product
from itda.access.actor import BESIDE, PERMISSIONS, ROLES, STAFF_ROLES, Actor
from itda.access.declared import OPEN, WRITE_KEY
from itda.access.scopes import GRANTS
from itda.base import instant
from itda.cli.doors import application
from itda.cli.permissions import MACHINE, NEEDED
from itda.console.app import assemble
from itda.console.desk import Shopfront
from itda.console.engine_desk import EngineDesk
from itda.engine.commands.keys import AddKey
from itda.engine.shop import Shop, clock
from itda.engine.staff import Session, Staff
from itda.store.ports import Record
from itda.store.vault import Vault

pytestmark = pytest.mark.server

WAYS = permissions.ways()
CONSOLE = [
    way for way in WAYS if way.door == "console" and way.permission != OPEN and not way.path.startswith("/live/")
]
MACHINES = [way for way in WAYS if way.door == "machines" and way.permission != OPEN]
CUSTOMER = "c" + "a" * 26
WHERE = {
    "{customer}": CUSTOMER, "{task}": "0f" * 16, "{identifier}": "0f" * 16, "{segment}": "none", "{journey}": "none",
    "{message}": "0f" * 16, "{name}": "none", "{language}": "ko", "{metric}": "orders", "{position:int}": "1",
    "{approval}": "0f" * 16, "{login}": "nobody", "{session}": "0f" * 8,
    "{glass}": "0f" * 16,
}  # fmt: skip
FORM = {
    "answer": "undo", "reason": "a test", "became": "sent", "change": "end", "q": "nobody", "decision": "0f" * 16,
    "a": "0f" * 16, "b": "0e" * 16, "old": "x", "new": "x", "proof": "x", "code": "x",
    "finding": "x",
}  # fmt: skip
CARD, MAIL = {"kind": "membership", "value": "1"}, {"kind": "email", "value": "nobody@mail.kr"}
BODIES = {
    "/v1/profiles/why": {"a": CARD, "b": MAIL}, "/v1/review/undo": {"task": "0f" * 16, "reason": "a test"},
    "/v1/review/{task}": {"answer": "same", "reason": "a test"},
    "/v1/consents": {"acts": [{"identifiers": {"email": "nobody@mail.kr"}, "action": "withdraw", "channel": "email"}]},
    **{f"/v1/identity/{act}": {"a": CARD, "b": MAIL, "reason": "a test"} for act in ("join", "cut", "undo")},
}  # fmt: skip


def at(path: str) -> str:
    for part, value in WHERE.items():
        path = path.replace(part, value)
    return path


def test_every_address_every_question_and_every_command_needs_exactly_one_permission() -> None:
    known = {*PERMISSIONS, OPEN, WRITE_KEY}
    assert [way for way in WAYS if way.permission not in known] == []
    assert [one for one in permissions.asked() if one.permission not in PERMISSIONS] == []
    assert len(WAYS) > 100
    assert len(permissions.asked()) > 80


def test_every_command_has_its_line_and_no_line_is_of_a_command_that_is_gone() -> None:
    assert set(permissions.typed()) == set(NEEDED)
    assert set(NEEDED.values()) <= {*PERMISSIONS, MACHINE}


def test_every_permission_is_needed_somewhere_or_says_how_much_is_told() -> None:
    needed = {one.permission for one in (*WAYS, *permissions.asked())} | set(NEEDED.values())
    assert set(PERMISSIONS) - needed == TELLING


TELLING = {"customer.personal", "identity.reasons"}


class Door:
    """Lets in whoever is said to stand before it; everything else is the staff's own door."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self.granted: frozenset[str] | None = frozenset()

    def who(self, token: str, address: str) -> Session | None:
        if self.granted is None:
            return self._staff.who(token, address)
        actor = Actor(name="somebody", role="viewer", session=token, system="console", granted=self.granted)
        return Session(token=token, actor=actor, csrf="csrf", proved_at=clock())

    def forbid(self, actor: Actor, page: str) -> None:
        """Nothing: what is refused is counted by the test of the pages."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._staff, name)


@pytest.fixture
def opened(shop) -> Iterator[Shop]:
    with product.open(shop) as one:
        yield one


def status(client: TestClient, way: permissions.Way) -> int:
    form = FORM | {"csrf": "csrf"} if way.method == "POST" else None
    return client.request(way.method, at(way.path), data=form).status_code


def test_a_page_opens_by_the_one_permission_it_declares(opened: Shop, schemas) -> None:
    door = Door(opened.staff)
    front = Shopfront(name="Shop", zone="Asia/Seoul", currency="KRW")
    app = assemble(EngineDesk(opened.app), door, lambda: front, clock)
    with TestClient(app, follow_redirects=False, base_url="http://console.example") as client:
        client.cookies.set("itda_session", "x")
        for way in CONSOLE:
            permission = way.permission or ""
            door.granted = frozenset({permission}) | BESIDE.get(permission, frozenset())
            assert status(client, way) not in {403, 500}, way
        other = schemas.take()
        try:
            foreign = Staff(other, opened.vault, clock)
            foreign.hire("kim", "correct horse battery", "admin", opened.actor)
            door.granted = None
            client.cookies.clear()
            client.cookies.set("itda_session", foreign.enter("kim", "correct horse battery"))
            assert {status(client, way) for way in CONSOLE} == {303}
        finally:
            schemas.give_back(other)


def test_a_key_opens_what_its_scope_grants_and_nothing_else(opened: Shop) -> None:
    def told(key: str, client: TestClient) -> dict[tuple[str, str], int]:
        bearer = {"authorization": f"Bearer {key}"}
        return {
            (way.method, way.path): client.request(
                way.method,
                at(way.path),
                json=BODIES.get(way.path, MAIL) if way.method == "POST" else None,
                headers=bearer,
            ).status_code
            for way in MACHINES
        }

    client = TestClient(application(opened), base_url="http://doors")
    for scope, permission in GRANTS.items():
        made = opened.act(AddKey("one", (scope,), 10**12), "a test")
        found = told(made.key, client)
        assert max(found.values()) < 500
        inside = {key for key, status in found.items() if status != 403}
        assert inside == {(way.method, way.path) for way in MACHINES if way.permission == permission}, scope
    for stranger in ("ik_00000000_" + "a" * 32, Vault(bytes([7]) * 32).write_key("web"), opened.keys()["web"], ""):
        first = TestClient(application(opened), base_url="http://doors")
        assert 401 in set(told(stranger, first).values()) <= {401, 429}


PERSONAL = ("minji.kim", "1098765431", "9876-5431", "김민지")
TOLD = [
    {"type": "identify", "messageId": "m1", "userId": "u1", "context": {"traits": {"membership": "m1"}},
     "traits": {"email": "minji.kim@mail.kr", "phone": "010-9876-5431", "name": "김민지", "tier": "VIP"}},
    {"type": "track", "messageId": "m2", "userId": "u1", "event": "Order Completed",
     "properties": {"order_id": "o1", "revenue": 1000, "currency": "KRW", "email": "minji.kim@mail.kr"}},
]  # fmt: skip


def test_who_may_see_everything_but_personal_values_is_told_none_by_any_page_or_key(opened: Shop) -> None:
    opened.intake.append([Record("web", "batch", msgspec.json.encode({"batch": TOLD}))], clock())
    opened.settle()
    view = opened.customer("membership:m1")
    customer, today = view.id, instant.text(clock())[:10]
    one, other = (identifier.fragment for identifier in view.identifiers[:2])
    door = Door(opened.staff)
    front = Shopfront(name="Shop", zone="Asia/Seoul", currency="KRW")
    app = assemble(EngineDesk(opened.app), door, lambda: front, clock)
    with TestClient(app, base_url="http://console.example") as client:
        client.cookies.set("itda_session", "x")

        def told() -> dict[str, str]:
            pages = [way.path for way in CONSOLE if way.method == "GET"]
            found = {path: client.get(at(path).replace(CUSTOMER, customer)).text for path in pages}
            found["search"] = client.post("/customers/search", data={"csrf": "csrf", "q": "minji.kim@mail.kr"}).text
            return found

        door.granted = frozenset(PERMISSIONS)
        whole = [path for path, text in told().items() if "minji.kim@mail.kr" in text]
        assert {"/customers/{customer}", "search"} <= set(whole)
        door.granted -= {"customer.personal", "identity.reasons"}
        masked = told()
        masked["search"] = masked["search"].replace(
            'value="minji.kim@mail.kr"', ""
        )  # what was typed stays in its field
        assert [(path, word) for path, text in masked.items() for word in PERSONAL if word in text] == []
        assert "m•••@mail.kr" in masked["/customers/{customer}"]
        ours = [way for way in CONSOLE if way.path.startswith("/customers/{customer}") and way.method == "GET"]
        for role in STAFF_ROLES:
            door.granted = ROLES[role]
            for way in ours:
                query = f"?day={today}" if way.path.endswith("past") else f"?a={one}&b={other}"
                status_of = client.get(at(way.path).replace(CUSTOMER, customer) + query).status_code
                assert (status_of == 200) == (way.permission in ROLES[role]), (role, way)
    every = tuple(scope for scope in GRANTS if scope != "personal")
    made = opened.act(AddKey("one", every, 10**12), "a test")
    machine = TestClient(application(opened), base_url="http://doors", headers={"authorization": f"Bearer {made.key}"})
    for way in MACHINES:
        body = BODIES.get(way.path, {"kind": "email", "value": "minji.kim@mail.kr"})
        sent = {"json": body} if way.method == "POST" else {}
        text = machine.request(way.method, at(way.path).replace(CUSTOMER, customer), **sent).text
        assert [(way.path, word) for word in PERSONAL if word in text] == []
