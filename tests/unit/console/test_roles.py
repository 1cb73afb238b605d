"""Every page and action against every role: who may not is told so, and nobody sees people without the right to."""

from __future__ import annotations

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.unit.console.engaged_views import number
from tests.unit.console.identity_views import DECISION, HUB, task_id
from tests.unit.console.window import JIWOO, Gate, Window, open_window

OPEN = {"/login", "/{path:path}", "/favicon.ico"}
WHERE = {
    "{customer}": JIWOO, "{segment}": "loyal", "{journey}": "rescue", "{message}": number("uncertain"),
    "{name}": "cart", "{language}": "ko", "{metric}": "orders", "{position:int}": "5001", "{topic}": "pulse",
    "{identifier}": HUB, "{task}": task_id("alike"),
}  # fmt: skip
VIEWED = {
    "/", "/segments", "/segments/{segment}", "/journeys", "/journeys/{journey}", "/measures", "/measures/{metric}",
    "/messages/preview/{name}", "/messages/preview/{name}/{language}", "/quality", "/customers",
}  # fmt: skip
"""What a viewer is shown: numbers and definitions, and an empty search."""
FORMS = {
    "/customers/search": {"q": "김지우"}, "/messages/{message}/resolve": {"became": "sent"},
    "/messages/{message}/again": {}, "/quarantine/replay": {"reason": "contract"},
    "/identity/review/{task}": {"answer": "same"}, "/identity/review/undo": {}, "/journeys/go-on": {},
    "/identity/hubs/{identifier}": {"answer": "clear", "reason": "hers"},
    "/customers/{customer}/history": {"decision": DECISION, "reason": "hers"},
    "/customers/{customer}/why": {"a": HUB, "b": HUB, "answer": "cut", "reason": "hers"},
}  # fmt: skip
PERSONAL = ("김지우", "jiwoo", JIWOO)


def routes(method: str) -> list[str]:
    app = open_window()
    return [
        route.path
        for route in app.routes
        if isinstance(route, Route) and method in (route.methods or ()) and route.path not in OPEN
    ]


def address(path: str) -> str:
    for part, value in WHERE.items():
        path = path.replace(part, value)
    return path


PAGES = [path for path in routes("GET") if not path.startswith("/live/")]
ACTIONS = [path for path in routes("POST") if path != "/logout"]


def test_there_are_pages_and_actions_to_walk() -> None:
    assert len(PAGES) > 15
    assert set(ACTIONS) == set(FORMS)
    assert set(PAGES) >= VIEWED


@pytest.mark.parametrize("path", PAGES)
def test_an_administrator_is_shown_every_page(admin: TestClient, path: str) -> None:
    assert admin.get(address(path)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_viewer_is_shown_numbers_and_no_person(viewer: TestClient, path: str) -> None:
    answer = viewer.get(address(path))
    assert answer.status_code == (200 if path in VIEWED else 403)
    own = answer.text.replace(address(path), "")
    assert [word for word in PERSONAL if word in own] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_shown_the_login(stranger: TestClient, path: str) -> None:
    answer = stranger.get(address(path))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("path", ACTIONS)
def test_a_viewer_changes_nothing(viewer: TestClient, gate: Gate, window: Window, path: str) -> None:
    csrf = next(iter(gate.tokens.values())).csrf
    assert viewer.post(address(path), data=FORMS[path] | {"csrf": csrf}).status_code == 403
    assert window.settled == window.settled_of == window.answered == []
    assert window.replayed == []


@pytest.mark.parametrize("path", ACTIONS)
def test_an_administrator_may_do_all_of_it(admin: TestClient, csrf: str, path: str) -> None:
    assert admin.post(address(path), data=FORMS[path] | {"csrf": csrf}).status_code == 303


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
