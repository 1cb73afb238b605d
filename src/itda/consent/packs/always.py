"""What holds for every message of every brand: it is decided on what is known now, and the decision is kept."""

from __future__ import annotations

import msgspec

from itda.base.instant import SECOND
from itda.consent.countries import EUROPE, KOREA
from itda.consent.definition import ADS, SUBJECT_WIDE, Finding
from itda.consent.facts import Facts
from itda.consent.rule import Example, PackKind, Rule

SPOKEN_FOR = (*KOREA, *EUROPE)


class Core(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `core`."""

    fresh_s: int = 60
    """Seconds for which consents that were read still count as a message leaves: 60 at most."""
    spoken_for: tuple[str, ...] = SPOKEN_FOR
    """Countries (ISO 3166) whose own pack says who may be advertised to; everywhere else it takes a consent."""


_X_01 = (
    Example("its decision is kept"),
    Example("its decision is kept nowhere", {"decision": None}, says="block", code="NOT_KNOWN"),
    Example("its decision has no row", {"decision": b""}, says="block", code="NOT_LOGGED"),
)
_X_02 = (
    Example("consents were read now"),
    Example(
        "consents were read at half past eleven",
        {"consents_read_at": "2026-11-23 11:30"},
        says="block",
        code="CONSENT_NOT_FRESH",
    ),
)
_X_03 = (
    Example("nobody refused", {"consents": ("grant ad_receive push 2026-01-05",)}),
    Example(
        "a joined identifier withdrew",
        {"consents": ("grant ad_receive push 2026-01-05", "withdraw ad_receive push 2026-02-01 joined")},
        says="block",
        code="REFUSED_ELSEWHERE",
    ),
)
_X_04 = (
    Example("the address that was consented for", {"consents": ("grant ad_receive push 2026-01-05",)}),
    Example(
        "a number that is somebody else's now",
        {"consents": ("grant ad_receive push 2026-01-05",), "is_recycled": True},
        says="block",
        code="ADDRESS_PASSED_ON",
    ),
)
_X_05 = (
    Example("somebody in Korea, whose own pack speaks"),
    Example(
        "somebody in Brazil, written to from Brazil",
        {"countries": ("BR",), "sender": {"country": "BR"}},
        says="block",
        code="NO_CONSENT",
    ),
)


def _rules(values: Core) -> tuple[Rule, ...]:
    def logged(facts: Facts, _now: int) -> Finding | None:
        return None if facts.decision else Finding("block", "NOT_LOGGED", "its decision is written in no row")

    def fresh(facts: Facts, now: int) -> Finding | None:
        read_at = facts.consents_read_at
        if read_at is not None and now - read_at <= values.fresh_s * SECOND:
            return None
        return Finding("block", "CONSENT_NOT_FRESH", f"consents were read more than {values.fresh_s} s ago")

    return (
        Rule(
            id="X-01",
            sentence="No message leaves unless its decision is kept, with rules, packs, inputs and verdict.",
            source="accountability (GDPR art. 5(2), PIPA art. 3)",
            mark="M",
            stages=("departure",),
            about="every",
            needs=("decision",),
            check=logged,
            hard=True,
            examples=_X_01,
        ),
        Rule(
            id="X-02",
            sentence="Consent is read again at most 60 seconds before a message leaves, also after a hold or a retry.",
            source="Network Act art. 50(2)",
            mark="P",
            stages=("departure",),
            needs=("consents", "consents_read_at"),
            check=fresh,
            hard=True,
            examples=_X_02,
        ),
        Rule(
            id="X-03",
            sentence="Joining customers never makes a consent more permissive: one refusal among them is the answer.",
            source="Salesforce Consent API, least permissive",
            mark="S",
            needs=("consents",),
            check=_unjoined,
            hard=True,
            examples=_X_03,
        ),
        *_wherever(values),
    )


def _wherever(values: Core) -> tuple[Rule, ...]:
    """X-04 and X-05: addresses and countries."""
    return (
        Rule(
            id="X-04",
            sentence=(
                "A new phone or e-mail has no consent until one is given for it; one that passed to somebody else, or"
                " bounces for good, has none either."
            ),
            source="what a consent is: for one address (GDPR art. 4(11), Network Act art. 50(1))",
            mark="M",
            needs=("consents",),
            check=_unpassed,
            examples=_X_04,
        ),
        Rule(
            id="X-05",
            sentence="Where no pack speaks for the person's country or the sender's, an advertisement takes a consent.",
            source="strictest of all where it is not known (ePrivacy art. 13)",
            mark="M",
            needs=("consents",),
            check=lambda facts, _now: _agreed(facts, values.spoken_for),
            examples=_X_05,
        ),
    )


def _unjoined(facts: Facts, _now: int) -> Finding | None:
    """Looks at each fragment's own state, and at what was refused for every address or every channel."""
    if facts.consents is None:
        return None
    for states in facts.consents.states.values():
        for (contact, purpose, channel), state in states.items():
            is_own = contact != SUBJECT_WIDE and (purpose, channel) == (ADS, facts.channel)
            if is_own and state.status in ("refused", "withdrawn"):
                return Finding("block", "REFUSED_ELSEWHERE", "a joined identifier of this customer refused")
    for about in dict.fromkeys((ADS, facts.purpose or ADS)):
        if facts.consents.standing(about, facts.channel).status in ("refused", "withdrawn"):
            return Finding("block", "OPTED_OUT", f"{about} on {facts.channel} was refused")
    return None


def _unpassed(facts: Facts, _now: int) -> Finding | None:
    """A consent for an address that was somebody else's says nothing; what a rule of a country excuses, it cannot."""
    if facts.is_recycled:
        return Finding("block", "ADDRESS_PASSED_ON", "the address is dead or passed to somebody else since its consent")
    return None


def _agreed(facts: Facts, spoken_for: tuple[str, ...]) -> Finding | None:
    sender = facts.sender.country if facts.sender is not None else ""
    if facts.consents is None or facts.countries is None or not sender:
        return None  # nothing is known, so every pack is asked
    if sender in spoken_for or any(country in spoken_for for country in facts.countries):
        return None
    status = facts.consents.standing(ADS, facts.channel).status
    return None if status == "granted" else Finding("block", "NO_CONSENT", f"{ADS} on {facts.channel}: {status}")


def _looser(values: Core) -> tuple[str, ...]:
    faults = [] if 0 < values.fresh_s <= 60 else ["fresh_s must be from 1 to 60"]  # noqa: PLR2004 - the rule's own
    if not set(values.spoken_for) <= set(SPOKEN_FOR):
        faults.append(f"spoken_for can only name {', '.join(SPOKEN_FOR)}")
    return tuple(faults)


PACK = PackKind(
    name="core",
    version="2026.11.1",
    since="2026-11-01",
    layer="core",
    title_ko="모든 메시지",
    title_en="Every message",
    parameters=Core,
    rules=_rules,
    looser=_looser,
)
