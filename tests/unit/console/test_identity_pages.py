"""The pages of who is one customer: rules, hubs, past, history, why, and the steward's queue."""

from __future__ import annotations

import html as entities
import re
from typing import get_args

import msgspec
import pytest
from starlette.testclient import TestClient
from tests.unit.console.identity_views import DECISION, HUB, TAKEN, cut, fragment, task_id
from tests.unit.console.window import JIWOO, MINSU, Window

from itda.console import stewarding
from itda.console.pages.past import decided
from itda.console.pages.review import evidence
from itda.engine.questions.review_views import Field, Kind
from itda.engine.questions.views import WhyView
from itda.identity.match.kinds import COMPARISONS

A, B = fragment("email"), fragment("anonymous_id")


def words(html: str) -> str:
    return re.sub(r"\s+", " ", entities.unescape(re.sub(r"<[^>]*>", " ", html)))


def seen(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return words(answer.text)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("one a customer, ever", "A customer has at most 500 identifiers.", "Suspected", "Confirmed: joins nobody")),
        ("ko", ("고객 한 명에 평생 하나", "고객 한 명의 식별자는 최대 500개입니다.", "의심", "확정: 아무도 연결하지 않음")),
    ],
)  # fmt: skip
def test_the_rules_and_the_hubs_are_told_in_words(admin: TestClient, language: str, said: tuple[str, ...]) -> None:
    page = seen(admin, f"/identity?lang={language}")
    assert [text for text in (*said, "store-tablet-07") if text not in page] == []
    assert "unknown@shop.example" not in page
    assert '- "unknown@shop.example"' in seen(admin, "/identity?part=suspects")


def test_a_file_that_says_otherwise_shows_only_what_differs_and_asks_for_the_rest(
    admin: TestClient, window: Window
) -> None:
    window.is_rewritten = True
    answer = admin.get("/identity")
    page = words(answer.text)
    assert "Now at most 5 a customer Would be at most 1 a customer" in page
    assert "Now A customer has at most 500 identifiers. Would be A customer has at most 60 identifiers." in page
    assert 'hx-get="/identity?part=moves"' in answer.text
    part = admin.get("/identity?part=moves", headers={"hx-request": "true"}).text
    assert "<html" not in part
    assert "2 customers would be split into 5" in words(part)
    assert f'href="/customers/{MINSU}"' in part
    assert "Loyal shoppers: 2 would come in, 1 go out" in words(part)


def test_where_counting_takes_too_long_the_command_is_named(admin: TestClient, window: Window) -> None:
    window.is_slow = True
    assert "more than 5,000 identifiers" in seen(admin, "/identity?part=moves")


def test_a_hub_is_settled_with_a_reason_and_never_without(admin: TestClient, csrf: str, window: Window) -> None:
    told = {"csrf": csrf, "answer": "confirm", "reason": " the shop's own "}
    assert admin.post(f"/identity/hubs/{HUB}", data=told).headers["location"] == "/identity?counts=yes#hubs"
    assert window.settled_of == [(HUB, "confirm", "the shop's own")]
    for wrong in ({"reason": "  "}, {"answer": "burn"}):
        assert admin.post(f"/identity/hubs/{HUB}", data=told | wrong).status_code == 400
    window.is_slow = True
    assert "it counts as soon as" in seen(admin, admin.post(f"/identity/hubs/{HUB}", data=told).headers["location"])


def test_an_empty_shop_says_what_would_come_here(admin: TestClient, window: Window) -> None:
    window.is_empty = True
    page = seen(admin, "/identity")
    assert "No identifier is shared by many" in page
    assert "No value looks like nobody's" in seen(admin, "/identity?part=suspects")
    assert "Run `itda review refresh`" in seen(admin, "/identity/review")


def test_a_customer_is_shown_as_of_a_day_by_either_knowledge(admin: TestClient) -> None:
    today = seen(admin, f"/customers/{JIWOO}/past?day=2026-05-01")
    assert "As of May 1, 2026" in today
    assert "Identifiers 5 today 7" in today
    known = seen(admin, f"/customers/{JIWOO}/past?day=2026-05-01&view=known")
    assert "Identifiers 3 today 7" in known
    assert "Nothing of this customer had happened by then." in seen(admin, f"/customers/{JIWOO}/past?day=2025-01-01")
    for nothing in ("", "?day=soon", "?day=2026-13-40"):
        assert "Choose a day" in seen(admin, f"/customers/{JIWOO}/past{nothing}")
    assert admin.get("/customers/nobody/past").status_code == 404


def test_a_history_offers_to_take_back_only_what_stands(admin: TestClient, csrf: str, window: Window) -> None:
    answer = admin.get(f"/customers/{JIWOO}/history")
    page = words(answer.text)
    assert "Said to be one customer" in page
    assert "by admin: 본인이 전화로 확인함" in page
    assert "other rules of identity were applied 0a1b2c3d4e5f" in page
    assert f'value="{DECISION}"' in answer.text
    assert f'value="{TAKEN}"' not in answer.text
    told = {"csrf": csrf, "decision": DECISION, "reason": "a slip"}
    assert admin.post(f"/customers/{JIWOO}/history", data=told).status_code == 303
    assert window.settled_of == [(DECISION, "undo", "a slip")]
    assert "Nothing has joined or parted" in seen(admin, f"/customers/{MINSU}/history")


