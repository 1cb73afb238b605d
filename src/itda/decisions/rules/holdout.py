"""A share of people who get no advertising at all: against them its whole effect is told."""

from __future__ import annotations

from typing import Annotated

import msgspec

from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check


class Holdout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`holdout` of the brand."""

    percent: Annotated[int, msgspec.Meta(ge=0, le=50)]
    """Of all customers, chosen by hash."""


def _check(_arguments: Holdout, _zone: str) -> Check:
    def check(_intent: Proposed, facts: Facts, _now: int) -> Finding | None:
        if facts.arm != "holdout" or not facts.is_advertising:
            return None
        return Finding("block", "HELD_OUT", "chosen by hash to get no advertising")

    return check


RULE = BrandRule(
    name="holdout",
    sentence="Whoever is in the brand's holdout gets no advertisement.",
    arguments=Holdout,
    check=_check,
)
