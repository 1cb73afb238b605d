"""What proves that a duty was done is told in words, and what a person wrote stays as they wrote it."""

from __future__ import annotations

import pytest

from itda.console import language, proving, traits
from itda.console.formats import Formats

KO = language.load("ko").gettext
MAIL = (
    '{"at":"2026-11-21T05:12:09Z","disclosed":[],"message":"8d","message_id":"<a@shop.example>","status":"delivered"}'
)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ('{"by":"dpo","proof":"전화로 알림"}', "dpo 기록: 전화로 알림"),
        (f'{{"by":"dpo","report":"{"05" * 32}"}}', "dpo 서명, 보고서 050505050505"),
        ('{"glass":"7f","reviewed_by":"sora"}', "sora 확인"),
        ('{"void":"erased"}', "더 이상 할 필요가 없습니다"),
        (f'{{"by":"upkeep","request":"{"7f" * 16}"}}', "요청 7f7f7f7f7f7f"),
        ('{"announced":true,"counts":{},"left":0,"run":12}', "파기 실행 12번"),
        (MAIL, "메일: 전달됨, 2026. 11. 21. 14:12"),
        ("letter of 3 May", "letter of 3 May"),
        ('{"message_id":"<a@shop.example>"}', '{"message_id":"<a@shop.example>"}'),
    ],
)
def test_each_proof_that_the_shop_writes_has_words(kept: str, told: str) -> None:
    assert proving.proof(kept, Formats("ko", "Asia/Seoul", "KRW"), KO) == told


def test_a_part_of_a_sealed_value_that_is_kept_in_clear_has_words_and_is_not_offered_for_correction() -> None:
    assert [traits.named(one, KO) for one in ("birth_date_age_band", "birth_date_month_day", "shoe_size")] == [
        "연령대", "생일", "shoe size",
    ]  # fmt: skip
    assert {"name", "birth_date"} <= set(traits.TOLD)
    assert not {"age_band", "birth_month_day", "email_domain"} & set(traits.TOLD)
