"""Every page and action against every role: who may not is told so, and nobody sees people without the right to."""

from __future__ import annotations

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.unit.console.audit_window import FINGERPRINT, REVIEWED
from tests.unit.console.consent_window import DUTY
from tests.unit.console.engaged_views import number
from tests.unit.console.gate import CODE
from tests.unit.console.identity_views import DECISION, HUB, task_id
from tests.unit.console.request_window import ERASED
from tests.unit.console.trust_window import BROKEN, WAITING
from tests.unit.console.window import JIWOO, Gate, Window, open_window

from itda.access.actor import PERMISSIONS, STAFF_ROLES, may
from itda.access.declared import needed

OPEN_TO_ALL = {
    "/login",
    "/login/code",
    "/login/outside",
    "/login/oidc",
    "/invitation/{token}",
    "/{path:path}",
    "/favicon.ico",
}
WHERE = {
    "{customer}": JIWOO, "{segment}": "loyal", "{journey}": "rescue", "{message}": number("uncertain"),
    "{name}": "cart", "{language}": "ko", "{metric}": "orders", "{position:int}": "5001", "{topic}": "pulse",
    "{identifier}": HUB, "{task}": task_id("alike"), "{approval}": WAITING, "{duty}": DUTY, "{change}": WAITING,
    "{login}": "minji", "{session}": "1b" * 8, "{glass}": BROKEN, "{request}": ERASED, "{destination}": "partner",
}  # fmt: skip
FORMS = {
    "/customers/search": {"q": "김지우"}, "/messages/{message}/resolve": {"became": "sent"},
    "/messages/{message}/again": {}, "/quarantine/replay": {"reason": "contract"},
    "/identity/review/{task}": {"answer": "same"}, "/identity/review/undo": {}, "/journeys/go-on": {},
    "/identity/hubs/{identifier}": {"answer": "clear", "reason": "hers"},
    "/customers/{customer}/history": {"decision": DECISION, "reason": "hers"},
    "/account/password": {"old": "correct horse", "new": "another long one"}, "/account/codes/drop": {},
    "/account/sessions/{session}": {}, "/account/confirm": {"proof": "correct horse"}, "/account/codes": {"code": CODE},
    "/glass": {"reason": "recall of a faulty heater"}, "/glass/end": {},
    "/glass/reviews/{glass}": {"finding": "in order"},
    "/staff": {"login": "jisu", "role": "agent"}, "/staff/{login}": {"change": "role", "role": "analyst"},
    "/audit/review": {"month": REVIEWED, "report": FINGERPRINT, "findings": "nothing that stands out"},
    "/duties/{duty}": {"proof": "told by phone"}, "/consents": {"kind": "phone", "value": "010-8264-5937"},
    "/consents/record": {"kind": "phone", "value": "010-8264-5937", "text": "ads-sms@1/ko", "answer": "grant"},
    "/requests/new": {"kind": "stop", "who": "phone:010-8264-5937"}, "/requests/{request}/resume": {},
    "/requests/{request}/release": {"language": "ko"}, "/requests/{request}/copy": {"reason": "by post", "as": "html"},
    "/requests/{request}/told/{destination}": {"proof": "ticket 114"},
    "/packs/{change}": {"reason": "read it"}, "/approvals/{approval}": {"answer": "approve", "reason": "read it"},
    "/customers/{customer}/why": {"a": HUB, "b": HUB, "answer": "cut", "reason": "hers"},
}  # fmt: skip
TELLS = {"/staff", "/account/codes", "/consents", "/consents/record", "/requests/{request}/copy"}
"""What answers with a page: something that is shown only once, or that no address may hold."""
OWN = {path for path in FORMS if path.startswith("/account")}
PERSONAL = ("김지우", "jiwoo", JIWOO)


def routes(method: str) -> list[str]:
    app = open_window()
    return [
        route.path
        for route in app.routes
        if isinstance(route, Route) and method in (route.methods or ()) and route.path not in OPEN_TO_ALL
    ]


NEEDED = {
    (method, route.path): needed(route.endpoint)
    for route in open_window().routes
    if isinstance(route, Route) and route.path not in OPEN_TO_ALL
    for method in sorted((route.methods or set()) - {"HEAD"})
}


def address(path: str) -> str:
    for part, value in WHERE.items():
        path = path.replace(part, value)
    return path


PAGES = [path for path in routes("GET") if not path.startswith("/live/")]
ACTIONS = [path for path in routes("POST") if path != "/logout"]


def test_there_are_pages_and_actions_to_walk() -> None:
    assert len(PAGES) > 15
    assert set(ACTIONS) == set(FORMS)
    assert all(permission in PERMISSIONS for permission in NEEDED.values())


@pytest.mark.parametrize("path", PAGES)
def test_an_administrator_is_shown_every_page(admin: TestClient, path: str) -> None:
    assert admin.get(address(path)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_viewer_is_shown_no_person(viewer: TestClient, path: str) -> None:
    own = viewer.get(address(path)).text.replace(address(path), "")
    assert [word for word in PERSONAL if word in own] == []


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_a_role_opens_what_it_holds_the_permission_of_and_nothing_else(
    stranger: TestClient, gate: Gate, window: Window, role: str
) -> None:
    assert stranger.post("/login", data={"login": role, "password": "correct horse"}).status_code == 303
    session = next(iter(gate.tokens.values()))
    opened, refused = set(), set()
    for method, path in NEEDED:
        if path == "/logout" or path.startswith("/live/"):
            continue
        form = FORMS.get(path, {}) | {"csrf": session.csrf} if method == "POST" else None
        status = stranger.request(method, address(path), data=form).status_code
        assert status < 500, (path, status)
        (refused if status == 403 else opened).add((method, path))
    walked = opened | refused
    assert opened == {way for way in walked if may(session.actor, NEEDED[way] or "")}
    assert {page for _, page in gate.forbidden} == {f"{method} {path}" for method, path in refused}


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_shown_the_login(stranger: TestClient, path: str) -> None:
    answer = stranger.get(address(path))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("path", ACTIONS)
def test_a_viewer_changes_nothing_but_their_own_account(
    viewer: TestClient, gate: Gate, window: Window, path: str
) -> None:
    csrf = next(iter(gate.tokens.values())).csrf
    status = viewer.post(address(path), data=FORMS[path] | {"csrf": csrf}).status_code
    assert (status == 403) == (path not in OWN)
    assert window.settled == window.settled_of == window.answered == []
    assert window.replayed == []


@pytest.mark.parametrize("path", ACTIONS)
def test_an_administrator_may_do_all_of_it(admin: TestClient, csrf: str, path: str) -> None:
    assert admin.post(address(path), data=FORMS[path] | {"csrf": csrf}).status_code == (200 if path in TELLS else 303)


@pytest.mark.parametrize("path", ACTIONS)
def test_nothing_is_done_without_the_token_of_the_session(admin: TestClient, window: Window, path: str) -> None:
    assert admin.post(address(path), data=FORMS[path]).status_code == 403
    assert window.settled == window.settled_of == window.answered == []


def test_a_viewer_is_offered_only_what_works(viewer: TestClient) -> None:
    html = viewer.get("/").text
    for shown in ("/segments", "/journeys", "/measures", "/quality"):
        assert f'href="{shown}"' in html
    for kept in ("/customers", "/messages", "/quarantine"):
        assert f'href="{kept}"' not in html
