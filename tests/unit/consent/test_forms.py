"""What a form of consents looks like, as HTML."""

from __future__ import annotations

import pytest

from itda.consent.forms import Ask, Box, Form, snippet


@pytest.mark.parametrize("body", ["이메일로 소식을 받겠습니다.", "이메일로 소식을 받겠습니다. (선택)"])
def test_a_box_is_called_optional_once_whether_or_not_its_text_says_so(body: str) -> None:
    box = Box(text_id="ads-email@1/ko", body=body, purpose="ad_receive", channel="email")
    form = Form(name="signup", source="web", asks=(Ask(text="ads-email"),))
    assert snippet(form, [box], "ko", "").count("(선택)") == 1
