"""The page of the audit."""

from __future__ import annotations

import re

from starlette.testclient import TestClient
from tests.unit.console.window import JIWOO, Window

from itda.base import instant


def test_looks_and_changes_are_told_and_sealed_reasons_are_not(admin: TestClient) -> None:
    page = admin.get("/audit?lang=en").text
    for said in (
        "minji",
        "A customer",
        "Page: a customer",
        "yearly analysis, ticket 41",
        "48,211",
        "not let",
        "sealed: it is about a person",
    ):
        assert said in page
    assert "Everything was as written" in page
    korean = admin.get("/audit?lang=ko").text
    assert "모든 기록이 쓰인 그대로입니다" in korean
    for said in ("내보냄", "고객 프로필", "화면: 고객", "두 식별자를 분리함", "접속기록", "콘솔"):
        assert said in korean


def test_whom_an_invitation_named_and_with_what_role_is_told_and_nothing_is_told_of_nothing(admin: TestClient) -> None:
    page = admin.get("/audit?lang=ko").text
    told = re.search(r"직원을 초대함.*?</td>", page, re.DOTALL)
    assert told is not None
    assert "hana" in told[0]
    assert "개인정보 보호책임자" in told[0]
    assert "expires_at" not in page
    assert page.count('class="num is-empty"') == 3
    assert page.count('class="is-empty"') == 2


def test_rows_are_narrowed_to_a_sort_of_whoever_looks_which_the_form_keeps(admin: TestClient, window: Window) -> None:
    page = admin.get("/audit?lang=en&by=staff").text
    assert window.trails[-1][0].by == "staff"
    assert '<input type="hidden" name="by" value="staff">' in page
    assert re.search(r'aria-current="true">Staff</a>', page)
    admin.get("/audit?by=nobody")
    assert window.trails[-1][0].by == ""


def test_what_was_altered_stands_before_everything_else(admin: TestClient, window: Window) -> None:
    window.is_altered = True
    page = admin.get("/audit?lang=en").text
    assert page.index("Access log, row 7: it was altered") < page.index("<table")
    assert 'role="alert"' in page
    assert "접속기록 7번 줄: 내용이 바뀌었습니다" in admin.get("/audit?lang=ko").text


def test_days_are_of_the_shops_zone_and_pages_keep_what_is_asked_for(admin: TestClient, window: Window) -> None:
    asked = f"/audit?lang=en&actor=minji&action=view&customer={JIWOO}&since=2026-11-01&until=2026-11-02"
    page = admin.get(asked).text
    (wanted, before) = window.trails[-1]
    assert (wanted.actor, wanted.action, wanted.subject, before) == ("minji", "view", JIWOO, "")
    assert wanted.since == instant.parse("2026-11-01T00:00+09:00")
    assert wanted.until == instant.parse("2026-11-03T00:00+09:00")
    assert "2 looks were at more than 1,000 people" in page
    assert "before=" in page
    assert "actor=minji" in page
    admin.get("/audit?before=1-access-7")
    assert window.trails[-1][1] == "1-access-7"


def test_a_day_or_an_id_that_is_none_is_said_and_asked_of_nobody(admin: TestClient, window: Window) -> None:
    for wrong in ("since=yesterday", "customer=minji@shop.example", "until=2026-99-01"):
        page = admin.get(f"/audit?lang=en&{wrong}")
        assert (page.status_code, "That cannot be asked for" in page.text) == (200, True)
    assert window.trails == []


def test_an_audit_nobody_looked_through_says_so(admin: TestClient, window: Window) -> None:
    window.is_empty = True
    page = admin.get("/audit?lang=en").text
    assert "Nobody has looked through the chains yet" in page
    assert "Nothing like that was done" in page
