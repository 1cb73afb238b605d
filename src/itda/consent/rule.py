"""A rule of law or of a provider: one value; and packs of them, of which each can only tighten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from itda.base.instant import LocalDates, date_to_day
from itda.consent.definition import ConsentEvent, Finding, Force, Mark, Stage, Task
from itda.consent.facts import Facts

Layer = Literal["core", "jurisdiction", "sector", "provider", "brand"]
Check = Callable[[Facts, int], Finding | None]
"""Facts and the time now, in microseconds UTC → what the rule says; None where it says nothing."""


class Example(msgspec.Struct, frozen=True):
    """A case that a rule ships with, and what the rule alone must say of it. `itda packs test` tries them all."""

    title: str
    """The case in words, such as `a push at half past ten in the evening`."""
    given: Mapping[str, Any] = MappingProxyType({})
    """What differs from the usual case, field of `Facts` → value, in the short form of `examples`."""
    at: str = "2026-11-23 12:00"
    """The moment, ISO 8601; without an offset in Seoul."""
    says: Force | None = None
    """What the rule does; None: it says nothing."""
    code: str = ""
    until: str = ""
    """Of a hold: when it ends, written as `at` is."""
    adds: tuple[str, ...] = ()
    """Values of changes that it asks for; all of them, where any is named."""
    after: str = ""
    """Of a rule that makes tasks: the act of consent, in the short form."""
    owes: str = ""
    """The kind of task that it makes; empty: none."""
    due: str = ""
    """When that is due, written as `at` is."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that a test can hold us to."""

    id: str
    sentence: str
    source: str
    mark: Mark
    stages: tuple[Stage, ...] = ("choice", "departure")
    about: Literal["advertising", "every"] = "advertising"
    """The messages it speaks of."""
    channels: tuple[str, ...] = ()
    """The channels it speaks of; empty: all."""
    countries: tuple[str, ...] = ()
    """It holds where the person or the sender is in one of these (ISO 3166), or may be; empty: everywhere."""
    needs: tuple[str, ...] = ()
    """Facts without which it cannot be told."""
    on_missing: Literal["block", "allow"] = "block"
    """What holds when one of them is not known."""
    check: Check | None = None
    task: Callable[[ConsentEvent], Task | None] | None = None
    """What must be done after an act of consent."""
    hard: bool = False
    """No waiver touches it: refusal, night, children, numbers of residents."""
    examples: tuple[Example, ...] = ()
    """One at least, or its pack does not load."""

    def speaks_of(self, facts: Facts) -> bool:
        """Whether it is asked at this stage, on this channel, of such a message, in these countries."""
        return (
            facts.stage in self.stages
            and (self.about == "every" or facts.is_advertising)
            and (not self.channels or facts.channel in self.channels)
            and self.holds_in(facts)
        )

    def holds_in(self, facts: Facts) -> bool:
        """Whether it may be the law for this person or this sender."""
        if not self.countries or facts.countries is None or any(one in self.countries for one in facts.countries):
            return True
        sender = facts.sender.country if facts.sender is not None else ""
        return not sender or sender in self.countries


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """The time in which a law has requests of people answered: days, or calendar months where there are any."""

    rule: str
    """The rule of the book, such as KR-49."""
    countries: tuple[str, ...]
    """Where it is the law (ISO 3166)."""
    days: int = 0
    months: int = 0


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one law or provider with the values that this brand gave it."""

    name: str
    version: str
    layer: Layer
    rules: tuple[Rule, ...]
    since_at: int = 0
    """When it comes into force, in microseconds UTC."""
    answers: Term | None = None
    """By when requests of people are answered; None: it says nothing of that."""


class PackKind(msgspec.Struct, frozen=True, kw_only=True):
    """One file in packs/: a law or provider, and the values it leaves to be set."""

    name: str
    version: str
    since: str
    """The day it comes into force (ISO 8601), in the zone of the law; of several versions the last whose day came."""
    zone: str = "Asia/Seoul"
    """Where that day begins."""
    layer: Layer
    title_ko: str
    title_en: str
    parameters: type[msgspec.Struct]
    """Values that are uncertain or that a brand may make stricter; the defaults are the law's."""
    rules: Callable[[Any], tuple[Rule, ...]]
    looser: Callable[[Any], tuple[str, ...]]
    """What is wrong with these values: they may make the law stricter only. Empty: nothing."""
    answers: Callable[[Any], Term] | None = None
    """By when requests of people are answered, by these values."""

    def pack(self, parameters: msgspec.Struct | None = None) -> Pack:
        """The pack with these values, or with the law's own."""
        values = parameters if parameters is not None else self.parameters()
        return Pack(
            name=self.name, version=self.version, layer=self.layer, rules=self.rules(values), since_at=self.since_at,
            answers=None if self.answers is None else self.answers(values),
        )  # fmt: skip

    @property
    def since_at(self) -> int:
        """When it comes into force, in microseconds UTC."""
        return LocalDates(self.zone).start(date_to_day(date.fromisoformat(self.since)))
