"""The United States: CAN-SPAM for mails; the Telephone Consumer Protection Act and laws of states for texts, calls."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from itda.base.calendar import DailyWindow, minute_of_day
from itda.consent.countries import STATES
from itda.consent.definition import ADS, Change, Finding
from itda.consent.facts import Facts
from itda.consent.rule import Check, Example, PackKind, Rule

CALLS = ("sms", "lms", "mms", "voice", "call")
_AWAY = ("refused", "withdrawn")
_US = {"countries": ("US",), "sender": {"country": "US"}}
_TURNS = 8
"""Zones whose open hours overlap find a common one within as many steps as there are zones, of which there are few."""


_WAY_OUT = "To stop receiving these e-mails, unsubscribe here (free of charge)."
EARLY_STATES = ("US-FL", "US-MD", "US-OK", "US-WA")
"""Where texts and calls end at eight in the evening: from memory, counsel must confirm."""


class Us(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `us`."""

    opens: str = "08:00"
    """When texts and calls may begin where the person is, included; 08:00 at the earliest."""
    closes: str = "21:00"
    """When they end, excluded; 21:00 at the latest. A petition to the FCC about consent is open: kept strict."""
    early_states: tuple[str, ...] = EARLY_STATES
    """States (ISO 3166-2) where they end at 20:00; these at least. From memory: counsel must confirm."""


_TEXTED = _US | {"channel": "sms"}
_US_01 = (
    Example("a mail", _US | {"channel": "email"}, says="transform", code="CONTACT",
            adds=("브랜드A | 서울시 중구 세종대로 1 | 02-123-4567 | hello@a.example", _WAY_OUT)),
    Example("of a sender without a postal address", {"countries": ("US",), "channel": "email",
            "sender": {"country": "US", "address": ""}}, says="block", code="MISSING_PROFILE"),
    Example("without a way out", _US | {"channel": "email", "optout_link": None}, says="block", code="NO_FREE_OPTOUT"),
    Example("a text, of which US-03 speaks", _TEXTED),
)  # fmt: skip
_US_03 = (
    Example("nobody said so", _TEXTED, says="block", code="NO_CONSENT"),
    Example("a consent with its text", _TEXTED | {"consents": ("grant ad_receive sms 2026-01-05",)}),
    Example("one of which no text is kept", _TEXTED | {"consents": ("grant ad_receive sms 2026-01-05 unproven",)},
            says="block", code="NO_EVIDENCE"),
    Example("the same of somebody of whom nobody knows where they live",
            _TEXTED | {"countries": None, "consents": ("grant ad_receive sms 2026-01-05 unproven",)}),
)  # fmt: skip
_MIAMI = _TEXTED | {"regions": ("US-FL",), "zones": ("America/New_York",)}
_US_05 = (
    Example("half past eight in the evening in Miami", _MIAMI, at="2026-11-22T20:30-05:00", says="hold",
            code="CLOSED_THERE", until="2026-11-23T08:00-05:00"),
    Example("the same in New York", _MIAMI | {"regions": ("US-NY",)}, at="2026-11-22T20:30-05:00"),
    Example("somewhere in the United States", _MIAMI | {"regions": ()}, at="2026-11-22T20:30-05:00", says="hold",
            code="CLOSED_THERE"),
)  # fmt: skip


def _rules(values: Us) -> tuple[Rule, ...]:
    return (
        *_of_mails(),
        Rule(
            id="US-03",
            sentence="A text or call that advertises needs a consent in writing: one whose text is kept.",
            source="47 CFR 64.1200(a)(2), (f)(9) (natlawreview 2025-03-14)",
            mark="S",
            channels=CALLS,
            countries=STATES,
            needs=("consents",),
            check=_written,
            examples=_US_03,
        ),
        Rule(
            id="US-05",
            sentence=(
                f"In {', '.join(values.early_states)}, and where the state is not known, texts and calls that advertise"
                " end at 20:00."
            ),
            source="Florida Telephone Solicitation Act and the like, from memory",
            mark="M",
            channels=CALLS,
            countries=STATES,
            needs=("zones",),
            check=_early(values),
            examples=_US_05,
        ),
        *_of_everybody(values),
    )


def _of_mails() -> tuple[Rule, ...]:
    return (
        Rule(
            id="US-01",
            sentence="An e-mail that advertises shows who sends it, with a postal address, and a way out that works.",
            source="CAN-SPAM Act 15 USC 7704(a)(3), (a)(5)",
            mark="M",
            channels=("email",),
            countries=STATES,
            needs=("sender",),
            check=_mailed,
            examples=_US_01,
        ),
    )


