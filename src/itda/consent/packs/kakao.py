"""What Kakao asks of messages on its channels: AlimTalk (`alimtalk`), and its advertising messages (`kakao`).

Hours and terms are the provider's, told by its resellers; they differ among them, so they are values here.
"""

from __future__ import annotations

import msgspec

from itda.base.calendar import DailyWindow, minute_of_day
from itda.consent.countries import KOREA
from itda.consent.definition import ADS, Finding
from itda.consent.facts import Facts, Template
from itda.consent.rule import Check, Example, PackKind, Rule

ZONE = "Asia/Seoul"
KAKAO, ALIMTALK = "kakao", "alimtalk"
TEXTS = frozenset({"sms", "lms", "mms"})
"""What Kakao's messages fail over to."""

_NEWS = {"channel": "alimtalk", "message_class": "informational", "ground": "contract"}


class Kakao(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `kakao`."""

    closes: str = "20:50"
    """From when on Kakao takes no advertising message, included; 20:50 at the latest. Some resellers say 20:00."""
    opens: str = "08:00"
    """From when on it takes them again; 08:00 at the earliest."""


_KR_23 = (
    Example("an order's news", _NEWS | {"template": Template(message_class="informational")}),
    Example(
        "an event",
        {"channel": "alimtalk", "template": Template(message_class="advertising")},
        says="block",
        code="ALIMTALK_INFORMS_ONLY",
    ),
    Example(
        "an order's news with a link to an event",
        _NEWS | {"template": Template(message_class="informational", has_promotional_link=True)},
        says="block",
        code="ALIMTALK_INFORMS_ONLY",
    ),
    Example(
        "points without the act that earned them",
        _NEWS | {"template": Template(message_class="informational", is_of_coupons=True)},
        says="block",
        code="NO_BASIS_LINE",
    ),
)
_KR_24 = (
    Example(
        "five to nine in the evening",
        {"channel": "kakao"},
        at="2026-11-22 20:55",
        says="hold",
        code="KAKAO_CLOSED",
        until="2026-11-23 08:00",
    ),
    Example("at noon", {"channel": "kakao"}),
)
_KR_25 = (
    Example(
        "consent for Kakao alone",
        {"channel": "sms", "fails_over": "kakao", "consents": ("grant ad_receive kakao 2026-01-05",)},
        says="block",
        code="NO_CONSENT",
    ),
    Example(
        "consent for both",
        {"channel": "sms", "fails_over": "kakao", "consents": ("grant ad_receive sms 2026-01-05",)},
    ),
)


def _rules(values: Kakao) -> tuple[Rule, ...]:
    return (
        Rule(
            id="KR-23",
            sentence=(
                "AlimTalk carries information alone: no advertising template, no promotional link; a notice of coupons"
                " or points says by which act of the customer's they were earned."
            ),
            source="Kakao AlimTalk policy from 2026-04-01 (onehae 26.04); crewtool.app",
            mark="S",
            stages=("publish", "choice", "departure"),
            about="every",
            channels=(ALIMTALK,),
            countries=KOREA,
            needs=("template",),
            check=_informs,
            examples=_KR_23,
        ),
        Rule(
            id="KR-24",
            sentence=(
                f"Kakao's advertising messages are not handed over from {values.closes} to {values.opens} in Korea,"
                " whatever was consented to."
            ),
            source="NCP SENS documentation, code 3022",
            mark="S",
            channels=(KAKAO,),
            countries=KOREA,
            check=_open(values),
            examples=_KR_24,
        ),
        Rule(
            id="KR-25",
            sentence="An advertisement that fails over to a text message needs the consent for texts.",
            source="Network Act art. 50(1), for each medium",
            mark="P",
            channels=tuple(sorted(TEXTS)),
            countries=KOREA,
            needs=("consents",),
            check=_fails_over,
            examples=_KR_25,
        ),
    )


def _informs(facts: Facts, _now: int) -> Finding | None:
    template = facts.template
    if template is None:
        return None
    if facts.is_advertising or template.message_class == "advertising":
        return Finding("block", "ALIMTALK_INFORMS_ONLY", "it advertises: send it as a brand message instead")
    if template.has_promotional_link:
        return Finding("block", "ALIMTALK_INFORMS_ONLY", "a link in it leads to an offer: send it as a brand message")
    if template.is_of_coupons and not template.basis:
        return Finding("block", "NO_BASIS_LINE", "it does not say by which act the coupon or the points were earned")
    return None


def _open(values: Kakao) -> Check:
    closed = DailyWindow(ZONE, values.closes, values.opens)

    def check(_facts: Facts, now: int) -> Finding | None:
        until = closed.until(now)
        return None if until is None else Finding("hold", "KAKAO_CLOSED", f"closed from {values.closes}", until)

    return check


def _fails_over(facts: Facts, _now: int) -> Finding | None:
    if not facts.fails_over or facts.consents is None:
        return None
    status = facts.consents.standing(ADS, facts.channel).status
    if status == "granted":
        return None
    return Finding("block", "NO_CONSENT", f"meant for {facts.fails_over}; {ADS} on {facts.channel}: {status}")


def _looser(values: Kakao) -> tuple[str, ...]:
    try:
        closes, opens = minute_of_day(values.closes), minute_of_day(values.opens)
    except ValueError as error:
        return (str(error),)
    faults = []
    if not minute_of_day("12:00") < closes <= minute_of_day("20:50"):
        faults.append("closes must lie after noon and no later than 20:50")
    if not minute_of_day("08:00") <= opens < minute_of_day("12:00"):
        faults.append("opens must lie before noon and no earlier than 08:00")
    return tuple(faults)


PACK = PackKind(
    name="kakao",
    version="2026.11.1",
    since="2026-04-01",
    layer="provider",
    title_ko="카카오톡 메시지",
    title_en="Kakao messages",
    parameters=Kakao,
    rules=_rules,
    looser=_looser,
)
