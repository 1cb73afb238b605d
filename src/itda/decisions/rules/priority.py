"""Of messages that wait for one person, the more important one goes first."""

from __future__ import annotations

from typing import Annotated

import msgspec

from itda.base.instant import HOUR, MINUTE
from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check


class Priority(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`priority` of the brand."""

    within_hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 24
    """How far ahead to look for something more important."""
    gap_minutes: Annotated[int, msgspec.Meta(ge=1, le=10_080)] = 60
    """How long after that one the lesser one is decided anew."""


def _check(arguments: Priority, _zone: str) -> Check:
    def check(intent: Proposed, facts: Facts, now: int) -> Finding | None:
        if not facts.is_advertising:
            return None
        if facts.waiting is None:
            return Finding("block", "NOT_KNOWN", "what else waits for this person is not known")
        ahead = [
            one
            for one in facts.waiting
            if one.id != intent.id
            and one.priority > intent.priority
            and one.message_class == "advertising"
            and one.due_at <= now + arguments.within_hours * HOUR
        ]
        if not ahead:
            return None
        until = max(now, *(one.due_at for one in ahead)) + arguments.gap_minutes * MINUTE
        return Finding("hold", "LESS_IMPORTANT", "a more important message goes first", until)

    return check


RULE = BrandRule(
    name="priority",
    sentence="An advertisement waits while a more important one is to go to the same person soon.",
    arguments=Priority,
    check=_check,
)
