"""A rule of law or of a provider: one value; and packs of them, of which each can only tighten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from itda.consent.definition import ConsentEvent, Finding, Mark, Stage, Task
from itda.consent.facts import Facts

Layer = Literal["core", "jurisdiction", "sector", "provider", "brand"]
Check = Callable[[Facts, int], Finding | None]
"""Facts and the time now, in microseconds UTC → what the rule says; None where it says nothing."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that a test can hold us to."""

    id: str
    sentence: str
    source: str
    mark: Mark
    stages: tuple[Stage, ...] = ("choice", "departure")
    about: Literal["advertising", "every"] = "advertising"
    """The messages it speaks of."""
    countries: tuple[str, ...] = ()
    """It holds where the person or the sender is in one of these (ISO 3166), or may be; empty: everywhere."""
    needs: tuple[str, ...] = ()
    """Facts without which it cannot be told."""
    on_missing: Literal["block", "allow"] = "block"
    """What holds when one of them is not known."""
    check: Check | None = None
    task: Callable[[ConsentEvent], Task | None] | None = None
    """What must be done after an act of consent."""

    def holds_in(self, facts: Facts) -> bool:
        """Whether it may be the law for this person or this sender."""
        if not self.countries or facts.country is None or facts.country in self.countries:
            return True
        sender = facts.sender.country if facts.sender is not None else ""
        return not sender or sender in self.countries


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one law or provider with the values that this brand gave it."""

    name: str
    version: str
    layer: Layer
    rules: tuple[Rule, ...]


class PackKind(msgspec.Struct, frozen=True, kw_only=True):
    """One file in packs/: a law or provider, and the values it leaves to be set."""

    name: str
    version: str
    layer: Layer
    title_ko: str
    title_en: str
    parameters: type[msgspec.Struct]
    """Values that are uncertain or that a brand may make stricter; the defaults are the law's."""
    rules: Callable[[Any], tuple[Rule, ...]]
    looser: Callable[[Any], tuple[str, ...]]
    """What is wrong with these values: they may make the law stricter only. Empty: nothing."""

    def pack(self, parameters: msgspec.Struct | None = None) -> Pack:
        """The pack with these values, or with the law's own."""
        rules = self.rules(parameters if parameters is not None else self.parameters())
        return Pack(name=self.name, version=self.version, layer=self.layer, rules=rules)
