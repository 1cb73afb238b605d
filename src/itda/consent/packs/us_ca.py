"""California: who opted out of sale and sharing, by a signal of their browser or otherwise, leaves in no row."""

from __future__ import annotations

import msgspec

from itda.base.ages import CHILDREN, YOUTHS
from itda.consent.countries import STATES
from itda.consent.definition import ANY_CHANNEL, Finding
from itda.consent.facts import Destination, Facts
from itda.consent.rule import Example, PackKind, Rule, Term

SALE = "sale_share"
"""The purpose whose refusal `Sec-GPC: 1` is."""
CALIFORNIA = "US-CA"
_AGREED = "grant sale_share any 2026-01-05 wide"
_PLATFORM = Destination(name="meta", country="US", is_listed=True)
_CA = {"countries": ("US",), "regions": ("US-CA",), "sender": {"country": "US"}, "destination": _PLATFORM}


class UsCa(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `us_ca`. A refusal counts wherever in the United States the person is."""

    answer_days: int = 45
    """Days in which requests of people are answered (CCPA, from memory; US-09)."""


def _rules(_values: UsCa) -> tuple[Rule, ...]:
    return (
        Rule(
            id="US-07",
            sentence="Who opted out of sale and sharing, as `Sec-GPC: 1` does for device and person, leaves in no row.",
            source="11 CCR 7025 (publicvector.io)",
            mark="S",
            stages=("export",),
            about="every",
            countries=STATES,
            needs=("consents", "destination"),
            hard=True,
            check=_opted_out,
            examples=(
                Example("a signal of the browser", _CA | {"consents": ("refuse sale_share any 2026-11-22 wide",)},
                        says="block", code="NO_SALE"),
                Example("nothing said", _CA),
            ),
        ),
        Rule(
            id="US-10",
            sentence=(
                "Whoever may be under sixteen in California leaves in no row unless they agreed to sale and sharing; of"
                " a child a guardian did."
            ),
            source="Cal. Civ. Code 1798.120(c), from memory",
            mark="M",
            stages=("export",),
            about="every",
            countries=STATES,
            needs=("consents", "destination"),
            check=_opted_in,
            examples=(
                Example("fourteen to nineteen, who agreed to nothing", _CA | {"age_band": "14-19"}, says="block",
                        code="NO_CONSENT"),
                Example("who agreed", _CA | {"age_band": "14-19", "consents": (_AGREED,)}),
                Example("a child who agreed alone", _CA | {"age_band": "0-13", "consents": (_AGREED,)}, says="block",
                        code="CHILD"),
                Example("with a guardian", _CA | {"age_band": "0-13", "has_guardian": True, "consents": (_AGREED,)}),
                Example("nobody knows where", _CA | {"countries": None, "regions": (), "age_band": "14-19"}),
                Example("in Texas", _CA | {"regions": ("US-TX",), "age_band": "14-19"}),
                Example("of thirty", _CA | {"age_band": "30-39"}),
            ),
        ),
    )  # fmt: skip


def _opted_in(facts: Facts, _now: int) -> Finding | None:
    """Bands of age do not tell fifteen from nineteen: whoever may be under sixteen is held to be."""
    to = facts.destination
    is_elsewhere = facts.countries is None or (bool(facts.regions) and CALIFORNIA not in facts.regions)
    if facts.consents is None or to is None or not to.is_another_controller or is_elsewhere:
        return None
    if facts.age_band not in (CHILDREN, YOUTHS):
        return None
    if facts.age_band == CHILDREN and not facts.has_guardian:
        return Finding("block", "CHILD", "under fourteen, and no guardian's consent was verified")
    status = facts.consents.standing(SALE, ANY_CHANNEL).status
    return None if status == "granted" else Finding("block", "NO_CONSENT", f"{SALE}: {status}")


def _opted_out(facts: Facts, _now: int) -> Finding | None:
    if facts.consents is None or facts.destination is None or not facts.destination.is_another_controller:
        return None
    status = facts.consents.standing(SALE, ANY_CHANNEL).status
    return Finding("block", "NO_SALE", f"{SALE}: {status}") if status in ("refused", "withdrawn") else None


PACK = PackKind(
    name="us_ca",
    version="2026.11.2",
    since="2026-11-22",
    zone="America/Los_Angeles",
    layer="jurisdiction",
    title_ko="미국 캘리포니아: CCPA",
    title_en="California: CCPA",
    parameters=UsCa,
    rules=_rules,
    looser=lambda values: () if 1 <= values.answer_days <= 45 else ("answer_days must be 1 to 45",),  # noqa: PLR2004
    answers=lambda values: Term(rule="US-09", countries=STATES, days=values.answer_days),
)


def _first(values: UsCa) -> tuple[Rule, ...]:
    return tuple(rule for rule in _rules(values) if rule.id != "US-10")


FIRST = msgspec.structs.replace(PACK, version="2026.11.1", since="2026-11-01", rules=_first)
