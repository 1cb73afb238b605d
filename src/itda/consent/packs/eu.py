"""Europe: the ePrivacy Directive on unasked messages, and what the GDPR says of those who object.

From memory, to be verified by counsel before a brand relies on them; hence the marks.
"""

from __future__ import annotations

import msgspec

from itda.base.ages import CHILDREN, YOUTHS
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
FOURTEEN = ("AT", "BE", "BG", "CY", "EE", "ES", "FI", "GB", "IS", "IT", "LT", "LV", "MT", "PT", "SE")
"""Where whoever is fourteen consents for themselves; elsewhere from fifteen or sixteen on."""
_BERLIN = _DE | {"channel": "email"}
_PLATFORM = Destination(name="google", country="US", is_listed=True, takes_signals=True)


class Eu(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `eu`."""

    offers_optout: bool = False
    """Every sale that takes an address offers to refuse advertising there and then: without it no sale excuses any."""
    of_age_at_fourteen: tuple[str, ...] = FOURTEEN
    """States (ISO 3166) where whoever is fourteen consents alone; none but these. From memory: counsel must confirm."""
    adequate: tuple[str, ...] = ("KR",)
    """States outside Europe that an adequacy decision names, so far as it is relied on. From memory."""
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
_EU_11 = (
    Example("somebody of thirteen in Spain", {"countries": ("ES",), "age_band": "0-13"}, says="block", code="CHILD"),
    Example("the same with a guardian's consent", {"countries": ("ES",), "age_band": "0-13", "has_guardian": True}),
    Example("fourteen to nineteen in Spain", {"countries": ("ES",), "age_band": "14-19"}),
    Example("the same in Germany", _DE | {"age_band": "14-19"}, says="block", code="CHILD"),
    Example("thirty in Germany", _DE | {"age_band": "30-39"}),
    Example("fourteen to nineteen, and nobody knows where", {"countries": None, "age_band": "14-19"}),
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
_EU_14 = (
    Example("to the United States", _DE | {"destination": _PLATFORM}, says="block", code="NO_MECHANISM"),
    Example(
        "on clauses that are named",
        _DE | {"destination": msgspec.structs.replace(_PLATFORM, mechanism="SCC 2021/914, TIA 2026-03")},
    ),
    Example("to Korea, by adequacy", _DE | {"destination": Destination(name="agency", country="KR", is_listed=True)}),
    Example(
        "to somebody else in the country of a brand from there",
        {"countries": ("DE",), "sender": {"country": "US"}, "destination": _PLATFORM},
        says="block",
        code="NO_MECHANISM",
    ),
    Example(
        "to the brand itself there",
        {
            "countries": ("DE",),
            "sender": {"country": "US"},
            "destination": msgspec.structs.replace(_PLATFORM, is_another_controller=False),
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
        *_of_children_and_transfers(values),
    )  # fmt: skip


def _of_children_and_transfers(values: Eu) -> tuple[Rule, ...]:
    return (
        Rule(
            id="EU-11",
            sentence=(
                "Nothing that rests on consent goes to whoever may be under the age of consent of their state, nor do"
                " they leave in a row, without a guardian's."
            ),
            source="GDPR art. 8",
            mark="M",
            stages=("choice", "departure", "export"),
            countries=EUROPE,
            hard=True,
            check=_grown(values),
            examples=_EU_11,
        ),
        Rule(
            id="EU-14",
            sentence=(
                "A row leaves Europe only to a state that an adequacy decision names, or on clauses or the like that"
                " processors.yaml names."
            ),
            source="GDPR art. 44 to 49",
            mark="M",
            stages=("export",),
            about="every",
            countries=EUROPE,
            needs=("destination",),
            check=_transferred(values),
            examples=_EU_14,
        ),
    )


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


def _grown(values: Eu) -> Check:
    """Bands of age do not tell fourteen from nineteen: whoever may be too young where they may live is held to be."""

    def check(facts: Facts, _now: int) -> Finding | None:
        if facts.age_band not in (CHILDREN, YOUTHS) or facts.has_guardian:
            return None
        here = [one for one in facts.countries or () if one in EUROPE]
        if facts.age_band == CHILDREN or any(one not in values.of_age_at_fourteen for one in here):
            return Finding("block", "CHILD", "may be under the age of consent, and no guardian's was verified")
        return None

    return check


def _transferred(values: Eu) -> Check:
    def check(facts: Facts, _now: int) -> Finding | None:
        to = facts.destination
        home = facts.sender.country if facts.sender is not None else ""
        if to is None or to.mechanism or to.country in EUROPE or to.country in values.adequate:
            return None
        if to.country and to.country == home and not to.is_another_controller:
            return None  # it stays with the brand itself
        return Finding("block", "NO_MECHANISM", f"nothing is named that a transfer to {to.name} rests on")

    return check


def _signalled(facts: Facts, _now: int) -> Finding | None:
    if facts.consents is None or facts.destination is None or not facts.destination.takes_signals:
        return None
    missing = [one for one in SIGNALS if facts.consents.standing(one, ANY_CHANNEL).status != "granted"]
    return Finding("block", "NO_AD_CONSENT", f"not granted: {', '.join(missing)}") if missing else None


def _looser(values: Eu) -> tuple[str, ...]:
    faults = []
    if values.answer_days is not None and not 1 <= values.answer_days <= _LEAST_MONTH:
        faults.append(f"answer_days must be 1 to {_LEAST_MONTH}, or left out: one month")
    if not set(values.of_age_at_fourteen) <= set(FOURTEEN):
        faults.append(f"of_age_at_fourteen can only name {', '.join(FOURTEEN)}")
    if not set(values.adequate) <= {"KR"}:
        faults.append("adequate can only name KR: of others processors.yaml names the decision as mechanism")
    return tuple(faults)


PACK = PackKind(
    name="eu",
    version="2026.11.2",
    since="2026-11-23",
    layer="jurisdiction",
    title_ko="유럽: ePrivacy, GDPR",
    title_en="Europe: ePrivacy and GDPR",
    parameters=Eu,
    rules=_rules,
    looser=_looser,
    answers=lambda values: Term(
        rule="EU-07", countries=EUROPE, days=values.answer_days or 0, months=values.answer_days is None
    ),
)


def _first(values: Eu) -> tuple[Rule, ...]:
    return tuple(rule for rule in _rules(values) if rule.id not in ("EU-11", "EU-14"))


FIRST = msgspec.structs.replace(PACK, version="2026.11.1", since="2026-11-01", rules=_first)
