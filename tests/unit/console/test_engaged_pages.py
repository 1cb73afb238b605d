"""The pages of segments, journeys, messages and measures: what they say, and each of their states."""

from __future__ import annotations

import html as entities
import json
import re

import pytest
from starlette.testclient import TestClient
from tests.unit.console.engaged_views import number
from tests.unit.console.window import JIWOO, Window

from itda.engine.questions.definitions import DefinitionsView


def words(html: str) -> str:
    return re.sub(r"\s+", " ", entities.unescape(re.sub(r"<[^>]*>", " ", html)))


def test_a_segment_that_is_being_renewed_is_said_to_be_old(admin: TestClient) -> None:
    seen = words(admin.get("/segments").text)
    assert "Loyal shoppers loyal Up to date" in seen
    assert "Old: being computed anew, 42.0% so far" in seen
    assert "Old: waits for `itda replay`" in seen
    page = words(admin.get("/segments/changed").text)
    assert "42.0% so far, the answers before it stand for the rest" in page


def test_a_definition_is_told_in_words(admin: TestClient) -> None:
    seen = words(admin.get("/segments/loyal").text)
    assert "Revenue: at least ₩100,000" in seen
    assert "cart_viewed" not in seen
    assert "on Web, App · at least once · in the last 24 hours" in seen
    assert "Consent to Advertising by E-mail: Given" in seen
    assert "None of these" in seen
    assert "In the segment “Loyal shoppers”" in seen
    korean = words(admin.get("/segments/loyal?lang=ko").text)
    assert "매출: ₩100,000 이상" in korean
    assert "최근 24시간" in korean


def test_why_somebody_is_in_a_segment_tells_what_each_test_found(admin: TestClient) -> None:
    seen = words(admin.get(f"/segments/loyal/why/{JIWOO}").text)
    assert "Found: 241,000" in seen
    assert "Found: Given" in seen
    assert "Does not hold" in seen


def test_members_lead_to_customers_and_are_paged(admin: TestClient) -> None:
    html = admin.get("/segments/loyal").text
    assert f'href="/customers/{JIWOO}"' in html
    assert f"after={JIWOO}" in html
    assert "Nobody is in it" in words(admin.get("/segments/quiet").text)


def test_a_journey_is_drawn_with_its_counts_and_told_as_a_table(admin: TestClient) -> None:
    html = admin.get("/journeys/rescue").text
    drawing = html[html.index('<svg class="route"') : html.index("</details>", html.index('<svg class="route"'))]
    assert drawing.count("<g class=") == 6
    assert "Goal reached 95" in words(drawing)
    assert "yes 360" in words(drawing)
    assert "no 20" in words(drawing)
    table = words(html[html.index("<table") : html.index("</table>")])
    assert "an hour Wait 500 25" in table
    assert "Message: Cart reminder 360 25" not in table
    assert "regular 380" in table


def test_a_drawing_stays_within_its_frame(admin: TestClient) -> None:
    html = admin.get("/journeys/rescue").text
    box = re.search(r'class="route" viewBox="0 0 (\d+) (\d+)"', html)
    assert box is not None
    width, height = int(box[1]), int(box[2])
    drawing = html[box.start() : html.index("<details", box.end())]
    assert max(int(x) for x in re.findall(r"H(\d+)", drawing)) < width
    assert max(int(y) for y in re.findall(r'<text[^>]* y="(\d+)"', drawing)) <= height


def test_treated_stands_beside_held_out_with_the_interval(admin: TestClient) -> None:
    seen = words(admin.get("/journeys/rescue").text)
    assert "Difference of treated to held out +11 points" in seen
    assert "95 % interval: +2 points … +19 points" in seen
    assert "leaves out 0" in seen


def test_a_difference_that_cannot_be_counted_leaves_the_page_standing(admin: TestClient, window: Window) -> None:
    window.broken = {"measure"}
    answer = admin.get("/journeys/rescue")
    assert answer.status_code == 200
    assert "This cannot be counted just now" in answer.text
    assert '<svg class="route"' in answer.text


