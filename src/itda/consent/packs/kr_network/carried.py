"""By what an advertisement may be carried, and for which goods: numbers, carriers, addresses, categories."""

from __future__ import annotations

from collections.abc import Collection

from itda.base.ages import CHILDREN, YOUTHS
from itda.consent.countries import KOREA
from itda.consent.definition import Finding
from itda.consent.facts import Carrier, Facts
from itda.consent.rule import Check, Example, Rule

TEXTS = ("sms", "lms", "mms")
_SHOWN = (*TEXTS, "voice", "call", "kakao", "alimtalk")
_UNLAWFUL = frozenset({"generated", "harvested", "registered"})
"""Ways to get an address that art. 50(5) forbids."""
_OURS = Carrier(callers=frozenset({"02-1"}))


_KR_19 = (
    Example("an address as its source told it", {"channel": "email"}),
    Example("a number made up", {"collected_via": "generated"}, says="block", code="UNLAWFUL_ADDRESS"),
)
_KR_20 = (
    Example("a number of the brand's", {"channel": "sms", "caller": "02-1", "carrier": _OURS}),
    Example(
        "another number",
        {"channel": "sms", "caller": "02-2", "carrier": _OURS},
        says="block",
        code="UNREGISTERED_SENDER",
    ),
    Example("nobody knows by what it goes", {"channel": "sms"}, says="block", code="NOT_KNOWN"),
)
_KR_21 = (
    Example(
        "a carrier that is certified",
        {"channel": "sms", "carrier": Carrier(certificate="KMCC-1", certified_until=1 << 62)},
    ),
    Example(
        "one whose certificate ended",
        {"channel": "sms", "carrier": Carrier(certificate="KMCC-1")},
        says="block",
        code="CARRIER_NOT_CERTIFIED",
    ),
)
_KR_22 = (
    Example("shoes", {"category": "shoes"}),
    Example("tobacco", {"category": "담배", "age_band": "30-39"}, says="block", code="BANNED_GOODS"),
    Example("wine to anybody", {"category": "주류"}, says="block", code="ADULTS_ONLY"),
    Example("wine to an adult", {"category": "주류", "age_band": "30-39"}),
)


def rules(banned: Collection[str], guarded: Collection[str]) -> tuple[Rule, ...]:
    """KR-19 to KR-22."""
    return (
        Rule(
            id="KR-19",
            sentence="Nothing goes to an address that was generated, harvested or registered by a machine.",
            source="Network Act art. 50(5)2, 50(5)3 and 50-2",
            mark="P",
            countries=KOREA,
            check=_collected,
            examples=_KR_19,
        ),
        Rule(
            id="KR-20",
            sentence="The number or profile that a message shows as its sender is registered to the brand.",
            source="Network Act art. 50(5)4; Telecommunications Business Act art. 84-2",
            mark="M",
            about="every",
            channels=_SHOWN,
            countries=KOREA,
            needs=("carrier",),
            check=_registered,
            examples=_KR_20,
        ),
        Rule(
            id="KR-21",
            sentence="Texts that advertise go only by a carrier with a certificate for bulk texts that is in force.",
            source="Network Act art. 50-3(1)",
            mark="P",
            channels=TEXTS,
            countries=KOREA,
            needs=("carrier",),
            check=_certified,
            examples=_KR_21,
        ),
        Rule(
            id="KR-22",
            sentence=(
                "Goods that may not be advertised are not; what only adults may be offered goes to those alone who are"
                " known to be adults."
            ),
            source="Network Act art. 50-8; Youth Protection Act art. 2 for the list",
            mark="M",
            countries=KOREA,
            check=_goods(frozenset(banned), frozenset(guarded)),
            examples=_KR_22,
        ),
    )  # fmt: skip


def _collected(facts: Facts, _now: int) -> Finding | None:
    if facts.collected_via not in _UNLAWFUL:
        return None
    return Finding("block", "UNLAWFUL_ADDRESS", f"the address was {facts.collected_via}")


def _registered(facts: Facts, _now: int) -> Finding | None:
    if facts.carrier is None or (facts.caller and facts.caller in facts.carrier.callers):
        return None
    return Finding("block", "UNREGISTERED_SENDER", "its number or profile is not registered to the brand")


def _certified(facts: Facts, now: int) -> Finding | None:
    if facts.carrier is None or (facts.carrier.certificate and now < facts.carrier.certified_until):
        return None
    return Finding("block", "CARRIER_NOT_CERTIFIED", "what sends it holds no certificate in force for bulk texts")


def _goods(banned: frozenset[str], guarded: frozenset[str]) -> Check:
    def check(facts: Facts, _now: int) -> Finding | None:
        category = facts.category.casefold() if facts.category else ""
        if not category:
            return None
        if category in banned:
            return Finding("block", "BANNED_GOODS", f"{facts.category} may not be advertised")
        if category in guarded and (facts.age_band is None or facts.age_band in (CHILDREN, YOUTHS)):
            return Finding("block", "ADULTS_ONLY", f"{facts.category} may be offered to adults alone")
        return None

    return check
