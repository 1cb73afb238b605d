"""What a form of consents looks like, as HTML."""

from __future__ import annotations

import pytest

from itda.consent.forms import Ask, Box, Form, snippet


@pytest.mark.parametrize("body", ["이메일로 소식을 받겠습니다.", "이메일로 소식을 받겠습니다. (선택)"])
def test_a_box_is_called_optional_once_whether_or_not_its_text_says_so(body: str) -> None:
    box = Box(text_id="ads-email@1/ko", body=body, purpose="ad_receive", channel="email")
    form = Form(name="signup", source="web", asks=(Ask(text="ads-email"),))
    assert snippet(form, [box], "ko", "").count("(선택)") == 1


@pytest.mark.parametrize(
    ("language", "optional", "free"),
    [("ko", "(선택)", "동의하지 않아도 서비스를 이용하실 수"), ("en", "(optional)", "served all the same")],
)
def test_kr_33_every_box_says_that_it_is_optional_and_the_form_that_one_may_refuse(
    language: str, optional: str, free: str
) -> None:
    boxes = [Box("a@1/ko", "one", "ad_receive", "email"), Box("b@1/ko", "two", "ad_receive_night", "sms")]
    html = snippet(Form(name="join", source="web", asks=()), boxes, language, "")
    assert html.count(optional) == len(boxes)
    assert html.count(free) == 1
