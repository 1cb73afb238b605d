"""What rules add to their reasons is told in Korean, whatever pack says it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from itda.consent import packs
from itda.consent.examples import facts, moment
from itda.consent.judge import judge
from itda.console import language, phrases, requesting, saying
from itda.console.details import detail
from itda.engine.obliging import asking, became, letters
from itda.engine.requests import carrying, handing

HANGUL = re.compile(r"[\uac00-\ud7a3]")
KO = language.load("ko").gettext


def details() -> Iterator[str]:
    """All that any rule of any pack adds in its examples."""
    for name in packs.VERSIONS:
        for kind in packs.VERSIONS[name]:
            for rule in kind.pack().rules:
                for example in rule.examples:
                    if not example.after:
                        verdict = judge(facts(rule, example), [rule], moment(example.at))
                        yield from (reason.detail for reason in verdict.reasons if reason.detail)


def test_every_detail_of_every_example_of_the_packs_has_words() -> None:
    found = set(details())
    assert len(found) > 50
    unsaid = {text for text in found if not HANGUL.search(detail(text, KO))}
    assert unsaid == {text for text in found if text.startswith("contract: ")}, "of records that a law keeps"


@pytest.mark.parametrize(
    ("text", "korean"),
    [
        ("ad_receive on email: unknown", "광고 · 이메일: 물은 적 없음"),
        ("meant for kakao; ad_receive on sms: withdrawn", "원래 채널 카카오톡, 광고 · 문자: 철회함"),
        ("3 of 3 in 7 days,  would be one more", "7일 동안 3건 중 3건 발송, 이 메시지: -"),
        ("12 advertising messages wait already", "이미 기다리는 광고 메시지 12건"),
        ("carrier is not known", "알 수 없음: 전송 사업자"),
        ("what a pack of tomorrow says", "what a pack of tomorrow says"),
    ],
)
def test_values_are_told_in_words_too(text: str, korean: str) -> None:
    assert detail(text, KO) == korean


def test_a_form_takes_one_and_many() -> None:
    assert [phrases.told(f"{told} tried, all open", ["%(num)s keys tried, all open"], str) for told in ("1 key", "2,000 keys")] == [
        "1 keys tried, all open", "2,000 keys tried, all open",
    ]  # fmt: skip
    assert (
        phrases.told("1 keyhole tried, all open", ["%(num)s keys tried, all open"], str.upper)
        == "1 keyhole tried, all open"
    )


def test_what_a_rule_adds_to_a_message_is_no_reason_why_it_does_not_go() -> None:
    assert saying.hindrances("KR-09 LABEL, KR-12 WAY_OUT, caps CAPPED") == ["caps CAPPED"]
    assert saying.hindrances("KR-09 LABEL") == ["KR-09 LABEL"]
    assert saying.hindrances("UNRENDERABLE too_large") == ["UNRENDERABLE too_large"]


def test_every_rule_that_says_less_than_hold_hinders_nothing() -> None:
    said = {
        str(reason)
        for name in packs.VERSIONS for kind in packs.VERSIONS[name] for rule in kind.pack().rules
        for example in rule.examples if not example.after
        for reason in judge(facts(rule, example), [rule], moment(example.at)).reasons
        if reason.action in ("allow", "warn", "transform")
    }  # fmt: skip
    assert {one for one in said if saying.hindrances(f"{one}, X-05 NO_CONSENT") != ["X-05 NO_CONSENT"]} == {
        "CH-05 SPAM_RATE"
    }


@pytest.mark.parametrize(
    ("text", "korean"),
    [
        ("", ""),
        (
            "held: KR-09 LABEL, CH-04 DOMAIN_NOT_AUTHENTICATED",
            "보류됨: 도메인에 SPF, DKIM, DMARC가 갖추어지지 않았습니다.",
        ),
        ("dropped", "보내지 않음"),
        ("no e-mail address", "이메일 주소가 없습니다"),
        ("what tomorrow lacks", "what tomorrow lacks"),
    ],
)
def test_what_a_duty_lacks_is_told_in_korean(text: str, korean: str) -> None:
    assert requesting.lacking(text, KO) == korean


def test_whatever_keeps_a_duty_or_a_request_has_words() -> None:
    kept = (letters.NO_CHANNEL, letters.NO_SENDER, letters.NO_ADDRESS, asking.ASKED_TODAY, became.CAME_BACK,
            handing.ON_ITS_WAY, handing.DID_NOT_LEAVE, handing.CAME_BACK, carrying.READING)  # fmt: skip
    assert [one for one in kept if not HANGUL.search(requesting.lacking(one, KO))] == []