def test_uncertain_messages_stand_on_top_with_what_to_do(admin: TestClient, window: Window, csrf: str) -> None:
    html = admin.get("/messages").text
    assert html.index("did these go?") < html.index('aria-label="State"')
    one = number("uncertain")
    answer = admin.post(f"/messages/{one}/resolve", data={"became": "unsent", "csrf": csrf})
    assert answer.headers["location"] == f"/messages/{one}"
    assert window.settled == [(one, "unsent")]
    assert admin.post(f"/messages/{one}/resolve", data={"became": "maybe", "csrf": csrf}).status_code == 400


def test_messages_are_narrowed_by_state_message_and_journey(admin: TestClient) -> None:
    assert words(admin.get("/messages?status=dropped").text).count("There is no consent to it.") == 1
    assert "None of these" in admin.get("/messages?journey=other").text
    assert 'href="/messages?journey=rescue&amp;status=held"' in admin.get("/messages?journey=rescue").text


def test_why_not_names_the_rule_in_the_readers_language_and_its_source(admin: TestClient) -> None:
    path = f"/messages/{number('dropped')}"
    seen = words(admin.get(path).text)
    assert "Why it was not sent" in seen
    assert "When it was chosen: Does not go" in seen
    assert "There is no consent to it." in seen
    assert "KR-02 · Network Act art. 50(1)" in seen
    assert "KR-99 SOMETHING_NEW" in seen
    korean = words(admin.get(path + "?lang=ko").text)
    assert "수신 동의가 없습니다." in korean
    assert "정보통신망법 제50조 제1항" in korean


def test_a_message_that_went_is_told_to_its_order(admin: TestClient) -> None:
    seen = words(admin.get(f"/messages/{number('sent')}").text)
    steps = ["Came into “Cart rescue”", "The step “mail” wanted it", "When it was chosen: May go",
             "Before it left: May go", "Attempt 1: The server took it", "Opened a message", "Clicked in a message",
             "Their next order", "4 hours after it was sent"]  # fmt: skip
    places = [seen.index(step) for step in steps]
    assert places == sorted(places)


def test_a_mail_is_shown_in_a_frame_that_may_do_nothing(admin: TestClient) -> None:
    assert 'sandbox title="' in admin.get("/messages/preview/cart?in=ko").text
    inside = admin.get("/messages/preview/cart/ko")
    policy = inside.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox;" in policy
    assert "script-src" not in policy
    assert inside.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors 'none'" in admin.get("/messages").headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/segments/none", "/journeys/none", "/messages/00", "/messages/preview/none", "/measures/none"]
)
def test_what_is_not_there_is_said_to_be_gone(admin: TestClient, path: str) -> None:
    answer = admin.get(path)
    assert answer.status_code == 404
    assert "Not here" in answer.text


def test_each_measure_has_its_meaning_beside_it(admin: TestClient) -> None:
    html = admin.get("/measures").text
    assert (html.count('hx-trigger="load"'), html.count('hx-trigger="revealed"')) == (6, 20)
    for name, meaning in (("conversion", "who placed an order in it"), ("online_to_store_conversion", "online touch")):
        assert meaning in words(admin.get(f"/measures/{name}").text)
        assert meaning in words(admin.get(f"/measures/{name}", headers={"hx-request": "true"}).text)


def test_a_chart_of_months_travels_as_data_with_a_table_beside_it(admin: TestClient) -> None:
    html = admin.get("/measures/revenue?by=month&lang=ko").text
    told = re.search(r'<span id="figure-revenue" hidden>(.*?)</span>', html)
    assert told is not None
    chart = json.loads(entities.unescape(told[1]))
    assert chart["at"] == ["2026년 9월", "2026년 10월", "2026년 11월"]
    assert chart["series"][0]["values"] == [900, 800, 700]
    assert "2026년 10월 ₩800" in words(html)


def test_models_of_attribution_stand_side_by_side(admin: TestClient) -> None:
    seen = words(admin.get("/measures/attributed_orders?by=channel").text)
    assert seen.index("First touch") < seen.index("Last touch") < seen.index("All alike")
    assert "Without a touch" in seen


