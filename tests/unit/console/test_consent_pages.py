"""The pages of duties, and of consents that are taken in a store or on the phone."""

from __future__ import annotations

import re

from starlette.testclient import TestClient
from tests.unit.console.consent_window import DUTY
from tests.unit.console.window import Window


def test_duties_are_told_overdue_first_with_what_they_lack_and_settled_with_a_proof(
    admin: TestClient, window: Window, csrf: str
) -> None:
    page = admin.get("/duties?lang=ko").text
    for said in ("처리 결과 알림", "이메일 주소가 없습니다", "기한이 지난 의무 1건", "답변이 도착하지 않음"):
        assert said in page
    done = admin.get("/duties?show=done&lang=ko").text
    assert done.count("a@shop.example") == 1
    assert "증빙: sora 기록: letter of 3 May" in done
    assert f'href="/requests/{"7f3a" * 8}"' in page
    assert f'href="/requests/{"7f3a" * 8}/told/mailer"' in page
    assert [f'<a href="/retention">{said}</a>' in page for said in ("규칙 quiet: 파기 대상", "파기 실행 12번")] == [
        True
    ] * 2
    assert page.count('action="/duties/') == 2, "what a step of its own settles has no form"
    form = {"csrf": csrf, "proof": "told by phone"}
    assert admin.post(f"/duties/{DUTY}", data=form).headers["location"] == "/duties?told=done"
    assert admin.post(f"/duties/{DUTY}", data={**form, "proof": " "}).headers["location"] == "/duties?told=gone"
    assert window.duties_settled == [(DUTY, "told by phone")]


def test_a_consent_is_taken_in_words_read_aloud_and_no_number_stands_in_an_address(
    admin: TestClient, window: Window, csrf: str
) -> None:
    assert admin.get("/consents?lang=ko").status_code == 200
    who = {"csrf": csrf, "kind": "phone", "value": "010-8264-5937", "place": "store:12"}
    page = admin.post("/consents?lang=ko", data=who)
    assert page.status_code == 200
    assert "문자로 할인과 행사 소식을 받겠습니다" in page.text
    assert "수단의 주소가 없습니다" in page.text
    done = admin.post("/consents/record", data={**who, "text": "ads-sms@1/ko", "answer": "grant"})
    assert 'role="status"' in done.text
    assert window.taken == [("010-8264-5937", "grant", "ads-sms@1/ko", "store:12")]
    assert admin.post("/consents/record", data={**who, "text": "x", "answer": "perhaps"}).status_code == 400
    assert "told-warn" in admin.post("/consents", data={**who, "value": "none"}).text


def test_what_somebody_new_said_is_not_told_to_be_in_force_before_it_is(
    admin: TestClient, window: Window, csrf: str
) -> None:
    said = {"csrf": csrf, "kind": "phone", "value": "010-8264-5937", "text": "ads-sms@1/ko", "answer": "grant"}
    assert "It is in force now." in admin.post("/consents/record?lang=en", data=said).text
    window.new.add("010-8264-5937")
    page = admin.post("/consents/record?lang=en", data=said).text
    assert "It is in force now." not in page
    assert "press Find to see it below" in page


def test_whoever_takes_a_consent_may_type_or_scan_at_once_and_hears_what_is_wrong_with_it(
    admin: TestClient, csrf: str
) -> None:
    field = re.compile(r'<input id="value"[^>]*>')
    found = field.search(admin.get("/consents").text)
    assert found is not None
    assert "autofocus" in found[0]
    page = admin.post("/consents", data={"csrf": csrf, "kind": "phone", "value": "none"}).text
    found = field.search(page)
    assert found is not None
    assert 'value="none"' in found[0]
    assert 'aria-invalid="true" aria-describedby="nobody"' in found[0]
    assert 'id="nobody"' in page
