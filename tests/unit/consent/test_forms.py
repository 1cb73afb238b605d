"""What a form of consents looks like, as HTML."""

from __future__ import annotations

import re

import pytest

from itda.consent.forms import Ask, Box, Form, snippet


@pytest.mark.parametrize("body", ["이메일로 소식을 받겠습니다.", "이메일로 소식을 받겠습니다. (선택)"])
def test_a_box_is_called_optional_once_whether_or_not_its_text_says_so(body: str) -> None:
    box = Box(text_id="ads-email@1/ko", body=body, purpose="ad_receive", channel="email", called="광고성 정보 수신")
    form = Form(name="signup", source="web", asks=(Ask(text="ads-email"),))
    assert snippet(form, [box], "ko", "").count("(선택)") == 1


@pytest.mark.parametrize(
    ("language", "optional", "free"),
    [("ko", "(선택)", "동의하지 않아도 서비스를 이용하실 수"), ("en", "(optional)", "served all the same")],
)
def test_kr_33_every_box_says_that_it_is_optional_and_the_form_that_one_may_refuse(
    language: str, optional: str, free: str
) -> None:
    boxes = [Box("a@1/ko", "one", "ad_receive", "email", "x"), Box("b@1/ko", "two", "ad_receive_night", "sms", "y")]
    html = snippet(Form(name="join", source="web", asks=()), boxes, language, "")
    assert html.count(optional) == len(boxes)
    assert html.count(free) == 1


def test_kr_33_with_each_box_stand_what_for_which_data_and_how_long_the_first_and_the_last_emphasised() -> None:
    boxes = [
        Box("a@1/ko", "one", "ad_receive", "email", "광고성 정보 수신"),
        Box("b@1/ko", "two", "ad_receive", "sms", "광고성 정보 수신"),
        Box("c@1/ko", "three", "provide_3p:mart", "", "<마트>에 제공"),
    ]
    html = snippet(Form(name="join", source="web", asks=()), boxes, "ko", "")
    told = re.findall(r'<span id="itda-join-\w-facts">(.*?)</span>', html)
    assert [re.sub(r"<.*?>", "", one) for one in told] == [
        "목적: 광고성 정보 수신 · 수집 항목: 이메일 · 보유·이용 기간: 동의를 철회하실 때까지",
        "목적: 광고성 정보 수신 · 수집 항목: 휴대전화 번호 · 보유·이용 기간: 동의를 철회하실 때까지",
        "목적: &lt;마트&gt;에 제공 · 수집 항목: 이메일, 휴대전화 번호 · 보유·이용 기간: 동의를 철회하실 때까지",
    ]
    for one in told:
        assert re.findall(r"<strong>(\S+)", one) == ["목적:", "보유·이용"]
    assert all(f'aria-describedby="itda-join-{name}-facts"' in html for name in "abc")
    own = Form(name="join", source="web", asks=(), kept={"ko": "2년"})
    assert snippet(own, boxes[:1], "ko", "").count("보유·이용 기간: 2년") == 1
    english = snippet(own, boxes[:1], "en", "")
    assert "What for: " in english
    assert "until you withdraw" in english