def test_why_two_are_one_is_told_link_by_link_and_a_cut_offers_its_taking_back(
    admin: TestClient, csrf: str, window: Window
) -> None:
    joined = admin.get(f"/customers/{JIWOO}/why?a={A}&b={B}").text
    assert "jiwoo.kim@example.com Seen together · 26 times" in words(joined)
    assert 'value="cut"' in joined
    assert 'value="undo"' not in joined
    apart = admin.get(f"/customers/{JIWOO}/why?a={A}&b={HUB}").text
    assert "Why these are two customers" in words(apart)
    assert "Kept apart by a steward" in words(apart)
    assert 'value="undo"' in apart
    assert 'value="cut"' not in apart
    told = {"csrf": csrf, "a": A, "b": B, "answer": "cut", "reason": "her sister's"}
    answer = admin.post(f"/customers/{JIWOO}/why", data=told)
    assert answer.headers["location"] == f"/customers/{JIWOO}/why?a={A}&b={B}&counts=yes"
    assert window.settled_of == [(A, B, "cut", "her sister's")]
    assert admin.post(f"/customers/{JIWOO}/why", data=told | {"reason": ""}).status_code == 400
    assert "Choose two identifiers" in seen(admin, f"/customers/{JIWOO}/why")
    assert "Nothing to show for these two" in seen(admin, f"/customers/{JIWOO}/why?a={A}&b=ff")


def test_a_decision_about_others_on_the_way_is_none_about_the_two() -> None:
    link = cut(A, B)[1]
    view = WhyView("", "", True, JIWOO, JIWOO, [msgspec.structs.replace(link, tier="must", b=HUB)], [], [])
    assert decided(view, A, B) == ""
    assert decided(view, HUB, A) == "must"


def answered(client: TestClient, csrf: str, task: str, **told: str) -> str:
    answer = client.post(f"/identity/review/{task}", data={"csrf": csrf, **told})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_the_queue_is_answered_one_after_another_and_the_last_answer_taken_back(
    admin: TestClient, csrf: str, window: Window
) -> None:
    first = admin.get("/identity/review").text
    assert "4 left of 4" in words(first)
    assert "Name: family part 김 Kim one letter off, or sounds the same for +4.9" in words(first)
    assert "Before anything is compared against \u221211.2" in words(first)
    where = answered(admin, csrf, task_id("alike"), answer="same", next=task_id("joined"), of="4")
    page = seen(admin, where)
    assert "3 left of 4" in page
    assert "Noted: one customer." in page
    assert "The matching joined these. Is that right?" in page
    assert window.answered == [(task_id("alike"), "same", "Seen side by side in the review")]
    assert "was decided meanwhile" in seen(admin, answered(admin, csrf, task_id("alike"), answer="different"))
    back = admin.post("/identity/review/undo", data={"csrf": csrf, "of": "4"}).headers["location"]
    assert "Taken back: asked again. Are these one person?" in seen(admin, back)
    assert window.answered == []
    nothing = admin.post("/identity/review/undo", data={"csrf": csrf}).headers["location"]
    assert "nothing of yours to take back" in seen(admin, nothing)
    assert admin.post(f"/identity/review/{task_id('alike')}", data={"csrf": csrf, "answer": "x"}).status_code == 400


def test_each_kind_of_task_asks_its_own_question(admin: TestClient) -> None:
    held = seen(admin, f"/identity/review?task={task_id('held')}")
    assert "Both sides have one of this kind, and they differ: Membership." in held
    assert "What is known of both" in held
    desk = admin.get(f"/identity/review?task={task_id('desk')}").text
    assert "It was seen with 48 identifiers." in words(desk)
    assert "Shared by many" in words(re.findall(r"<button[^>]*value=\"different\".*?</button>", desk, re.DOTALL)[0])
    assert "김지우 \u2013 김민수" in seen(admin, "/identity/review?kind=limit")


def test_what_was_put_off_and_what_was_decided_are_lists_from_which_answers_are_taken_back(
    admin: TestClient, csrf: str, window: Window
) -> None:
    assert "Nothing is put off" in seen(admin, "/identity/review?view=later")
    assert "Nothing was decided yet" in seen(admin, "/identity/review?view=decided")
    window.answered = [(task_id("alike"), "later", ""), (task_id("held"), "different", "")]
    assert "put off until Nov 22, 2026" in seen(admin, "/identity/review?view=later")
    decided = admin.get("/identity/review?view=decided").text
    assert "Decided by admin" in words(decided)
    assert 'value="same"' not in decided
    admin.post("/identity/review/undo", data={"csrf": csrf, "task": task_id("held")})
    assert window.answered == [(task_id("alike"), "later", "")]


def test_an_address_that_asks_for_nonsense_is_the_whole_queue(admin: TestClient) -> None:
    for path in ("?kind=%00&view=x&task=zz&of=9%209&told=nonsense", "?task=" + "f" * 32, "?of=" + "9" * 18):
        assert "Are these one person?" in seen(admin, f"/identity/review{path}")


def test_bars_reach_from_the_middle_to_the_side_they_speak_for() -> None:
    bits = (8.0, -4.0, None, 0.0)
    lines = evidence([Field("x", "", "", "", "", one) for one in bits])
    assert [(line.x, line.width) for line in lines] == [(50.0, 50.0), (25.0, 25.0), (50.0, 0.0), (50.0, 0.0)]
    assert evidence([]) == []
    assert [line.field.what for line in evidence([Field("", "prior", "", "", "", 1.0), lines[0].field])] == [
        "",
        "prior",
    ]


def test_every_way_in_which_values_agree_has_its_words() -> None:
    said = {level for kind in COMPARISONS.values() for level in kind.levels}
    assert said - set(stewarding.AGREEMENT) == set()


def test_every_word_that_a_history_or_a_task_uses_is_known() -> None:
    decisions = {f"hub {what}" for what in ("must", "cannot")}
    assert decisions <= set(stewarding.HAPPENED)
    assert set(stewarding.HAPPENED) == set(stewarding.HAPPENED_ICONS)
    assert set(stewarding.TASKS) == set(stewarding.ASKED) == set(stewarding.TASK_ICONS) == set(get_args(Kind))
