"""The rules in force at one moment, found quickly: of all packs those versions whose day has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from itda.consent.facts import Facts
from itda.consent.rule import Layer, Pack, Rule
from itda.consent.waiver import Waiver

_LAYERS: tuple[str, ...] = get_args(Layer)
_REMEMBERED = 4_096
"""Situations whose rules are remembered: a bound on memory."""
_Situation = tuple[str, bool, str, tuple[str, ...] | None, str]


def in_force(packs: Iterable[Pack], at: int) -> tuple[Pack, ...]:
    """One version of each pack, in the order of the layers: the last whose day has come at `at` (microseconds UTC).

    Before the day of its first version a pack holds by that one: no message was ever without rules.
    """
    by_name: dict[str, list[Pack]] = {}
    for pack in packs:
        by_name.setdefault(pack.name, []).append(pack)
    chosen = []
    for versions in by_name.values():
        come = [pack for pack in versions if pack.since_at <= at]
        chosen.append(
            max(come, key=lambda pack: pack.since_at) if come else min(versions, key=lambda pack: pack.since_at)
        )
    return tuple(sorted(chosen, key=lambda pack: _LAYERS.index(pack.layer)))


class RuleSet:
    """Packs of one moment, their rules and the waivers that may touch them."""

    def __init__(self, packs: Sequence[Pack], waivers: Sequence[Waiver] = ()) -> None:
        self.packs = tuple(packs)
        self.rules: tuple[Rule, ...] = tuple(rule for pack in packs for rule in pack.rules)
        soft = {rule.id for rule in self.rules if not rule.hard}
        self.waivers = tuple(waiver for waiver in waivers if waiver.rule in soft)
        self._known: dict[_Situation, tuple[Rule, ...]] = {}

    def asked(self, facts: Facts) -> tuple[Rule, ...]:
        """The rules that could say something of such a message: all others are silent by what they speak of."""
        sender = facts.sender.country if facts.sender is not None else ""
        situation = (facts.stage, facts.is_advertising, facts.channel, facts.countries, sender)
        found = self._known.get(situation)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[situation] = tuple(rule for rule in self.rules if rule.speaks_of(facts))
        return found
