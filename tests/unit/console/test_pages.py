from __future__ import annotations

import logging
import re
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient
from tests.unit.console.window import JIWOO, JIWOO_BEFORE, MINSU, NOTICE, Gate, Window, open_window

PERSONAL = ["김지우", "jiwoo.kim@example.com", "3141-4821", "7742-0193"]


def search(client: TestClient, csrf: str, text: str) -> str:
    answer = client.post("/customers/search", data={"q": text, "csrf": csrf})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_the_overview_shows_the_numbers_of_now(admin: TestClient) -> None:
    html = admin.get("/").text
    for number in ("1,482,331", "2,469", "94.3%", "155,848", "₩4.59B", "₩4,593,218,400", "14:12:09 KST"):
        assert number in html


def test_an_empty_shop_says_what_to_do_first(admin: TestClient, window: Window) -> None:
    window.is_empty = True
    assert "No events yet" in admin.get("/").text
    assert "itda import" in admin.get("/quality").text
    assert "Nothing was refused" in admin.get("/quarantine").text


def test_the_notice_of_the_workspace_stands_on_every_page(admin: TestClient) -> None:
    for path in ("/", "/customers", "/quality", "/login"):
        assert NOTICE["ko"] in TestClient(open_window()).get("/login?lang=ko").text
        if path != "/login":
            assert NOTICE["en"] in admin.get(path).text


@pytest.mark.parametrize(
    ("language", "timeline", "quality"),
    [
        ("ko", "대한민국 시간 (Asia/Seoul) 기준", "수신일: 대한민국 시간 (Asia/Seoul) 기준"),
        ("en", "All times: Korean Time (Asia/Seoul)", "Days of receipt in Korean Time (Asia/Seoul)"),
    ],
)
def test_pages_of_many_days_name_the_zone(admin: TestClient, language: str, timeline: str, quality: str) -> None:
    page = admin.get(f"/customers/{JIWOO}?lang={language}").text
    assert timeline in page
    assert "KST" not in page
    assert quality in admin.get(f"/quality?lang={language}").text


def test_one_hit_leads_straight_to_the_customer(admin: TestClient, csrf: str, window: Window) -> None:
    assert search(admin, csrf, " jiwoo.kim@example.com ") == f"/customers/{JIWOO}"
    assert window.searched == ["jiwoo.kim@example.com"]


def test_several_hits_become_a_list_whose_address_says_nothing(admin: TestClient, csrf: str) -> None:
    address = search(admin, csrf, "김지우")
    assert not any(value in unquote(address) for value in PERSONAL)
    html = admin.get(address).text
    assert "2 customers found" in html
    assert f'href="/customers/{JIWOO}"' in html
    assert f'href="/customers/{MINSU}"' in html


def test_no_hit_says_what_to_do(admin: TestClient, csrf: str) -> None:
    assert "Nobody is known by that" in admin.get(search(admin, csrf, "010")).text


def test_an_empty_search_leads_to_the_search(admin: TestClient, csrf: str) -> None:
    assert search(admin, csrf, "  ") == "/customers"


def test_a_search_of_another_session_is_not_shown(admin: TestClient, csrf: str, window: Window) -> None:
    address = search(admin, csrf, "김지우")
    admin.post("/login", data={"login": "admin", "password": "correct horse"})
    html = admin.get(address).text
    assert "That search has ended" in html
    assert "김지우" not in html


def test_a_customer_is_shown_from_all_sides(admin: TestClient) -> None:
    html = admin.get(f"/customers/{JIWOO}").text
    for text in ("김지우", "₩2,418,000", "jiwoo.kim@example.com", "Order completed", "Why these are one customer",
                 "Seen together", "14 times", "from crm, Oct 22, 2026", "Not followed"):  # fmt: skip
        assert text in html


def test_an_id_of_before_a_merge_leads_to_the_customer_of_today(admin: TestClient) -> None:
    answer = admin.get(f"/customers/{JIWOO_BEFORE}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/customers/{JIWOO}")


@pytest.mark.parametrize("customer", ["nobody", "c" + "a" * 26, "jiwoo.kim@example.com"])
def test_an_unknown_customer_is_not_found(admin: TestClient, customer: str) -> None:
    answer = admin.get(f"/customers/{customer}")
    assert answer.status_code == 404
    assert "No customer has this id" in answer.text


def test_a_customer_without_events_or_traits_says_so(admin: TestClient) -> None:
    html = admin.get(f"/customers/{MINSU}").text
    assert "No name known" in html
    assert "No events here" in html
    assert "one identifier only" in html


def test_the_timeline_goes_on_where_the_page_ended(admin: TestClient) -> None:
    first = admin.get(f"/customers/{JIWOO}").text
    assert "Loyalty Box Opened" not in first
    link = re.search(r'hx-get="([^"]+)"', first)
    assert link is not None
    whole = admin.get(link[1].replace("&amp;", "&")).text
    assert "Loyalty Box Opened" in whole
    assert "Back to the newest" in whole
    part = admin.get(link[1], headers={"hx-request": "true", "hx-target": "li#older"}).text
    assert "Loyalty Box Opened" in part
    assert "<html" not in part
    assert "This is where it began." in part


def test_the_timeline_of_one_channel_keeps_its_channel_in_the_address(admin: TestClient) -> None:
    html = admin.get(f"/customers/{JIWOO}?channel=web").text
    assert "Added to cart" in html
    assert "Order ready to pick up" not in html
    assert re.search(r'href="/customers/\w+\?channel=web" aria-current="true"', html)


