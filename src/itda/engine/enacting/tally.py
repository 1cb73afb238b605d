"""Counts what other packs would have done with past decisions: pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from itda.consent.definition import Reason, Verdict

Effect = Literal["block", "hold", "let through"]
EXAMPLES = 3
"""Examples of a rule that are told."""


class Case(msgspec.Struct, frozen=True):
    """A decision that would be another one. It names a message and no person; `at` in microseconds UTC."""

    outbox: str
    message: str
    channel: str
    at: int
    why: str
    """What the rule would say, or said."""


class RuleEffect(msgspec.Struct, frozen=True):
    """What one rule would do to how many messages."""

    rule: str
    effect: Effect
    messages: int
    examples: list[Case]


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of packs or waivers would have done with the decisions of the last days. A message counts once."""

    days: int
    decisions: int
    """Taken in these days."""
    messages: int
    """That they were about."""
    judged: int
    """Decisions that could be judged again."""
    alike: int
    """Of those, judged today under the rules in force as it was noted then."""
    gone: int
    """Could not be judged again: the person was erased, or the message is no more."""
    blocked_more: int
    held_more: int
    let_through_more: int
    rules: list[RuleEffect] = []


class Decided(msgspec.Struct, frozen=True):
    """A decision that was taken."""

    outbox: str
    message: str
    channel: str
    at: int


class Tally:
    """Takes one decision after the other."""

    def __init__(self) -> None:
        self._messages: dict[str, set[str]] = {"block": set(), "hold": set(), "let through": set()}
        self._by_rule: dict[tuple[str, Effect], set[str]] = {}
        self._examples: dict[tuple[str, Effect], list[Case]] = {}
        self._seen: set[str] = set()
        self.decisions = self.judged = self.alike = self.gone = 0

    def lost(self, outbox: str) -> None:
        """A decision that cannot be judged again."""
        self.decisions += 1
        self.gone += 1
        self._seen.add(outbox)

    def take(self, decided: Decided, before: Verdict, after: Verdict, *, is_alike: bool) -> None:
        """A decision with what the packs in force say of it, and what the others would."""
        self.decisions += 1
        self.judged += 1
        self.alike += is_alike
        self._seen.add(decided.outbox)
        effect = effect_of(before, after)
        if effect is None:
            return
        self._messages[effect].add(decided.outbox)
        blamed = _new(after.reasons, before.reasons) if effect != "let through" else _new(before.reasons, after.reasons)
        for reason in blamed:
            what = (reason.rule, effect)
            own = self._by_rule.setdefault(what, set())
            if decided.outbox not in own and len(own) < EXAMPLES:
                why = f"{reason.action} {reason.code}"
                case = Case(decided.outbox, decided.message, decided.channel, decided.at, why)
                self._examples.setdefault(what, []).append(case)
            own.add(decided.outbox)

    def told(self, days: int) -> Rehearsal:
        """What it comes to; the rule with the most messages first."""
        found = [
            RuleEffect(rule, effect, len(own), self._examples[rule, effect])
            for (rule, effect), own in sorted(self._by_rule.items(), key=lambda item: (-len(item[1]), item[0]))
        ]
        return Rehearsal(
            days=days, decisions=self.decisions, messages=len(self._seen), judged=self.judged, alike=self.alike,
            gone=self.gone, blocked_more=len(self._messages["block"]), held_more=len(self._messages["hold"]),
            let_through_more=len(self._messages["let through"]), rules=found,
        )  # fmt: skip


def effect_of(before: Verdict, after: Verdict) -> Effect | None:
    """How one verdict differs from the other for whoever waits for the message; a longer hold is one more."""
    was, now = _force(before), _force(after)
    if was == now:
        is_longer = now == "hold" and (after.hold_until or 0) > (before.hold_until or 0)
        return "hold" if is_longer else None
    if now == "go":
        return "let through"
    if now == "block":
        return "block"
    return "let through" if was == "block" else "hold"


def _force(verdict: Verdict) -> str:
    if verdict.action == "block" or (verdict.action == "hold" and verdict.hold_until is None):
        return "block"
    return "hold" if verdict.action == "hold" else "go"


def _new(some: Iterable[Reason], others: Iterable[Reason]) -> list[Reason]:
    """Reasons that keep a message from going, as far as they are not among the others; all, where none is new."""
    known = {(one.rule, one.action) for one in others}
    keeping = [one for one in some if one.action in ("block", "hold")]
    return [one for one in keeping if (one.rule, one.action) not in known] or keeping
