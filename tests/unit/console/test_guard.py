from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient
from tests.unit.console.window import JIWOO, Gate, Window

PAGES = ["/", "/customers", f"/customers/{JIWOO}", "/quality", "/quarantine", "/quarantine/5001"]
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@pytest.mark.parametrize("path", [*PAGES, "/nowhere"])
def test_every_answer_carries_the_policy_and_an_id(admin: TestClient, path: str) -> None:
    answer = admin.get(path)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["x-request-id"])


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_page_holds_nothing_the_policy_forbids(admin: TestClient, path: str, language: str) -> None:
    html = admin.get(path, params={"lang": language}).text
    assert " style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son[a-z]+=", html)
    assert "hx-on" not in html
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_from_its_own_host_only(admin: TestClient, path: str) -> None:
    html = admin.get(path).text
    loaded = re.findall(r'(?:src|href|action|hx-get)="([^"]+)"', html)
    assert loaded
    assert [address for address in loaded if not address.startswith(("/", "#"))] == []
    assert [address for address in loaded if address.startswith("//")] == []


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_a_session(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


def test_a_script_without_a_session_is_told_to_go_to_the_login(stranger: TestClient) -> None:
    answer = stranger.get("/", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login"


def test_login_leads_back_to_where_one_was_going(stranger: TestClient) -> None:
    assert 'value="/quality?source=web"' in stranger.get("/login?next=%2Fquality%3Fsource%3Dweb").text
    form = {"login": "admin", "password": "correct horse", "next": "/quality?source=web"}
    answer = stranger.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/quality?source=web")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_a_session_begun_over_https_goes_nowhere_else(stranger: TestClient) -> None:
    form = {"login": "admin", "password": "correct horse"}
    assert "Secure" not in stranger.post("/login", data=form).headers["set-cookie"]
    assert "Secure" in stranger.post("https://testserver/login", data=form).headers["set-cookie"]


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_login_never_leads_to_another_host(stranger: TestClient, target: str) -> None:
    answer = stranger.post("/login", data={"login": "admin", "password": "correct horse", "next": target})
    assert answer.headers["location"] == "/"


def test_a_wrong_password_keeps_the_login_and_says_so_beside_the_field(stranger: TestClient) -> None:
    answer = stranger.post("/login?lang=en", data={"login": "admin", "password": "wrong"})
    assert answer.status_code == 401
    assert 'value="admin"' in answer.text
    assert 'aria-describedby="fault"' in answer.text
    assert "Login and password do not fit" in answer.text
    assert "set-cookie" not in answer.headers or "itda_session" not in answer.headers["set-cookie"]


def test_logging_out_ends_the_session(admin: TestClient, csrf: str, gate: Gate) -> None:
    assert admin.post("/logout", data={"csrf": csrf}).headers["location"] == "/login"
    assert gate.tokens == {}
    assert admin.get("/").status_code == 303


def test_a_page_that_a_role_may_not_see_says_what_it_takes_and_who_holds_it(viewer: TestClient) -> None:
    page = viewer.get("/audit?lang=en").text
    for said in ("“who looked at what and who changed what”", "Administrator, Privacy officer", "gives roles"):
        assert said in page
    assert "<code>audit.read</code></p>" in page
    korean = viewer.get("/audit?lang=ko").text
    assert "“누가 무엇을 보고 바꿨는지 보기” 권한이 필요합니다" in korean
    assert "관리자, 개인정보 보호책임자" in korean


@pytest.mark.parametrize("path", ["/customers/search", "/quarantine/replay", "/logout"])
def test_a_form_without_its_token_changes_nothing(admin: TestClient, window: Window, gate: Gate, path: str) -> None:
    for form in ({"q": "김지우", "position": "5001"}, {"q": "김지우", "position": "5001", "csrf": "csrf-of-another"}):
        answer = admin.post(path, data=form)
        assert answer.status_code == 403
        assert "This form has grown old" in answer.text
    assert (window.searched, window.replayed, len(gate.tokens)) == ([], [], 1)


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_form_of_another_site_is_refused(
    admin: TestClient, csrf: str, window: Window, headers: dict[str, str]
) -> None:
    answer = admin.post("/quarantine/replay", data={"csrf": csrf, "position": "5001"}, headers=headers)
    assert answer.status_code == 403
    assert window.replayed == []
    assert (
        admin.post("/login", data={"login": "admin", "password": "correct horse"}, headers=headers).status_code == 403
    )


def test_a_form_of_our_own_site_is_taken(admin: TestClient, csrf: str, window: Window) -> None:
    headers = {"origin": "http://console.example", "sec-fetch-site": "same-origin"}
    assert admin.post("/quarantine/replay", data={"csrf": csrf, "position": "5001"}, headers=headers).status_code == 303
    assert window.replayed == [([5001], "")]


def test_a_role_without_the_permission_is_told_which_one_it_lacks(viewer: TestClient) -> None:
    answer = viewer.get("/quarantine")
    assert answer.status_code == 403
    assert "quarantine.read" in answer.text


def test_a_page_offers_only_what_the_role_may_do(viewer: TestClient) -> None:
    html = viewer.get("/").text
    assert 'href="/quality"' in html
    assert 'href="/customers"' not in html
    assert 'action="/customers/search"' not in html


def test_assets_are_kept_for_ever_and_sent_small(stranger: TestClient) -> None:
    html = stranger.get("/login").text
    style = re.search(r'href="(/static/console-[0-9a-f]{10}\.css)"', html)
    assert style is not None
    answer = stranger.get(style[1], headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