def test_a_split_that_there_is_not_is_said_plainly(admin: TestClient) -> None:
    assert admin.get("/measures/message_funnel?by=store").status_code == 200
    assert words(admin.get("/measures/revenue?by=nonsense").text).count("₩1,200") > 0


def test_orders_in_other_currencies_are_said_to_be_left_out(admin: TestClient) -> None:
    assert "3 orders in other currencies are not counted" in words(admin.get("/measures/revenue").text)


def test_a_shop_without_any_of_it_says_what_to_do(admin: TestClient, window: Window) -> None:
    window.is_empty = True
    for path, said in (
        ("/segments", "No segments yet"), ("/journeys", "No journeys yet"), ("/messages", "Nothing was to be sent yet"),
        ("/measures/orders", "Nothing to count yet"),
    ):  # fmt: skip
        assert said in admin.get(path).text
    assert "top-segments" not in admin.get("/").text


def test_a_customer_page_tells_consents_segments_ways_and_messages(admin: TestClient) -> None:
    seen = words(admin.get(f"/customers/{JIWOO}").text)
    assert "Advertising E-mail" in seen
    assert "confirm until Jan 20, 2028" in seen
    assert "Tell them what became of their act" in seen
    assert "was asked (said yes where anybody could have: to be confirmed)" in seen
    assert "Loyal shoppers" in seen
    assert "Message not sent mail They refused or withdrew." in seen
    assert "Cart reminder" in seen


@pytest.mark.parametrize("path", ["/segments", "/journeys", "/messages"])
def test_files_that_are_not_applied_are_told_in_one_quiet_line(admin: TestClient, window: Window, path: str) -> None:
    assert "differ" not in words(admin.get(path).text)
    window.held = DefinitionsView(unapplied=["segments/mine.yaml"])
    assert "differ from what holds (segments/mine.yaml): run `itda diff`" in words(admin.get(path).text)
    assert "적용된 내용과 다릅니다(segments/mine.yaml)" in words(admin.get(f"{path}?lang=ko").text)
    window.held = DefinitionsView(unapplied=["segments/mine.yaml"], faults=2)
    assert "have 2 faults: run `itda check`" in words(admin.get(f"{path}?lang=en").text)
    assert "오류가 2건" in words(admin.get(f"{path}?lang=ko").text)


@pytest.mark.parametrize("path", ["/", "/segments", "/messages"])
def test_what_cannot_hold_is_told_with_its_cure(admin: TestClient, window: Window, path: str) -> None:
    window.held = DefinitionsView(unsuited=["segments/mine.yaml:1: no channel"], unfolded=["lately"])
    seen = words(admin.get(path).text)
    assert "Nothing is sent What was applied last does not suit itda.yaml" in seen
    assert "segments/mine.yaml:1: no channel" in seen
    assert "The past is not counted yet for lately: stop `itda serve` and run `itda replay`" in seen
    window.held = DefinitionsView(unsuited=["cannot be read"], is_lost=True)
    assert "처리·판단·발송이 모두 멈춰 있습니다" in words(admin.get(f"{path}?lang=ko").text)
    window.held = DefinitionsView(other_words=["consent.yaml:17: the text ads@1/ko has other words than were shown"])
    assert "No consent is written down" in admin.get(f"{path}?lang=en").text
    korean = admin.get(f"{path}?lang=ko").text
    assert "동의를 기록하지 않고 있습니다" in korean
    assert "consent.yaml:17" in korean


def test_who_stands_still_is_shown_and_gone_on_with_by_those_who_may(
    admin: TestClient, csrf: str, window: Window
) -> None:
    seen = words(admin.get("/journeys").text)
    assert "1 customer stands still after a fault of our own" in seen
    assert "Their journeys could not go on" in seen
    assert admin.post("/journeys/go-on", data={"csrf": csrf}).headers["location"] == "/journeys"
    again = admin.get("/journeys").text
    assert "being tried again" in words(again)
    assert 'action="/journeys/go-on"' not in again
    window.is_empty = True
    assert "stands still" not in words(admin.get("/journeys").text)


def test_a_viewer_sees_nobody_who_stands_still(viewer: TestClient) -> None:
    assert "stands still" not in words(viewer.get("/journeys").text)
