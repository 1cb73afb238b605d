"""Whoever objected to being profiled gets no advertisement that was chosen by what they did: every journey does so."""

from __future__ import annotations

import msgspec

from itda.consent import pauses
from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check


class Paused(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`paused` of the brand: it has nothing to set, and holds also where nobody names it."""


def _check(_arguments: Paused, _zone: str) -> Check:
    def check(_intent: Proposed, facts: Facts, _now: int) -> Finding | None:
        if not facts.is_advertising or facts.consents is None:
            return None
        if not pauses.is_paused(facts.consents, pauses.PROFILING):
            return None
        return Finding("block", "PROFILING_PAUSED", "the person paused the use of what they did for advertising")

    return check


RULE = BrandRule(
    name="paused",
    sentence="Whoever paused being profiled gets no advertising that was chosen by what they did.",
    arguments=Paused,
    check=_check,
    is_always=True,
)
