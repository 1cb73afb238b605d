"""A console over a shop window, and someone who is logged in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.unit.console.window import Gate, Window, open_window


@pytest.fixture
def window() -> Window:
    return Window()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def stranger(window: Window, gate: Gate) -> Iterator[TestClient]:
    """A browser nobody has logged in with; redirects are looked at, not followed."""
    with TestClient(open_window(window, gate), follow_redirects=False, base_url="http://console.example") as client:
        yield client


@pytest.fixture
def admin(stranger: TestClient) -> TestClient:
    return _log_in(stranger, "admin")


@pytest.fixture
def viewer(stranger: TestClient) -> TestClient:
    return _log_in(stranger, "viewer")


def _log_in(client: TestClient, login: str) -> TestClient:
    answer = client.post("/login", data={"login": login, "password": "correct horse"})
    assert answer.status_code == 303
    client.headers["accept-language"] = "en"
    return client


@pytest.fixture
def csrf(gate: Gate, admin: TestClient) -> str:
    return next(iter(gate.tokens.values())).csrf
