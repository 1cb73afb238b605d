"""The pages of what people ask for of their own data."""

from __future__ import annotations

import re

from starlette.testclient import TestClient
from tests.unit.console.request_window import CORRECTED, ERASED, LATE, OF_NOBODY, OVERTAKEN
from tests.unit.console.window import JIWOO, Gate, Window

from itda.console import requesting
from itda.console.request_desk import Wish
from itda.console.requesting import whom

WHO = "email:minji@shop.example"


def test_open_requests_stand_first_by_their_day_and_late_ones_say_so(admin: TestClient) -> None:
    page = admin.get("/requests?lang=ko").text
    listed = re.findall(r'href="/requests/(\w{32})"', page)
    assert listed[0] == LATE
    assert listed[-2:] == [ERASED, OVERTAKEN]
    assert "기한이 지난 요청 1건" in page
    assert page.count("기한 지남") == 1
    assert LATE not in admin.get("/requests?state=done").text
    assert ERASED not in admin.get("/requests?state=open").text


def test_an_e_mail_or_a_phone_is_taken_as_it_is_spoken() -> None:
    assert whom(" minji@shop.example ") == WHO
    assert whom("010-2345-6789") == "phone:010-2345-6789"
    assert whom("+82 10 2345 6789") == "phone:+82 10 2345 6789"
    for said in (WHO, "membership:1", "user_id:a@b.example", "12345678", "cfzcoqhj42zahit2hpcv3wui5ae", ""):
        assert whom(said) == said


def test_an_empty_page_says_what_to_do_next(admin: TestClient, window: Window) -> None:
    window.is_empty = True
    page = admin.get("/requests?lang=en").text
    for said in ("privacy centre at /my/", "itda request access", 'href="/requests/new"'):
        assert said in page


def test_a_request_tells_its_steps_with_counts_who_was_told_and_what_a_law_keeps(admin: TestClient) -> None:
    page = admin.get(f"/requests/{ERASED}?lang=en").text
    for said in ("keys destroyed", "Not told yet", "They know", "Orders and payments", "Oct 3, 2031", "log_position"):
        assert said in page
    assert f'href="/requests/{ERASED}/told/partner"' in page
    assert f"/requests/{ERASED}/resume" not in page
    assert "삭제 요청이 먼저 처리됨" in admin.get(f"/requests/{OVERTAKEN}?lang=ko").text
    assert admin.get(f"/requests/{'00' * 16}").status_code == 404


def test_an_erasure_is_asked_for_twice_and_names_nobody_in_an_address(
    admin: TestClient, window: Window, csrf: str
) -> None:
    form = {"csrf": csrf, "kind": "erase", "who": WHO, "reason": "letter"}
    page = admin.post("/requests/new", data=form)
    assert (page.status_code, window.taken_requests) == (200, [])
    for said in ("What goes", "What stays", WHO):
        assert said in page.text
    done = admin.post("/requests/new", data=form | {"sure": "yes"})
    assert window.taken_requests == [Wish("erase", WHO, "letter")]
    assert done.headers["location"] == f"/requests/{'3f' * 16}?done=taken"


def test_a_correction_says_what_is_right_and_a_mistake_keeps_what_was_typed(
    admin: TestClient, window: Window, csrf: str
) -> None:
    form = {"csrf": csrf, "kind": "correct", "who": WHO, "trait": "name", "right": "김민정"}
    assert admin.post("/requests/new", data=form).status_code == 303
    assert window.taken_requests == [Wish("correct", WHO, "", {"name": "김민정"})]
    page = admin.post("/requests/new", data=form | {"who": "minji"}).text
    assert 'role="alert"' in page
    assert 'value="김민정"' in page
    assert admin.post("/requests/new", data=form | {"kind": "sell"}).status_code == 400


