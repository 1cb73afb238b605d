"""So many messages to one person in so much time and no more, over all journeys."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from itda.base.instant import DAY, HOUR
from itda.consent.definition import Finding
from itda.consent.facts import Facts, Sent
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check


class Cap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit."""

    most: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    """Messages that may go."""
    per: Annotated[int, msgspec.Meta(ge=1, le=366)] = 1
    """In so many of `unit`."""
    unit: Literal["hours", "days"] = "days"
    channel: str = ""
    """Only messages on this channel; left out: on all together."""
    message_class: Literal["advertising", "every"] = "advertising"
    """What is counted and held; information that somebody waits for is left alone by default."""

    @property
    def span(self) -> int:
        """Its length in microseconds."""
        return self.per * (HOUR if self.unit == "hours" else DAY)


class Caps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`caps` of the brand."""

    limits: tuple[Cap, ...]


def _span(caps: Caps) -> int:
    return max((cap.span for cap in caps.limits), default=0)


def _check(arguments: Caps, _zone: str) -> Check:
    def check(intent: Proposed, facts: Facts, now: int) -> Finding | None:
        holds = [found for cap in arguments.limits if (found := over(cap, intent, facts, now)) is not None]
        return max(holds, key=lambda found: found.until or now, default=None)

    return check


def over(cap: Cap, intent: Proposed, facts: Facts, now: int) -> Finding | None:
    """The hold of a message that would be one more than a limit allows at `now`, in microseconds UTC."""
    is_meant = cap.message_class == "every" or facts.is_advertising
    if not is_meant or (cap.channel and cap.channel != facts.channel):
        return None
    if facts.sent is None:
        return Finding("block", "NOT_KNOWN", "what went to this person before is not known")
    times = sorted(one.at for one in facts.sent if one.at > now - cap.span and _counts(cap, one))
    if len(times) < cap.most:
        return None
    until = times[-cap.most] + cap.span
    detail = f"{len(times)} of {cap.most} in {cap.per} {cap.unit}, {intent.message} would be one more"
    return Finding("hold", "CAPPED", detail, until)


def _counts(cap: Cap, one: Sent) -> bool:
    is_class = cap.message_class == "every" or one.message_class == "advertising"
    return is_class and (not cap.channel or one.channel == cap.channel)


RULE = BrandRule(
    name="caps",
    sentence="No person gets more messages in a span of time than the brand allows, whichever journeys send them.",
    arguments=Caps,
    check=_check,
    span=_span,
)
