"""How long what is kept: from the day it happened, in whole local days, never shorter than a law asks.

A term is over with the first moment of the day after its last (as `packs.kr_ecommerce.kept_until` counts). Where a
term is over the data is destroyed without delay (PIPA art. 21(1); KR-43); what a law keeps longer (PIPA art. 21(3);
KR-45) and what a rule's `held` keeps for a dispute stays until both are over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from itda.base.calendar import add_months

Of = Literal["events", "field", "trait", "persons", "identifiers"]
NEVER_DUE = -(1 << 30)
"""A day before all others: nothing is due."""
SHORTEST_DAYS = 7
"""No shorter term is kept true: what came in is in the intake for three days, and is decided upon."""
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}
_WRITTEN = re.compile(r"(\d{1,4})\s*(day|week|month|year)s?")
_MOST_YEARS = 100
_FOUR_YEARS = 1461


class Term(msgspec.Struct, frozen=True):
    """A length of time in calendar months and days."""

    months: int = 0
    days: int = 0

    def due_on(self, day: int) -> int:
        """The first local day on which what happened on `day` is due."""
        return add_months(day, self.months) + self.days + 1

    def last_due(self, today: int) -> int:
        """The last day whose things are due today. It never goes back as days pass."""
        day = add_months(today - self.days - 1, -self.months)
        while self.due_on(day + 1) <= today:
            day += 1
        while self.due_on(day) > today:
            day -= 1
        return day

    def is_shorter_than(self, other: Term) -> bool:
        """Whether anything would be due by this one before it is by the other, on whatever day it happened."""
        return any(self.due_on(day) < other.due_on(day) for day in range(_FOUR_YEARS))


def parse_term(text: str) -> Term:
    """`90 days`, `12 weeks`, `13 months`, `3 years`; `ValueError` says what is wrong."""
    found = _WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no term: write it as `90 days`, `13 months` or `3 years`")
    n, unit = int(found[1]), found[2]
    term = Term(months=n * _MONTHS[unit]) if unit in _MONTHS else Term(days=n * _DAYS[unit])
    if term.is_shorter_than(Term(days=SHORTEST_DAYS)):
        raise ValueError(f"{text!r} is too short: what came in is decided upon for a week, {SHORTEST_DAYS} days")
    if term.months > 12 * _MOST_YEARS:
        raise ValueError(f"{text!r} is longer than {_MOST_YEARS} years")
    return term


class Law(msgspec.Struct, frozen=True):
    """Events that a law has kept, and how long."""

    what: str
    names: frozenset[str]
    keep: Term
    source: str


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of retention.yaml."""

    name: str
    of: Of
    keep: Term
    written: str
    """The term as it was written."""
    purpose: str
    names: tuple[str, ...] = ()
    """Of events: none means all of them."""
    sources: tuple[str, ...] = ()
    field: str = ""
    """Of `field` a property of events, of `trait` an attribute; dots lead into objects, `context.` to surroundings."""
    kinds: tuple[str, ...] = ()
    """Of `identifiers`."""
    leaves: tuple[str, ...] = ()
    """Plain properties that stay with what is left of an event, on nobody."""
    held_until: int | None = None
    """The last local day on which a dispute stops this rule."""
    because: str = ""

    @property
    def is_of_lake(self) -> bool:
        """Whether it is about events and what they say, not about people."""
        return self.of in ("events", "field", "trait")

    def covers(self, name: str, source: str, kind: str) -> bool:
        """Whether such an event is meant; `kind` is its call. What says who somebody is belongs to `trait` alone."""
        if (self.of == "trait") != (kind == "identify"):
            return False
        return (not self.names or name in self.names) and (not self.sources or source in self.sources)


class Cuts(msgspec.Struct, frozen=True):
    """The last local day that is due, by event name."""

    rest: int
    of: Mapping[str, int] = {}

    def at(self, name: str) -> int:
        """The last local day whose events of this name are due."""
        return self.of.get(name, self.rest)

    @property
    def latest(self) -> int:
        """No day after it is due, whatever the event."""
        return max(self.rest, *self.of.values()) if self.of else self.rest


def cuts(rule: Rule, laws: Iterable[Law], today: int) -> Cuts:
    """What is due by a rule on a local day: nothing while it is held, and nothing before a law's own term is over."""
    if rule.held_until is not None and today <= rule.held_until:
        return Cuts(NEVER_DUE)
    own = rule.keep.last_due(today)
    if not rule.is_of_lake:
        return Cuts(own)
    lawful: dict[str, int] = {}
    for law in laws:
        last = min(own, law.keep.last_due(today))
        for name in law.names:
            lawful[name] = min(last, lawful.get(name, last))
    return Cuts(own, lawful)


def too_short(rule: Rule, laws: Iterable[Law]) -> list[Law]:
    """The laws that this rule breaks by its own words: it names what they keep, for less time than they ask."""
    if not rule.is_of_lake or rule.of == "trait":
        return []
    return [law for law in laws if law.names & set(rule.names) and rule.keep.is_shorter_than(law.keep)]


def lengthened(rule: Rule, laws: Iterable[Law]) -> list[Law]:
    """The laws that keep longer some of what this rule covers without naming it."""
    if not rule.is_of_lake or rule.of == "trait" or rule.names:
        return []
    return [law for law in laws if rule.keep.is_shorter_than(law.keep)]


def in_words(rule: Rule, laws: Iterable[Law]) -> str:
    """A rule as one line for a person."""
    where = f" from {', '.join(rule.sources)}" if rule.sources else ""
    named = f"events {', '.join(rule.names)}" if rule.names else "all events"
    about = {
        "events": f"{named}{where} are kept {rule.written}, then they are nobody's",
        "field": f"`{rule.field}` of {named}{where} is kept {rule.written}, then it is taken out",
        "trait": f"the attribute `{rule.field}`{where} is kept {rule.written} after it was said, then it is taken out",
        "persons": f"people who did nothing for {rule.written} are erased",
        "identifiers": f"{', '.join(rule.kinds)} not seen for {rule.written} are erased",
    }[rule.of]
    leaves = f"; {', '.join(rule.leaves)} stays" if rule.leaves else ""
    longer = "".join(f"; {law.what} as long as the law keeps them ({law.source})" for law in lengthened(rule, laws))
    held = f"; stopped: {rule.because}" if rule.held_until is not None else ""
    return f"{rule.name}: {about}{leaves}{longer}{held} - for: {rule.purpose}"
