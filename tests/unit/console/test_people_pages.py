from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient
from tests.unit.console.gate import CODE, INVITATION, Gate
from tests.unit.console.trust_window import OWN, WAITING
from tests.unit.console.window import Window

SIGN_IN = {"login": "admin", "password": "correct horse"}


def csrf_of(gate: Gate) -> str:
    return next(iter(gate.tokens.values())).csrf


@pytest.mark.parametrize("path", ["/", "/account", "/staff", "/customers"])
def test_a_session_that_lacks_its_code_opens_no_page(stranger: TestClient, gate: Gate, path: str) -> None:
    gate.lacks = "code"
    stranger.post("/login", data=SIGN_IN)
    assert stranger.get(path).headers["location"] == "/login/code"
    assert stranger.get("/live/pulse").status_code == 401
    wrong = stranger.post("/login/code", data={"csrf": csrf_of(gate), "code": "000000"})
    assert wrong.status_code == 401
    done = stranger.post("/login/code", data={"csrf": csrf_of(gate), "code": CODE})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert stranger.get(path).status_code == 200


def test_who_must_set_codes_up_sees_nothing_else_and_then_the_recovery_codes_once(
    stranger: TestClient, gate: Gate
) -> None:
    gate.lacks = "enrol"
    stranger.post("/login", data=SIGN_IN)
    assert stranger.get("/staff").headers["location"] == "/account/codes"
    page = stranger.get("/account/codes").text
    assert "JBSW Y3DP" in page
    assert "<svg" in page
    assert stranger.post("/account/codes", data={"csrf": csrf_of(gate), "code": "1"}).status_code == 400
    kept = stranger.post("/account/codes", data={"csrf": csrf_of(gate), "code": CODE}).text
    assert len(re.findall(r"<code>(\w{5}-\w{5}-\w{5})</code>", kept)) == 10
    assert stranger.get("/staff").status_code == 200


def test_new_codes_are_given_only_to_who_proved_just_now_who_they_are(admin: TestClient, gate: Gate, csrf: str) -> None:
    gate.is_proved = False
    assert admin.get("/account/codes").headers["location"] == "/account/confirm?next=/account/codes"
    form = {"csrf": csrf, "next": "/account/codes"}
    assert admin.post("/account/confirm", data=form | {"proof": "wrong"}).status_code == 401
    done = admin.post("/account/confirm", data=form | {"proof": "correct horse"})
    assert done.headers["location"] == "/account/codes"
    assert admin.get("/account/codes").status_code == 200