def test_what_is_wrong_is_named_in_words_of_either_language_and_read_back_in_them(
    admin: TestClient, window: Window, csrf: str
) -> None:
    form = {"csrf": csrf, "kind": "correct", "who": WHO, "right": "1990-01-01"}
    for said, name in (("생년월일", "birth_date"), (" birth DATE ", "birth_date"), ("shoe_size", "shoe_size")):
        admin.post("/requests/new", data=form | {"trait": said})
        assert window.taken_requests.pop().changes == {name: "1990-01-01"}
    assert '<option value="생년월일">' in admin.get("/requests/new?lang=ko").text
    mistaken = admin.post("/requests/new?lang=ko", data=form | {"trait": "birth_date", "who": "minji"}).text
    assert re.search(r'name="trait" value="생년월일"', mistaken)
    assert "<b>이름</b>: 김민정" in admin.get(f"/requests/{CORRECTED}?lang=ko").text


def test_a_page_tells_who_took_a_request_what_is_left_for_them_to_do(admin: TestClient) -> None:
    assert "기한까지 담당자가 직접 전달해야 합니다" in admin.get(f"/requests/{LATE}?lang=ko&done=taken").text
    assert "처리는 자동으로 이어지며" in admin.get(f"/requests/{'8e' * 16}?lang=ko&done=taken").text
    assert "접수했고, 처리도 끝났습니다" in admin.get(f"/requests/{CORRECTED}?lang=ko&done=taken").text
    assert "내려받으면 요청이 완료됩니다" in admin.get(f"/requests/{LATE}?lang=ko").text


def test_a_link_is_mailed_again_only_where_its_mail_did_not_leave(admin: TestClient, window: Window) -> None:
    window.released = "the mail with the link leaves"
    leaving = admin.get(f"/requests/{LATE}?lang=ko").text
    assert ("/release" in leaving, "메일을 보내는 중입니다" in leaving) == (False, True)
    window.released = "the mail with the link did not leave"
    again = admin.get(f"/requests/{LATE}?lang=ko").text
    assert ("/release" in again, "링크를 다시 보내기" in again, "메일을 보내는 중입니다" in again) == (
        True,
        True,
        False,
    )


def test_who_may_only_take_one_hears_its_number_and_sees_no_other(
    stranger: TestClient, gate: Gate, window: Window
) -> None:
    stranger.post("/login", data={"login": "agent", "password": "correct horse"})
    form = {"csrf": next(iter(gate.tokens.values())).csrf, "kind": "stop", "who": WHO}
    page = stranger.post("/requests/new?lang=en", data=form)
    assert (page.status_code, "Taken as number 3f3f" in page.text) == (200, True)
    assert 'href="/requests/new"' in page.text
    assert 'href="/requests"' not in page.text
    assert stranger.get("/requests").status_code == 403


def test_one_is_carried_on_and_a_processor_is_told_by_a_person_with_a_proof(
    admin: TestClient, window: Window, csrf: str
) -> None:
    assert admin.post(f"/requests/{LATE}/resume", data={"csrf": csrf}).headers["location"].endswith("?done=resumed")
    assert window.carried == [LATE]
    told = f"/requests/{ERASED}/told/"
    page = admin.get(told + "partner").text
    for said in ("delete them under Members", "+82 10-8264-5937"):
        assert said in page
    assert admin.get(told + "mailer").headers["location"].endswith("?done=gone")
    assert admin.post(told + "partner", data={"csrf": csrf, "proof": " "}).status_code == 400
    assert admin.post(told + "partner", data={"csrf": csrf, "proof": "ticket 114"}).status_code == 303
    assert window.noted == [(ERASED, "partner", "ticket 114")]
    done = admin.post(told + "nobody", data={"csrf": csrf, "proof": "x"})
    assert done.headers["location"].endswith("?done=gone")


def test_a_copy_is_handed_over_by_a_mailed_link_or_as_a_file_with_a_reason(
    admin: TestClient, window: Window, csrf: str
) -> None:
    page = admin.get(f"/requests/{LATE}?lang=ko").text
    assert (f"/requests/{LATE}/release" in page, f"/requests/{LATE}/copy" in page) == (True, True)
    sent = admin.post(f"/requests/{LATE}/release", data={"csrf": csrf, "language": "ko"})
    assert sent.headers["location"] == f"/requests/{LATE}?done=released"
    file = admin.post(
        f"/requests/{LATE}/copy", data={"csrf": csrf, "reason": "by post", "as": "json", "language": "en"}
    )
    assert (file.content, file.headers["content-disposition"]) == (
        b'{"request": 1}', f'attachment; filename="request-{LATE[:12]}.json"',
    )  # fmt: skip
    assert window.noted[-2:] == [(LATE, "released", "ko"), (LATE, "by post", "en")]
    silent = admin.post(f"/requests/{LATE}/copy", data={"csrf": csrf, "reason": " ", "as": "json"})
    assert (silent.status_code, "사유를 적어 주세요" in silent.text) == (400, True)
    wrong = admin.post(f"/requests/{'3f' * 16}/release", data={"csrf": csrf})
    assert (wrong.status_code, "이 종류의 요청에는 전달할 정보가 없습니다" in wrong.text) == (400, True)