def _of_everybody(values: Us) -> tuple[Rule, ...]:
    return (
        Rule(
            id="US-02",
            sentence="Who opted out is left alone: by law within ten business days, here at once.",
            source="CAN-SPAM Act 15 USC 7704(a)(4)",
            mark="S",
            countries=STATES,
            needs=("consents",),
            hard=True,
            check=_opted_out,
            examples=(
                Example("opted out", _US | {"channel": "email", "consents": ("withdraw ad_receive email 2026-11-01",)},
                        says="block", code="OPTED_OUT"),
                Example("never said a word", _US | {"channel": "email"}),
            ),
        ),
        Rule(
            id="US-04",
            sentence=(
                f"Texts and calls that advertise go from {values.opens} to {values.closes} where the person is; of"
                " several zones, in hours that are open in all."
            ),
            source="47 CFR 64.1200(c)(1)",
            mark="S",
            channels=CALLS,
            countries=STATES,
            needs=("zones",),
            check=_open(values.closes, values.opens),
            examples=(
                Example("half past eight in New York, to San Francisco",
                        _US | {"channel": "sms", "zones": ("America/Los_Angeles",)}, at="2026-11-22T08:30-05:00",
                        says="hold", code="CLOSED_THERE", until="2026-11-22T08:00-08:00"),
                Example("the same to New York", _US | {"channel": "sms", "zones": ("America/New_York",)},
                        at="2026-11-22T08:30-05:00"),
                Example("nobody knows where", _US | {"channel": "sms", "zones": None}, says="block", code="NOT_KNOWN"),
            ),
        ),
    )  # fmt: skip


def _mailed(facts: Facts, _now: int) -> Finding | None:
    sender = facts.sender
    if sender is None:
        return None
    missing = [field for field in ("name", "address") if not getattr(sender, field)]
    if missing:
        return Finding("block", "MISSING_PROFILE", f"the sender has no {', '.join(missing)}")
    link = facts.optout_link or (sender.optouts.get("email", "") if facts.stage == "choice" else "")
    if not link:
        return Finding("block", "NO_FREE_OPTOUT", "there is no way out of email")
    who = _who((sender.name, sender.address, sender.phone, sender.email))
    return Finding("transform", "CONTACT", changes=(who, Change("footer", _WAY_OUT, link=link)))


@lru_cache(maxsize=64)
def _who(parts: tuple[str, ...]) -> Change:
    return Change("footer", " | ".join(part for part in parts if part))


def _written(facts: Facts, _now: int) -> Finding | None:
    """That the text is kept is not asked of somebody of whom nobody knows where they live: see EU-02."""
    if facts.consents is None:
        return None
    state = facts.consents.standing(ADS, facts.channel)
    if state.status != "granted":
        return Finding("block", "NO_CONSENT", f"{ADS} on {facts.channel}: {state.status}")
    if state.text_id or facts.countries is None:
        return None
    return Finding("block", "NO_EVIDENCE", "nothing shows what was consented to in writing")


def _early(values: Us) -> Check:
    closed = _open("20:00", values.opens)

    def check(facts: Facts, now: int) -> Finding | None:
        may_be = not facts.regions or any(region in values.early_states for region in facts.regions)
        return closed(facts, now) if may_be else None

    return check


def _opted_out(facts: Facts, _now: int) -> Finding | None:
    status = facts.consents.standing(ADS, facts.channel).status if facts.consents is not None else ""
    return Finding("block", "OPTED_OUT", f"{ADS} on {facts.channel}: {status}") if status in _AWAY else None


def _open(closes: str, opens: str) -> Check:
    @lru_cache(maxsize=1_024)
    def closed(zone: str) -> DailyWindow | None:
        try:
            return DailyWindow(zone, closes, opens)
        except (ValueError, OSError, KeyError):  # a name of no zone: nobody knows what time it is there
            return None

    def check(facts: Facts, now: int) -> Finding | None:
        found = [closed(zone) for zone in facts.zones or ()]
        windows = [window for window in found if window is not None]
        if len(windows) < len(found):
            return Finding("block", "NOT_KNOWN", "a zone where the person may be is not known")
        moment = now
        for _ in range(_TURNS):
            ends = [end for window in windows if (end := window.until(moment)) is not None]
            if not ends:
                break
            moment = max(ends)
        else:
            return Finding("block", "NEVER_OPEN", "no hour is open in all zones where the person may be")
        return Finding("hold", "CLOSED_THERE", f"open from {opens} there", moment) if moment > now else None

    return check


def _looser(values: Us) -> tuple[str, ...]:
    try:
        opens, closes = minute_of_day(values.opens), minute_of_day(values.closes)
    except ValueError as error:
        return (str(error),)
    faults = []
    if not minute_of_day("08:00") <= opens < minute_of_day("12:00"):
        faults.append("opens must lie before noon and no earlier than 08:00")
    if not minute_of_day("12:00") < closes <= minute_of_day("21:00"):
        faults.append("closes must lie after noon and no later than 21:00")
    if not set(values.early_states) >= set(EARLY_STATES):
        faults.append(f"early_states must name {', '.join(EARLY_STATES)} at least")
    return tuple(faults)


PACK = PackKind(
    name="us",
    version="2026.11.2",
    since="2026-11-22",
    zone="America/New_York",
    layer="jurisdiction",
    title_ko="미국: CAN-SPAM, TCPA",
    title_en="United States: CAN-SPAM and TCPA",
    parameters=Us,
    rules=_rules,
    looser=_looser,
)
FIRST = msgspec.structs.replace(PACK, version="2026.11.1", since="2026-11-01", rules=_of_everybody)
"""Without what is said of mails, of consents in writing and of the evening in some states."""