def test_a_link_of_another_site_gives_nobody_new_codes(admin: TestClient) -> None:
    for site in ("cross-site", "same-site"):
        assert admin.get("/account/codes", headers={"sec-fetch-site": site}).headers["location"] == "/account"
    assert admin.get("/account/codes", headers={"sec-fetch-site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_proving_it_never_leads_to_another_host(admin: TestClient, csrf: str, target: str) -> None:
    form = {"csrf": csrf, "next": target, "proof": "correct horse"}
    assert admin.post("/account/confirm", data=form).headers["location"] == "/account"


def test_an_invitation_takes_a_password_that_is_given_twice(stranger: TestClient, gate: Gate) -> None:
    at = f"/invitation/{INVITATION}"
    assert "minji" in stranger.get(at).text
    for password, again in (("long enough one", "another"), ("short", "short")):
        assert stranger.post(at, data={"password": password, "again": again}).status_code == 400
    done = stranger.post(at, data={"password": "long enough one", "again": "long enough one"})
    assert (done.status_code, done.headers["location"], gate.done) == (303, "/login", ["accepted"])
    assert stranger.get("/invitation/another").status_code == 404


def test_an_invitation_from_another_page_is_not_taken(stranger: TestClient, gate: Gate) -> None:
    form = {"password": "long enough one", "again": "long enough one"}
    foreign = {"origin": "https://evil.example"}
    assert stranger.post(f"/invitation/{INVITATION}", data=form, headers=foreign).status_code == 403
    assert gate.done == []


def test_the_link_of_an_invitation_is_shown_once(admin: TestClient, csrf: str) -> None:
    form = {"csrf": csrf, "login": "Jisu", "role": "agent"}
    assert "http://console.example/invitation/" in admin.post("/staff", data=form).text
    assert "/invitation/" not in admin.get("/staff").text
    mailed = admin.post("/staff", data=form | {"mail": "minji@shop.example"}).text
    assert ("the link is in the mail" in mailed or "링크를 메일로 보냈습니다" in mailed, "/invitation/" in mailed) == (
        True,
        False,
    )
    taken = admin.post("/staff", data=form | {"login": "minji"})
    assert (taken.status_code, 'value="minji"' in taken.text) == (400, True)


def test_what_is_done_with_a_login_is_asked_of_the_engine(admin: TestClient, window: Window, csrf: str) -> None:
    for change in ("disable", "end", "codes"):
        assert admin.post("/staff/minji", data={"csrf": csrf, "change": change}).status_code == 303
    assert admin.post("/staff/minji", data={"csrf": csrf, "change": "sudo"}).status_code == 400
    assert window.changed == [("minji", "disable"), ("minji", "end"), ("minji", "codes")]


def test_ones_own_proposal_can_only_be_taken_back(admin: TestClient, window: Window, csrf: str) -> None:
    html = admin.get("/approvals?lang=en").text
    assert "Rules of law: values and waivers" in html
    assert "customers, all customers, 12,480 customers now, 13,000 at most: the audit; file 41" in html
    korean = admin.get("/approvals?lang=ko").text
    for said in ("법 규칙의 값과 예외", "고객 파일, 전체 고객, 현재 12,480명, 최대 13,000명: the audit; file 41"):
        assert said in korean
    own = html[html.index(OWN) - 200 :].partition("</form>")[0]
    assert 'value="approve"' not in own
    assert 'value="refuse"' in own
    form = {"csrf": csrf, "answer": "approve", "reason": "read it"}
    assert admin.post(f"/approvals/{OWN}", data=form).headers["location"] == "/approvals?told=gone"
    assert admin.post(f"/approvals/{WAITING}", data=form).headers["location"] == "/approvals?told=approve"
    assert window.agreed == [(WAITING, "approve", "read it")]


def test_the_provider_is_offered_where_there_is_one_and_brings_back_where_one_was_going(
    stranger: TestClient, gate: Gate
) -> None:
    assert "/login/outside" not in stranger.get("/login").text
    gate.named = "Shop ID"
    assert 'href="/login/outside?next=/quality"' in stranger.get("/login?next=/quality").text
    gone = stranger.get("/login/outside?next=/quality")
    assert gone.headers["location"].endswith("redirect_uri=http://console.example/login/oidc")
    refused = stranger.get("/login/oidc?state=wrong&code=x")
    assert refused.headers["location"] == "/login?fault=outside"
    stranger.get("/login/outside?next=/quality")
    came = stranger.get("/login/oidc?state=right&code=x")
    assert came.headers["location"] == "/quality"
    assert gate.who(came.cookies["itda_session"], "").actor.name == "agent"


def test_the_page_of_rules_tells_what_a_change_would_do_and_lets_another_person_activate_it(
    admin: TestClient, window: Window, csrf: str
) -> None:
    html = admin.get("/packs?lang=en").text
    assert "it would have blocked 1,204 more, held 12 more and let through 0 more" in html
    assert "opinion of counsel, 2026-10-20" in html
    assert "Differs from what was signed" in html
    assert "kr_network.night_from" in html, "what the second person agrees to"
    korean = admin.get("/packs?lang=ko").text
    assert "1,204건을 더 막고" in korean
    form = {"csrf": csrf, "reason": "read it"}
    assert admin.post(f"/packs/{WAITING}", data=form).headers["location"] == "/packs?done=activated"
    assert window.activated == [(WAITING, "read it")]
    assert admin.post("/packs/00", data=form).headers["location"] == "/packs?done=not"