def test_before_an_erasure_is_asked_for_the_page_looks_whether_anything_is_held(
    admin: TestClient, window: Window, csrf: str
) -> None:
    form = {"csrf": csrf, "kind": "erase", "who": "email:nobody@shop.example"}
    page = admin.post("/requests/new?lang=en", data=form).text
    assert ("Nothing is held under email:nobody@shop.example." in page, "What goes" in page) == (True, False)
    assert 'name="sure" value="yes"' in page
    known = admin.post("/requests/new?lang=ko", data=form | {"who": WHO}).text
    assert "식별 정보 3개" in known
    wrong = admin.post("/requests/new?lang=en", data=form | {"who": "minji"}).text
    assert 'role="alert"' in wrong
    assert window.taken_requests == []


def test_a_request_of_nobody_says_so_and_one_of_a_correction_what_was_corrected(admin: TestClient) -> None:
    page = admin.get(f"/requests/{OF_NOBODY}?lang=en").text
    for said in ("Nothing is held under what they named", "Looked: nothing is held of them", "send it to them"):
        assert said in page
    assert "Mail them a link" not in page
    corrected = admin.get(f"/requests/{CORRECTED}?lang=ko").text
    for said in ("바른 값", "김민정", "it is misspelt"):
        assert said in corrected


def test_a_request_leads_to_whose_it_is_as_long_as_they_are_known(admin: TestClient) -> None:
    page = admin.get(f"/requests/{LATE}?lang=ko").text
    assert re.search(rf'<dt>누구의 요청</dt><dd><a class="mono" href="/customers/{JIWOO}">', page)
    assert "누구의 요청" not in admin.get(f"/requests/{ERASED}?lang=ko").text


def test_the_certificate_is_a_file_to_read_in_either_language_and_the_same_for_machines(admin: TestClient) -> None:
    assert f'href="/requests/{ERASED}/certificate"' in admin.get(f"/requests/{ERASED}").text
    paper = admin.get(f"/requests/{ERASED}/certificate?lang=ko")
    assert paper.headers["content-disposition"] == f'attachment; filename="certificate-{ERASED[:12]}.html"'
    for said in ("처리 증명서", "전자상거래법 시행령 제6조 제1항 제2호", "2031", "77" * 32, "파기한 키"):
        assert said in paper.text, said
    for code in ("E-Commerce", "KR-45", "keys destroyed", "{"):
        assert code not in paper.text.partition("</style>")[2]
    assert "Certificate: Erase everything" in admin.get(f"/requests/{ERASED}/certificate?lang=en").text
    kept = admin.get(f"/requests/{ERASED}/certificate?as=json")
    assert (kept.json()["log_position"], kept.headers["cache-control"]) == (90_112, "no-store")
    assert admin.get(f"/requests/{LATE}/certificate").status_code == 404


def test_what_is_wrong_with_a_request_is_said_in_korean_on_a_korean_page(admin: TestClient, csrf: str) -> None:
    page = admin.post("/requests/new?lang=ko", data={"csrf": csrf, "kind": "stop", "who": "minji"}).text
    assert "누구인지 알 수 없습니다" in page
    assert 'lang="en">' not in page.partition("<main")[2]
    for text, code in (
        ("many people share this identifier: it does not tell whose request it is (name another)", "many people share"),
        ("this is no phone (write it as the person does)", "this is no "),
        ("'mail' is no kind of identifier of this workspace (did you mean email?)", "is no kind of identifier"),
    ):
        assert requesting.fault(text).startswith(code)
    assert requesting.fault("something new") == "something new"
