"""Stops early enough before the legal night that nothing still on its way arrives in it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from itda.base.calendar import DailyWindow, minute_of_day
from itda.consent.definition import ADS_AT_NIGHT, Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check

_NIGHT_FROM, _NIGHT_TO, _ZONE = "21:00", "08:00", "Asia/Seoul"


class NightGuard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`night_guard` of the brand."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=180)] = 10
    """So long before 21:00 in Korea the last advertisement leaves that is not for the night."""


def _check(arguments: NightGuard, _zone: str) -> Check:
    hour, minute = divmod(minute_of_day(_NIGHT_FROM) - arguments.minutes, 60)
    window = DailyWindow(_ZONE, f"{hour:02}:{minute:02}", _NIGHT_TO)

    def check(_intent: Proposed, facts: Facts, now: int) -> Finding | None:
        if facts.channel == "email" or not facts.is_advertising:
            return None
        until = window.until(now)
        is_for_night = facts.consents is not None and (
            facts.consents.standing(ADS_AT_NIGHT, facts.channel).status == "granted"
        )
        if until is None or is_for_night:
            return None
        return Finding("hold", "NIGHT_IS_NEAR", f"less than {arguments.minutes} minutes before the night", until)

    return check


RULE = BrandRule(
    name="night_guard",
    sentence="Some minutes before the night begins in Korea, advertisements other than e-mail wait for the morning.",
    arguments=NightGuard,
    check=_check,
)