def test_a_timeline_that_cannot_be_read_leaves_the_rest_of_the_page(admin: TestClient, window: Window) -> None:
    window.broken = {"timeline"}
    answer = admin.get(f"/customers/{JIWOO}")
    assert answer.status_code == 200
    assert "The timeline cannot be read just now" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "₩2,418,000" in answer.text


def test_a_database_that_is_away_is_told_with_the_requests_id(admin: TestClient, window: Window) -> None:
    window.broken = {"overview"}
    answer = admin.get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["x-request-id"] in answer.text
    assert "Try again" in answer.text


def test_a_bug_of_ours_is_logged_under_the_id_that_is_shown(
    admin: TestClient, window: Window, caplog: pytest.LogCaptureFixture
) -> None:
    window.broken = {"bug:quality"}
    with caplog.at_level(logging.ERROR, logger="itda.console"):
        answer = admin.get("/quality?source=web")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["x-request-id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in answer.text


def test_an_error_in_a_part_of_a_page_is_a_part(admin: TestClient, window: Window) -> None:
    window.broken = {"timeline"}
    answer = admin.get(f"/customers/{JIWOO}?before=8", headers={"hx-request": "true", "hx-target": "li#older"})
    assert answer.status_code == 503
    assert "<html" not in answer.text
    assert answer.headers["x-request-id"] in answer.text


def test_data_quality_names_reasons_and_files(admin: TestClient) -> None:
    html = admin.get("/quality").text
    for text in ("48,201", "Against its contract 21", "till.csv", "Complete", "49.8%"):
        assert text in html
    one = admin.get("/quality?source=crm").text
    assert "48,201" not in one
    assert "Row cannot be read 3" in one


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Database", "In order", "Failed 4 times in a row", "Never fetched", "On request", "99,578", "12,004")),
        ("ko", ("데이터베이스", "정상", "연속 4회 실패", "가져온 적 없음", "요청할 때", "99,578", "12,004")),
    ],
)
def test_data_quality_tells_how_each_source_stands(admin: TestClient, language: str, said: tuple[str, ...]) -> None:
    html = admin.get(f"/quality?lang={language}").text
    assert [text for text in (*said, "the SFTP server does not answer: Connection refused") if text not in html] == []


@pytest.mark.parametrize(("language", "said"), [("en", "Unreadable: E-mail 31"), ("ko", "읽지 못함: 이메일 31")])
def test_data_quality_names_what_was_no_identifier(admin: TestClient, language: str, said: str) -> None:
    assert said in admin.get(f"/quality?lang={language}").text


def test_quarantine_is_narrowed_to_a_reason(admin: TestClient) -> None:
    assert "neither userId nor anonymousId" in admin.get("/quarantine").text
    html = admin.get("/quarantine?reason=contract").text
    assert "properties.price: not a number" in html
    assert "neither userId nor anonymousId" not in html


def test_a_refused_event_shows_what_arrived(admin: TestClient) -> None:
    assert "&#34;price&#34;: &#34;cheap&#34;" in admin.get("/quarantine/5001").text
    assert "{oops" in admin.get("/quarantine/4990").text
    assert "The body is not shown" in admin.get("/quarantine/4100").text
    assert admin.get("/quarantine/1").status_code == 404


def test_replaying_leads_back_and_says_how_many(admin: TestClient, csrf: str, window: Window) -> None:
    answer = admin.post("/quarantine/replay", data={"csrf": csrf, "reason": "contract"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/quarantine?replayed=30")
    assert window.replayed == [([], "contract")]
    assert "30 events were sent through the door again." in admin.get("/quarantine?replayed=30").text


def test_a_replay_of_nothing_in_particular_is_refused(admin: TestClient, csrf: str, window: Window) -> None:
    assert admin.post("/quarantine/replay", data={"csrf": csrf}).status_code == 400
    assert window.replayed == []


@pytest.mark.parametrize("number", ["²", "9" * 19, "9" * 4_400, "-1", "1.5", "\0", "\uff11"])
def test_a_number_that_is_none_never_breaks_the_quarantine(
    admin: TestClient, csrf: str, window: Window, number: str
) -> None:
    for name in ("before", "replayed", "reason"):
        assert admin.get("/quarantine", params={name: number}).status_code == 200
    assert admin.get("/quarantine/" + "9" * 30).status_code == 404
    assert admin.post("/quarantine/replay", data={"csrf": csrf, "position": number}).status_code == 400
    assert window.replayed == []


def test_no_personal_value_stands_in_an_address_of_a_page(admin: TestClient, csrf: str) -> None:
    for path in ("/", f"/customers/{JIWOO}", search(admin, csrf, "김지우"), "/quarantine"):
        for address in re.findall(r'(?:href|action|hx-get|src)="([^"]*)"', admin.get(path).text):
            assert not any(value in unquote(address) for value in PERSONAL), address


def test_a_value_is_shown_as_text_never_as_markup(stranger: TestClient, window: Window, gate: Gate) -> None:
    stranger.post("/login", data={"login": "admin", "password": "correct horse"})
    csrf = next(iter(gate.tokens.values())).csrf
    html = stranger.get(search(stranger, csrf, "<script>alert(1)</script>")).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_customer_s_household_is_named_with_what_ties_it(admin: TestClient) -> None:
    page = admin.get(f"/customers/{JIWOO}?lang=en").text
    assert f'<dt>Same address · Same family name</dt><dd><a class="mono small" href="/customers/{MINSU}">' in page
    assert "<dt>Through another member</dt>" in page
    assert "3 customers live together" in page
    assert "Household" not in admin.get(f"/customers/{MINSU}?lang=en").text
