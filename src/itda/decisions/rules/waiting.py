"""So many messages wait for one person and no more: whoever makes a thousand carts does not fill the outbox."""

from __future__ import annotations

from typing import Annotated

import msgspec

from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check


class Waiting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`waiting` of the brand; it holds also where nobody names it."""

    most: Annotated[int, msgspec.Meta(ge=1, le=200)] = 20
    """Messages of a class, advertising or informational, that may wait for one person."""


def _check(arguments: Waiting, _zone: str) -> Check:
    def check(intent: Proposed, facts: Facts, _now: int) -> Finding | None:
        if facts.stage != "choice":
            return None
        if facts.waiting is None:
            return Finding("block", "NOT_KNOWN", "what else waits for this person is not known")
        n = sum(one.message_class == intent.message_class and one.id != intent.id for one in facts.waiting)
        if n < arguments.most:
            return None
        return Finding("block", "TOO_MANY_WAIT", f"{arguments.most} {intent.message_class} messages wait already")

    return check


RULE = BrandRule(
    name="waiting",
    sentence="A message is not taken on while too many of its class wait for the same person already.",
    arguments=Waiting,
    check=_check,
    is_always=True,
)
