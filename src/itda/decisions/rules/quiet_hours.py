"""Hours in which the brand disturbs nobody, in the zone of the workspace."""

from __future__ import annotations

import msgspec

from itda.base.calendar import DailyWindow
from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """`quiet_hours` of the brand."""

    from_: str
    """When they begin, such as `20:00`, included."""
    to: str
    """When they end, excluded."""
    channels: tuple[str, ...] = ()
    """Where they hold; left out: everywhere."""
    information_too: bool = False
    """Whether informational messages wait as well."""


def _check(arguments: QuietHours, zone: str) -> Check:
    window = DailyWindow(zone, arguments.from_, arguments.to)

    def check(_intent: Proposed, facts: Facts, now: int) -> Finding | None:
        if arguments.channels and facts.channel not in arguments.channels:
            return None
        if not (facts.is_advertising or arguments.information_too):
            return None
        until = window.until(now)
        return None if until is None else Finding("hold", "QUIET_HOURS", f"quiet until {arguments.to}", until)

    return check


RULE = BrandRule(
    name="quiet_hours",
    sentence="Between two hours of the day, in the shop's zone, advertisements wait.",
    arguments=QuietHours,
    check=_check,
)
