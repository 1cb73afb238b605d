"""Reads retention.yaml: how long events, their fields, attributes, identifiers and people are kept, and what for.

Each attribute has a purpose and a term (PIPA art. 15 and 21, KR-30). A rule that names what a law keeps for longer is
refused; one that covers it unnamed gives way to the law.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Literal

import msgspec

from itda.base.errors import Fault
from itda.base.instant import date_to_day
from itda.consent.packs.kr_ecommerce import BY_KIND
from itda.consent.retention import Law, Rule, Term, parse_term, too_short
from itda.profiles import orders
from itda.workspace import shape
from itda.workspace.files import Document

FILE = "retention.yaml"
HERE = frozenset({"", "KR"})
"""Countries of a workspace in which Korea's laws keep; the strictest where none is named."""
_EXAMPLE = "browsing: {of: events, names: [Product Viewed], keep: 13 months, purpose: …}"
_NAME = re.compile(r"[^\W_][\w -]{0,59}")


class LawfulEvents(msgspec.Struct, frozen=True):
    """What one law keeps: events of these names, as long as the pack says of records of this kind."""

    kind: str
    """Of `kr_ecommerce.RETENTIONS`."""
    what: str
    names: frozenset[str]


KOREA = (
    LawfulEvents("contract", "orders", frozenset(orders.NAMES)),
    LawfulEvents("complaint", "complaints", frozenset({"Complaint Received", "Dispute Opened"})),
)
_ADVERTISEMENTS = LawfulEvents("advertising", "advertisements", frozenset({"Message Sent"}))


def laws_of(country: str) -> tuple[Law, ...]:
    """The terms that the law of a country asks of events; `country` is ISO 3166, empty where none is named."""
    if country.upper() not in HERE:
        return ()
    return tuple(
        Law(one.what, one.names, Term(months=BY_KIND[one.kind].months), f"KR-45 {BY_KIND[one.kind].law}")
        for one in (*KOREA, _ADVERTISEMENTS)
    )


class Held(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stops a rule for a while."""

    until: str
    """A day, such as 2027-03-31: the last on which it is stopped."""
    because: str


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule as retention.yaml says it."""

    of: Literal["events", "field", "trait", "persons", "identifiers"]
    """events: what happened. field: a property of it. trait: an attribute. persons, identifiers: without activity."""
    keep: str
    """How long: `90 days`, `13 months`, `3 years`."""
    purpose: str
    """What it is kept for, as the privacy notice says it."""
    names: tuple[str, ...] = ()
    """Names of events; left out: all that the sources say."""
    sources: tuple[str, ...] = ()
    """Left out: all of them."""
    field: str = ""
    """Of field and trait; dots lead into objects."""
    kinds: tuple[str, ...] = ()
    """Of identifiers."""
    leaves: tuple[str, ...] = ()
    """Plain properties that stay with what is left of an event."""
    held: Held | None = None
    """A dispute that stops the rule."""


class Known(msgspec.Struct, frozen=True):
    """The words that a rule may use."""

    sources: Collection[str]
    kinds: Collection[str]
    laws: tuple[Law, ...]


def read_retention(document: Document | None, known: Known, faults: list[Fault]) -> tuple[Rule, ...]:
    """The rules in the order they are written; the first that is due for an event says what is left of it."""
    if document is None or document.data is None:
        return ()
    if not isinstance(document.data, dict):
        faults.append(document.fault("", "must be a mapping", _EXAMPLE))
        return ()
    rules: list[Rule] = []
    for key, written in document.data.items():
        name = str(key)
        amiss = shape.faults(document, written, Written, name) if isinstance(written, dict) else [
            document.fault(name, "must be a mapping", _EXAMPLE)
        ]  # fmt: skip
        if not amiss:
            found = _Reading(document, name, msgspec.convert(written, Written))
            rule = found.rule(known)
            amiss = found.faults
            if rule is not None:
                rules.append(rule)
        faults += amiss
    return tuple(rules)


class _Reading:
    """One rule being read."""

    def __init__(self, document: Document, name: str, written: Written) -> None:
        self.faults: list[Fault] = []
        self._document, self._name, self._written = document, name, written

    def rule(self, known: Known) -> Rule | None:
        """The rule, None where its term cannot be read."""
        written = self._written
        if not _NAME.fullmatch(self._name):
            self._fault("", f"{self._name!r} is no name", "letters, digits, blanks, - and _")
        self._words("sources", written.sources, known.sources, "no source")
        self._words("kinds", written.kinds, known.kinds, "no kind of identifier")
        self._belongings()
        if not written.purpose.strip():
            self._fault("purpose", "says not what it is kept for", "purpose: … as your privacy notice says it")
        held_until = self._held()
        try:
            keep = parse_term(written.keep)
        except ValueError as error:
            self._fault("keep", str(error))
            return None
        rule = Rule(
            name=self._name, of=written.of, keep=keep, written=written.keep.strip(), purpose=written.purpose.strip(),
            names=written.names, sources=written.sources, field=written.field, kinds=written.kinds,
            leaves=written.leaves, held_until=held_until, because=written.held.because if written.held else "",
        )  # fmt: skip
        for law in too_short(rule, known.laws):
            self._fault(
                "keep",
                f"{written.keep} is shorter than the law keeps {law.what}: {_spoken(law.keep)} ({law.source})",
                f"keep: {_spoken(law.keep)}",
            )
        return rule

    def _belongings(self) -> None:
        """Each kind of rule has words of its own."""
        written = self._written
        needs: dict[str, tuple[str, str]] = {
            "field": ("field", "field: query"), "trait": ("field", "field: birth_date"),
            "identifiers": ("kinds", "kinds: [anonymous_id]"),
        }  # fmt: skip
        takes = {
            "events": {"names", "sources", "leaves"}, "field": {"names", "sources", "field"},
            "trait": {"sources", "field"}, "persons": set[str](), "identifiers": {"kinds"},
        }[written.of]  # fmt: skip
        needed = needs.get(written.of)
        if needed is not None and not getattr(written, needed[0]):
            self._fault("", f"of {written.of}, and does not say which", needed[1])
        for word in ("names", "sources", "field", "kinds", "leaves"):
            if getattr(written, word) and word not in takes:
                self._fault(word, f"a rule of {written.of} has no {word}", "take it out")

    def _held(self) -> int | None:
        held = self._written.held
        if held is None:
            return None
        try:
            return date_to_day(dt.date.fromisoformat(held.until))
        except ValueError:
            self._fault("held.until", f"{held.until!r} is no day", "write it as 2027-03-31")
            return None

    def _words(self, field: str, words: tuple[str, ...], known: Collection[str], what: str) -> None:
        for word in words:
            if word not in known:
                self._fault(field, f"{word!r} is {what}", shape.nearest(word, known))

    def _fault(self, field: str, what: str, cure: str = "") -> None:
        place = f"{self._name}.{field}" if field else self._name
        self.faults.append(self._document.fault(place, what, cure))


def _spoken(term: Term) -> str:
    if term.months and term.months % 12 == 0:
        return f"{term.months // 12} years"
    return f"{term.months} months" if term.months else f"{term.days} days"
