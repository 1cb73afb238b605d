"""Signing in with a real OpenID provider over loopback: what it lets in, and what is not believed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import argon2
import httpx
import pytest

from itda.access.actor import Actor
from itda.access.staffing import Provider, StaffRules
from itda.base.errors import Refused
from itda.base.instant import HOUR, MINUTE
from itda.engine.app import App
from itda.engine.commands.staff import DisableStaff
from itda.engine.shop import clock as now
from itda.engine.staff import Staff

pytestmark = pytest.mark.server

ADMIN = Actor(name="cli:root", role="admin", system="cli")
SECRET = "ITDA_TEST_OIDC_SECRET"
BACK = "http://console.example/login/oidc"
PEOPLE = (
    {"sub": "u-1", "preferred_username": "minji", "groups": ["cs", "everybody"]},
    {"sub": "u-2", "preferred_username": "taeho", "groups": ["everybody"]},
    {"sub": "u-3", "preferred_username": "admin", "groups": ["cs"]},
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    people = [word for one in PEOPLE for word in ("--user-claims", json.dumps(one))]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), *people],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip
    try:
        for _ in range(200):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None
            time.sleep(0.05)
        os.environ[SECRET] = "a client's secret"
        yield f"http://localhost:{port}"
    finally:
        os.environ.pop(SECRET, None)
        process.terminate()
        process.wait(10)


class Clock:
    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return now() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def staff(database, vault, clock, issuer) -> Staff:
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    rules = StaffRules(provider=Provider(issuer=issuer, client_id="itda", secret_from=SECRET, roles={"cs": "agent"}))
    return Staff(database, vault, clock, hasher=quick, rules=lambda: rules)


def agreed(where: str, sub: str) -> dict[str, str]:
    """What the provider sends the browser back with, after somebody agreed there."""
    answer = httpx.post(where, data={"sub": sub, "action": "authorize"}, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def come(staff: Staff, sub: str) -> str:
    where, carried = staff.begin_outside(BACK, "/measures")
    token, target = staff.enter_outside(carried, agreed(where, sub), BACK, "203.0.113.9")
    assert target == "/measures"
    return token


def test_who_the_provider_knows_comes_in_with_the_role_of_their_group(staff, issuer):
    session = staff.who(come(staff, "u-1"))
    assert (session.actor.name, session.actor.role, session.lacks) == ("minji", "agent", "")
    assert staff.leave(session.token).startswith(f"{issuer}/oauth2/end_session?id_token_hint=")
    assert staff.who(session.token) is None
    assert staff.who(come(staff, "u-1")).actor.name == "minji"
    with staff._db.connection() as connection:
        assert connection.execute("select count(*) from staff").fetchone() == (1,)


def test_the_code_is_asked_for_with_a_challenge_state_and_nonce(staff):
    asked = parse_qs(urlsplit(staff.begin_outside(BACK, "/")[0]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_who_has_no_mapped_group_is_not_let_in_and_gets_no_login(staff):
    with pytest.raises(Refused, match="role"):
        come(staff, "u-2")
    assert staff.is_empty()


def test_a_name_at_the_provider_takes_no_login_over(staff):
    staff.hire("admin", "correct horse battery", "admin", ADMIN)
    session = staff.who(come(staff, "u-3"))
    assert session.actor.name.startswith("admin-")
    assert session.actor.role == "agent"


def test_nobody_comes_in_by_a_password_who_has_none(staff):
    come(staff, "u-1")
    with pytest.raises(Refused):
        staff.enter("minji", "")


def test_who_is_disabled_here_stays_out_whatever_the_provider_says(staff, database, vault, clock):
    staff.hire("kim", "correct horse battery", "admin", ADMIN)
    come(staff, "u-1")
    App(database, None, vault, None, clock).act(DisableStaff("minji"), ADMIN)
    with pytest.raises(Refused, match="disabled"):
        come(staff, "u-1")


def test_another_state_another_browser_and_another_issuer_are_refused(staff):
    where, carried = staff.begin_outside(BACK, "/")
    said = agreed(where, "u-1")
    _, others = staff.begin_outside(BACK, "/")
    for cookie, answer in (
        (carried, said | {"state": "another"}), (others, said), ("", said), ("bm9uc2Vuc2U=", said),
        (carried, said | {"iss": "https://id.evil.example"}), (carried, {"state": said["state"], "error": "denied"}),
    ):  # fmt: skip
        with pytest.raises(Refused):
            staff.enter_outside(cookie, answer, BACK, "")
    assert staff.is_empty()


def test_a_token_that_was_made_for_another_nonce_is_refused(staff):
    where, carried = staff.begin_outside(BACK, "/")
    nonce = parse_qs(urlsplit(where).query)["nonce"][0]
    with pytest.raises(Refused, match="trusted"):
        staff.enter_outside(carried, agreed(where.replace(nonce, "x" * 43), "u-1"), BACK, "")


def test_a_token_of_another_time_and_an_answer_that_comes_too_late_are_refused(staff, clock):
    where, carried = staff.begin_outside(BACK, "/")
    said = agreed(where, "u-1")
    clock.ahead = 10 * MINUTE
    with pytest.raises(Refused, match="too long"):
        staff.enter_outside(carried, said, BACK, "")
    clock.ahead = 2 * HOUR
    with pytest.raises(Refused, match="trusted"):
        come(staff, "u-1")


def test_a_code_lets_in_once(staff):
    where, carried = staff.begin_outside(BACK, "/")
    said = agreed(where, "u-1")
    staff.enter_outside(carried, said, BACK, "")
    with pytest.raises(Refused):
        staff.enter_outside(carried, said, BACK, "")


def test_a_provider_that_names_itself_otherwise_is_not_believed(database, vault, clock, issuer):
    other = StaffRules(provider=Provider(issuer=issuer.replace("localhost", "127.0.0.1") + "/x", client_id="itda"))
    staff = Staff(database, vault, clock, rules=lambda: other)
    with pytest.raises(Exception, match="does not answer"):
        staff.begin_outside(BACK, "/")
