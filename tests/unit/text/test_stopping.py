"""Which replies say that no more shall come."""

from __future__ import annotations

import pytest

from itda.text.stopping import wish

STOP = (
    "STOP", " stop. ", "Quit", "END", "revoke", "OPT OUT", "opt-out", "Cancel!", "UNSUBSCRIBE", "수신거부", "거부", "수신 거부",
    "\uff33\uff34\uff2f\uff30", "Stop texting me", "please stop", "수신거부 부탁드려요", "문자 보내지 마세요", "don't text me again",
    "Don\u2019t text me",
)  # fmt: skip
OTHER = (
    "cancel my order 123", "end of month please", "when do you open?", "I'll stop by tomorrow", "stop by at six",
    "거부감이 없어요", "수신거부 취소해 주세요", "", "nonstop", "감사합니다",
)  # fmt: skip


@pytest.mark.parametrize("text", STOP)
def test_a_word_that_says_stop_is_heard(text: str):
    assert wish(text) == "stop"


@pytest.mark.parametrize("text", OTHER)
def test_anything_else_is_for_a_person_to_read(text: str):
    assert wish(text) == "other"
