"""The United States: CAN-SPAM for mails, and the hours of the Telephone Consumer Protection Act for texts and calls."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from itda.base.calendar import DailyWindow, minute_of_day
from itda.consent.countries import STATES
from itda.consent.definition import ADS, Finding
from itda.consent.facts import Facts
from itda.consent.rule import Check, Example, PackKind, Rule

CALLS = ("sms", "lms", "mms", "voice", "call")
_AWAY = ("refused", "withdrawn")
_US = {"countries": ("US",), "sender": {"country": "US"}}
_TURNS = 8
"""Zones whose open hours overlap find a common one within as many steps as there are zones, of which there are few."""


class Us(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `us`."""

    opens: str = "08:00"
    """When texts and calls may begin where the person is, included; 08:00 at the earliest."""
    closes: str = "21:00"
    """When they end, excluded; 21:00 at the latest. A petition to the FCC about consent is open: kept strict."""


def _rules(values: Us) -> tuple[Rule, ...]:
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
    return tuple(faults)


PACK = PackKind(
    name="us",
    version="2026.11.1",
    since="2026-11-01",
    zone="America/New_York",
    layer="jurisdiction",
    title_ko="미국: CAN-SPAM, TCPA",
    title_en="United States: CAN-SPAM and TCPA",
    parameters=Us,
    rules=_rules,
    looser=_looser,
)
