"""So much information to one person by one channel and no more: whoever can start a journey drowns nobody in mail.

Codes for the privacy centre are not counted: the door that sends them has limits of its own, and whoever asks for them
in somebody else's name must not use up what that person is to hear of their order.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from itda.base.instant import HOUR
from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check
from itda.messages.sign_in import NAME as SIGN_IN


class Information(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`information` of the brand; it holds also where nobody names it."""

    most: Annotated[int, msgspec.Meta(ge=1, le=500)] = 10
    """Informational messages that may go to one person by one channel."""
    hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 24
    """In so many hours."""


def _span(arguments: Information) -> int:
    return arguments.hours * HOUR


def _check(arguments: Information, _zone: str) -> Check:
    span = _span(arguments)

    def check(intent: Proposed, facts: Facts, now: int) -> Finding | None:
        if facts.is_advertising or intent.message == SIGN_IN:
            return None
        if facts.sent is None:
            return Finding("block", "NOT_KNOWN", "what went to this person before is not known")
        times = sorted(
            one.at
            for one in facts.sent
            if one.at > now - span
            and one.channel == facts.channel
            and one.message_class == "informational"
            and one.message != SIGN_IN
        )
        if len(times) < arguments.most:
            return None
        detail = f"{len(times)} of {arguments.most} in {arguments.hours} hours, {intent.message} would be one more"
        return Finding("hold", "CAPPED", detail, times[-arguments.most] + span)

    return check


RULE = BrandRule(
    name="information",
    sentence="No person gets more informational messages by one channel in a span of time than the brand allows.",
    arguments=Information,
    check=_check,
    span=_span,
    is_always=True,
)
