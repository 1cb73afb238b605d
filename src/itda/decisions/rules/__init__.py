"""The brand's rules in the box, by their word in consent.yaml. A new one is one file, one test, one line here."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from itda.decisions.rule import Asked, BrandRule
from itda.decisions.rules import caps, holdout, information, night_guard, pace, paused, priority, quiet_hours, waiting

KINDS: dict[str, BrandRule] = {
    kind.name: kind
    for kind in (
        holdout.RULE, waiting.RULE, caps.RULE, pace.RULE, paused.RULE, information.RULE, quiet_hours.RULE,
        night_guard.RULE, priority.RULE,
    )
}  # fmt: skip


def unnamed(named: Collection[str]) -> tuple[Asked, ...]:
    """The rules that are asked always, with the values they have of themselves, where the brand does not name them."""
    always = (kind for kind in KINDS.values() if kind.is_always and kind.name not in named)
    return tuple(kind.asked(kind.arguments(), "") for kind in always)


def longest(values: Mapping[str, object]) -> int:
    """How far back facts about what was sent must reach for these rules and those asked always, in microseconds.

    `values`: the arguments of the rules that the brand names.
    """
    given = {name: kind.arguments() for name, kind in KINDS.items() if kind.is_always} | dict(values)
    return max((KINDS[name].span(one) for name, one in given.items()), default=0)
