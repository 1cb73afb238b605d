"""The page of the monthly review of the access log, and signing it."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient
from tests.unit.console.audit_window import FINGERPRINT, REVIEWED
from tests.unit.console.window import Window

from itda.engine.auditing.reviewing import month_before

PAGE = "/audit/review"


def sent(client: TestClient, csrf: str, **fields: str):
    form = {"csrf": csrf, "month": REVIEWED, "report": FINGERPRINT, "findings": "nothing that stands out"} | fields
    return client.post(PAGE, data=form, follow_redirects=False)


def test_without_a_month_it_is_the_last_one_that_is_over_in_both_languages(admin: TestClient) -> None:
    english = admin.get(f"{PAGE}?lang=en").text
    for said in ("Oct 2026", "48,240", "Looked at far more people than others", "Took out without a campaign",
                 "Nobody has signed it", FINGERPRINT[:16]):  # fmt: skip
        assert said in english
    assert "/audit?actor=minji&amp;since=2026-10-01&amp;until=2026-10-31" in english
    korean = admin.get(f"{PAGE}?lang=ko").text
    for said in ("2026년 10월", "다른 직원보다 훨씬 많은 사람을 조회", "캠페인 없이 내보냄", "야간에 조회"):
        assert said in korean


def test_signing_is_a_form_that_keeps_what_was_found_and_is_shown_afterwards(
    admin: TestClient, window: Window, csrf: str
) -> None:
    done = sent(admin, csrf, findings="minji was asked: the night of the sale")
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?month=2026-10&told=done")
    assert [(one.findings, one.report_sha256) for one in window.signed] == [
        ("minji was asked: the night of the sale", FINGERPRINT)
    ]
    page = admin.get(f"{PAGE}?month=2026-10&told=done&lang=en").text
    assert "Signed. The duty to look is settled." in page
    assert "minji was asked: the night of the sale" in page
    assert "Sign again" in page


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"findings": "  "}, "Say what was found"),
        ({"report": "0" * 64, "findings": "all is well"}, "The report is another than you saw"),
        ({"month": "2026-11", "findings": "all is well"}, "This month is not over"),
    ],
)
def test_what_cannot_be_signed_is_said_beside_the_field_which_keeps_what_was_written(
    admin: TestClient, window: Window, csrf: str, fields: dict[str, str], told: str
) -> None:
    admin.get("/audit?lang=en")
    answer = sent(admin, csrf, **fields)
    assert (answer.status_code, window.signed) == (400, [])
    assert told in answer.text
    if "month" not in fields:
        assert 'aria-describedby="findings-fault"' in answer.text
        assert f'value="{fields["findings"].strip()}"' in answer.text
        assert f'value="{FINGERPRINT}"' in answer.text


def test_no_month_is_offered_before_anybody_could_look(admin: TestClient, window: Window) -> None:
    window.begins = "2026-09"
    page = admin.get(f"{PAGE}?lang=en").text
    assert re.findall(r'class="chip" href="/audit/review\?month=([0-9-]+)"', page) == ["2026-10", "2026-09"]
    window.begins = "2026-11"
    page = admin.get(f"{PAGE}?lang=en").text
    assert re.findall(r'class="chip" href="/audit/review\?month=([0-9-]+)"', page) == ["2026-10"]


def test_a_month_that_goes_on_has_no_form_and_what_is_no_month_says_so(admin: TestClient, csrf: str) -> None:
    going_on = admin.get(f"{PAGE}?month=2026-11&lang=en").text
    assert "This month is not over" in going_on
    assert '<form class="card-body"' not in going_on
    for wrong in ("2026-13", "lately", "9999-12"):
        page = admin.get(f"{PAGE}?month={wrong}&lang=en")
        assert (page.status_code, "That is no month" in page.text) == (404, True), wrong
    assert sent(admin, csrf, month="lately").status_code == 404


def test_a_month_in_which_nobody_looked_says_so_and_is_owed_by_nobody(admin: TestClient, window: Window) -> None:
    window.is_empty = True
    page = admin.get(f"{PAGE}?lang=en").text
    for said in ("Nobody looked at anything", "Nothing stands out"):
        assert said in page
    assert "it is due by" not in page


def test_who_may_not_read_the_audit_does_not_get_there(viewer: TestClient) -> None:
    assert viewer.get(PAGE).status_code == 403


def test_the_duty_and_the_audit_lead_to_the_review(admin: TestClient) -> None:
    assert re.search(r'<a href="/audit/review\?month=2026-10">Oct 2026</a>', admin.get("/duties?lang=en").text)
    assert 'href="/audit/review"' in admin.get("/audit").text


def test_the_month_before_january_is_december() -> None:
    assert [month_before("2026-01"), month_before("2026-10")] == ["2025-12", "2026-09"]
