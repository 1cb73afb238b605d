"""Europe: the ePrivacy Directive on unasked messages, and what the GDPR says of those who object.

From memory, to be verified by counsel before a brand relies on them; hence the marks.
"""

from __future__ import annotations

import msgspec

from itda.consent.countries import EUROPE
from itda.consent.definition import ADS, ANY_CHANNEL, Finding
from itda.consent.facts import Destination, Facts
from itda.consent.rule import Check, Example, PackKind, Rule, Term

ELECTRONIC = ("email", "sms", "lms", "mms", "push", "kakao")
SIGNALS = ("ad_user_data", "ad_personalization")
"""The signals that advertising platforms ask of people in Europe."""
_PROFILES = ("personalise", "profiling", "behav_ads")
_LEAST_MONTH = 28
"""Days that no month is shorter than."""
_AWAY = ("refused", "withdrawn")
_DE = {"countries": ("DE",), "sender": {"country": "DE"}}
_BERLIN = _DE | {"channel": "email"}
_PLATFORM = Destination(name="google", country="US", is_listed=True, takes_signals=True)


class Eu(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `eu`."""

    offers_optout: bool = False
    """Every sale that takes an address offers to refuse advertising there and then: without it no sale excuses any."""
    answer_days: int | None = None
    """Days in which requests of people are answered; left out: one month (GDPR art. 12(3), from memory; EU-07)."""


_EU_01 = (
    Example("nobody said so", _BERLIN, says="block", code="NO_CONSENT"),
    Example("a consent", _BERLIN | {"consents": ("grant ad_receive email 2026-01-05",)}),
    Example(
        "a sale alone",
        _BERLIN | {"category": "shoes", "transactions": ("shoes 2026-06-01",)},
        says="block",
        code="NO_CONSENT",
    ),
)
_EU_02 = (
    Example("a consent with its text", _BERLIN | {"consents": ("grant ad_receive email 2026-01-05",)}),
    Example(
        "one without",
        _BERLIN | {"consents": ("grant ad_receive email 2026-01-05 unproven",)},
        says="block",
        code="NO_EVIDENCE",
    ),
)
_EU_04 = (
    Example(
        "an objection",
        _BERLIN | {"consents": ("grant ad_receive email 2026-01-05", "withdraw ad_receive any 2026-02-01 wide")},
        says="block",
        code="OBJECTED",
    ),
    Example(
        "an objection to profiling alone, of a message that rests on it",
        _BERLIN | {"purpose": "personalise", "consents": ("refuse profiling any 2026-02-01 wide",)},
        says="block",
        code="OBJECTED",
    ),
    Example("no objection", _BERLIN | {"consents": ("grant ad_receive email 2026-01-05",)}),
)
_EU_13 = (
    Example(
        "one of the two",
        _DE | {"destination": _PLATFORM, "consents": ("grant ad_user_data any 2026-01-05 wide",)},
        says="block",
        code="NO_AD_CONSENT",
    ),
    Example(
        "both",
        _DE
        | {
            "destination": _PLATFORM,
            "consents": ("grant ad_user_data any 2026-01-05 wide", "grant ad_personalization any 2026-01-05 wide"),
        },
    ),
)


def _rules(values: Eu) -> tuple[Rule, ...]:
    return (
        Rule(
            id="EU-01",
            sentence=(
                "An electronic advertisement needs consent, or goes for own similar goods to an address got in a sale"
                " that offered to refuse, as each message does."
            ),
            source="ePrivacy Directive art. 13",
            mark="M",
            channels=ELECTRONIC,
            countries=EUROPE,
            needs=("consents",),
            check=_opted_in(values),
            examples=_EU_01,
        ),
        Rule(
            id="EU-02",
            sentence="A consent counts where the text that was shown for it, or other evidence, is kept.",
            source="GDPR art. 4(11), 7(1)",
            mark="M",
            countries=EUROPE,
            needs=("consents",),
            check=_proven,
            examples=_EU_02,
        ),
        Rule(
            id="EU-04",
            sentence="An objection to direct marketing stops all of it on every channel, and profiling for it.",
            source="GDPR art. 21(2), 21(3)",
            mark="M",
            stages=("choice", "departure", "export"),
            countries=EUROPE,
            needs=("consents",),
            hard=True,
            check=_objected,
            examples=_EU_04,
        ),
        Rule(
            id="EU-13",
            sentence="A row goes to an advertising platform only where both signals that it asks for are granted.",
            source="support.google.com/displayvideo/answer/14673239",
            mark="S",
            stages=("export",),
            about="every",
            countries=EUROPE,
            needs=("consents", "destination"),
            check=_signalled,
            examples=_EU_13,
        ),
    )  # fmt: skip


def _opted_in(values: Eu) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        if facts.consents is None:
            return None
        status = facts.consents.standing(ADS, facts.channel).status
        if status == "granted" or (values.offers_optout and status not in _AWAY and _sold(facts, now)):
            return None
        return Finding("block", "NO_CONSENT", f"{ADS} on {facts.channel}: {status}")

    return check


def _sold(facts: Facts, now: int) -> bool:
    return bool(facts.category) and any(
        sale.is_direct and sale.ended_at <= now and facts.category in sale.categories
        for sale in facts.transactions or ()
    )


def _proven(facts: Facts, _now: int) -> Finding | None:
    """Not asked of somebody of whom nobody knows where they live: the text is asked for as consent is taken."""
    if facts.consents is None or facts.countries is None:
        return None
    state = facts.consents.standing(ADS, facts.channel)
    if state.status != "granted" or state.text_id:
        return None
    return Finding("block", "NO_EVIDENCE", "nothing shows what was consented to")


def _objected(facts: Facts, _now: int) -> Finding | None:
    if facts.consents is None:
        return None
    if facts.consents.standing(ADS, ANY_CHANNEL).status in _AWAY:
        return Finding("block", "OBJECTED", "the person objected to direct marketing")
    rests = facts.purpose in _PROFILES or facts.destination is not None
    if rests and facts.consents.standing("profiling", ANY_CHANNEL).status in _AWAY:
        return Finding("block", "OBJECTED", "the person objected to profiling")
    return None


def _signalled(facts: Facts, _now: int) -> Finding | None:
    if facts.consents is None or facts.destination is None or not facts.destination.takes_signals:
        return None
    missing = [one for one in SIGNALS if facts.consents.standing(one, ANY_CHANNEL).status != "granted"]
    return Finding("block", "NO_AD_CONSENT", f"not granted: {', '.join(missing)}") if missing else None


PACK = PackKind(
    name="eu",
    version="2026.11.1",
    since="2026-11-01",
    layer="jurisdiction",
    title_ko="유럽: ePrivacy, GDPR",
    title_en="Europe: ePrivacy and GDPR",
    parameters=Eu,
    rules=_rules,
    looser=lambda values: (
        ()
        if values.answer_days is None or 1 <= values.answer_days <= _LEAST_MONTH
        else (f"answer_days must be 1 to {_LEAST_MONTH}, or left out: one month",)
    ),
    answers=lambda values: Term(
        rule="EU-07", countries=EUROPE, days=values.answer_days or 0, months=values.answer_days is None
    ),
)
