"""What Korea's Personal Information Protection Act (개인정보 보호법) decides of messages and of what leaves.

With the parts of the Network Act that are about data rather than advertising: connecting information (연계정보, art.
23-5, 23-6) and children. What is decided at the door, as a form is published or by the schedule is not asked here;
docs/rulebook.toml says where each rule is kept.
"""

from __future__ import annotations

import msgspec

from itda.base.ages import CHILDREN
from itda.consent.countries import KOREA
from itda.consent.definition import ADS, ANY_CHANNEL, Finding, Stage
from itda.consent.facts import Destination, Facts
from itda.consent.rule import Check, Example, PackKind, Rule, Term
from itda.consent.uses import is_connecting

PROVIDE, OVERSEAS, BEHAVIOUR = "provide_3p", "overseas", "behav_ads"
_LEAVES: tuple[Stage, ...] = ("export",)
_ALWAYS: tuple[Stage, ...] = ("choice", "departure", "export")
_NEWS = {"message_class": "informational", "ground": "contract"}
_ABROAD = Destination(name="google", country="US", is_listed=True, is_behavioural=True)


class KrPipa(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `kr_pipa`."""

    home: tuple[str, ...] = KOREA
    """Countries (ISO 3166) that are not abroad."""
    accepts: tuple[str, ...] = ()
    """Grounds of a transfer abroad beside consent that counsel has confirmed: contract, certified, adequate."""
    answer_days: int = 10
    """Days in which requests of people are answered, the day after they came the first (art. 35 to 37; KR-49)."""


def _rules(values: KrPipa) -> tuple[Rule, ...]:
    return (*_of_people(), *_of_rows(values))


def _of_people() -> tuple[Rule, ...]:
    return (
        Rule(
            id="KR-40",
            sentence="Nothing is sent to, and nothing leaves of, a child under fourteen without a guardian's consent.",
            source="PIPA art. 22-2; decree art. 17-2",
            mark="P",
            stages=_ALWAYS,
            about="every",
            countries=KOREA,
            hard=True,
            check=_child,
            examples=(
                Example("somebody of thirteen", {"age_band": "0-13"}, says="block", code="CHILD"),
                Example("the same with a guardian's consent", {"age_band": "0-13", "has_guardian": True}),
                Example("somebody of fourteen", {"age_band": "14-19"}),
            ),
        ),
        Rule(
            id="KR-44",
            sentence="What is kept for another law alone is not written to, not counted in and not taken out.",
            source="PIPA art. 21(3); E-Commerce Act decree art. 6(2)3",
            mark="P",
            stages=_ALWAYS,
            about="every",
            countries=KOREA,
            hard=True,
            check=_kept_apart,
            examples=(
                Example("orders kept five years for the law", {"is_kept_apart": True}, says="block", code="KEPT_APART"),
                Example("a customer"),
            ),
        ),
        Rule(
            id="KR-50",
            sentence="From the moment somebody asks for it their data is used and handed on no more.",
            source="PIPA art. 37(3) to 37(5)",
            mark="P",
            stages=_ALWAYS,
            about="every",
            countries=KOREA,
            hard=True,
            check=_stopped,
            examples=(
                Example("a request to stop", {"is_stopped": True}, says="block", code="STOPPED"),
                Example("news of an order to whoever asked so", _NEWS | {"is_stopped": True}),
                Example("the same to whoever is to be forgotten", _NEWS | {"is_stopped": True, "is_leaving": True},
                        says="block", code="STOPPED"),
                Example("a customer"),
            ),
        ),
    )  # fmt: skip


_SHARED = ("grant provide_3p:google any 2026-01-05 wide",)
_KR_35 = (
    Example("nobody said so", {"destination": _ABROAD}, says="block", code="NO_CONSENT_TO_PROVIDE"),
    Example("a consent that names it", {"destination": _ABROAD, "consents": _SHARED}),
)
_KR_36 = (
    Example("nobody said so", {"destination": _ABROAD, "consents": _SHARED}, says="block", code="NO_CONSENT_ABROAD"),
    Example(
        "a consent that names it", {"destination": _ABROAD, "consents": ("grant overseas:google any 2026-01-05 wide",)}
    ),
    Example("to somebody in Korea", {"destination": Destination(name="agency", country="KR")}),
)
_KR_37 = (
    Example("a recipient that is listed", {"destination": _ABROAD}),
    Example(
        "one that is not",
        {"destination": Destination(name="agency", country="KR")},
        says="block",
        code="RECIPIENT_NOT_LISTED",
    ),
)
_KR_39 = (
    Example("a row of hashed addresses", {"columns": frozenset({"email_sha256"})}),
    Example("one with it", {"columns": frozenset({"trait.ci"})}, says="block", code="CI"),
)
_KR_42 = (
    Example("nobody said so", {"destination": _ABROAD}, says="block", code="NO_CONSENT_TO_BEHAVIOUR"),
    Example("a consent to it", {"destination": _ABROAD, "consents": ("grant behav_ads any 2026-01-05 wide",)}),
)
_KR_48 = (
    Example("no reason", says="block", code="NO_REASON"),
    Example("a reason", {"reason": "autumn campaign, ticket 41"}),
)


def _of_rows(values: KrPipa) -> tuple[Rule, ...]:
    return (
        Rule(
            id="KR-35",
            sentence=(
                "A row goes to another controller only with a consent to provide it that names who gets it, for what, "
                "which items and how long."
            ),
            source="PIPA art. 17, 71",
            mark="P",
            stages=_LEAVES,
            about="every",
            countries=KOREA,
            needs=("consents", "destination"),
            check=_provided,
            examples=_KR_35,
        ),
        Rule(
            id="KR-36",
            sentence=(
                "A row goes abroad only with a consent of its own, or on another ground of the law that was confirmed."
            ),
            source="PIPA art. 28-8",
            mark="P",
            stages=_LEAVES,
            about="every",
            countries=KOREA,
            needs=("consents", "destination"),
            check=_abroad(values),
            examples=_KR_36,
        ),
        Rule(
            id="KR-37",
            sentence="Nothing goes to whom the published register of recipients does not name.",
            source="PIPA art. 26(1) to 26(3)",
            mark="P",
            stages=_LEAVES,
            about="every",
            countries=KOREA,
            needs=("destination",),
            check=_listed,
            examples=_KR_37,
        ),
        *_of_every_row(),
    )


def _of_every_row() -> tuple[Rule, ...]:
    """Whoever it goes to."""
    return (
        Rule(
            id="KR-39",
            sentence="Connecting information (CI) leaves in no row.",
            source="Network Act art. 23-5(4), 23-6(2)",
            mark="P",
            stages=_LEAVES,
            about="every",
            hard=True,
            check=_connecting,
            examples=_KR_39,
        ),
        Rule(
            id="KR-42",
            sentence="What joins people to what they do elsewhere takes a consent to behavioural advertising.",
            source="guideline of the regulators 2017, policy of PIPC 2024 (omedia)",
            mark="S",
            stages=_LEAVES,
            about="every",
            countries=KOREA,
            needs=("consents", "destination"),
            check=_behaviour,
            examples=_KR_42,
        ),
        Rule(
            id="KR-48",
            sentence="Every export has a reason that is kept.",
            source="standard of security measures, 2019",
            mark="S",
            stages=_LEAVES,
            about="every",
            check=_reasoned,
            examples=_KR_48,
        ),
    )  # fmt: skip


def _child(facts: Facts, _now: int) -> Finding | None:
    if facts.age_band != CHILDREN or facts.has_guardian:
        return None
    return Finding("block", "CHILD", "under fourteen, and no guardian's consent was verified")


def _kept_apart(facts: Facts, _now: int) -> Finding | None:
    return (
        Finding("block", "KEPT_APART", "what is known is kept for another law alone") if facts.is_kept_apart else None
    )


def _stopped(facts: Facts, _now: int) -> Finding | None:
    if facts.is_leaving or (facts.is_stopped and (facts.is_advertising or facts.stage == "export")):
        return Finding("block", "STOPPED", "the person asked that their data be used no more")
    return None


def _provided(facts: Facts, _now: int) -> Finding | None:
    to = facts.destination
    if to is None or facts.consents is None or not to.is_another_controller:
        return None
    status = facts.consents.standing(f"{PROVIDE}:{to.name}", ANY_CHANNEL).status
    return None if status == "granted" else Finding("block", "NO_CONSENT_TO_PROVIDE", f"to {to.name}: {status}")


def _abroad(values: KrPipa) -> Check:
    def check(facts: Facts, _now: int) -> Finding | None:
        to = facts.destination
        if to is None or facts.consents is None or to.country in values.home or to.transfer in values.accepts:
            return None
        status = facts.consents.standing(f"{OVERSEAS}:{to.name}", ANY_CHANNEL).status
        return None if status == "granted" else Finding("block", "NO_CONSENT_ABROAD", f"to {to.name}: {status}")

    return check


def _listed(facts: Facts, _now: int) -> Finding | None:
    if facts.destination is None or facts.destination.is_listed:
        return None
    return Finding("block", "RECIPIENT_NOT_LISTED", f"{facts.destination.name} is in no register of recipients")


def _connecting(facts: Facts, _now: int) -> Finding | None:
    found = sorted(column for column in facts.columns if is_connecting(column))
    return Finding("block", "CI", f"{', '.join(found)} may not leave") if found else None


def _behaviour(facts: Facts, _now: int) -> Finding | None:
    to = facts.destination
    if to is None or facts.consents is None or not to.is_behavioural:
        return None
    status = facts.consents.standing(BEHAVIOUR, ANY_CHANNEL).status
    refused = facts.consents.standing(ADS, ANY_CHANNEL).status in ("refused", "withdrawn")
    if status == "granted" and not refused:
        return None
    return Finding("block", "NO_CONSENT_TO_BEHAVIOUR", f"{BEHAVIOUR}: {status}")


def _reasoned(facts: Facts, _now: int) -> Finding | None:
    return None if facts.reason.strip() else Finding("block", "NO_REASON", "nobody said why it leaves")


def _looser(values: KrPipa) -> tuple[str, ...]:
    faults = [] if set(values.home) <= set(KOREA) else ["home can only name KR"]
    known = {"contract", "certified", "adequate"}
    if not set(values.accepts) <= known:
        faults.append(f"accepts can only name {', '.join(sorted(known))}")
    if not 1 <= values.answer_days <= 10:  # noqa: PLR2004 - what the law says
        faults.append("answer_days must be 1 to 10")
    return tuple(faults)


PACK = PackKind(
    name="kr_pipa",
    version="2026.9.1",
    since="2026-09-11",
    layer="jurisdiction",
    title_ko="개인정보 보호법",
    title_en="Korea: Personal Information Protection Act",
    parameters=KrPipa,
    rules=_rules,
    looser=_looser,
    answers=lambda values: Term(rule="KR-49", countries=KOREA, days=values.answer_days),
)
