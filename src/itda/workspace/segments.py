"""Reads segments/*.yaml: each file names segments, each a test or groups of tests, with every fault at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from itda.base import windows
from itda.base.errors import Fault
from itda.consent.definition import ADS
from itda.events.names import STANDARD_NAMES
from itda.profiles.definition import DECLARED, TraitDef
from itda.profiles.events import Test
from itda.segments.definition import GROUPS, Group, Segment, expression
from itda.segments.evaluate import circle
from itda.segments.operators import OPERATORS
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest, bounds
from itda.segments.operators.in_segment import InSegment
from itda.segments.operators.trait import TraitTest
from itda.workspace import selectors, shape, uses
from itda.workspace.files import Document
from itda.workspace.written import WrittenLabel

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_WORDS = (*GROUPS, *OPERATORS)
_DEEPEST = 12
_NUMBERS = ("count", "sum", "distinct", "recency", "interval")
"""Kinds of traits whose values are numbers."""


class Known(msgspec.Struct, frozen=True):
    """What a segment may name."""

    events: selectors.Known
    traits: tuple[TraitDef, ...]
    purposes: tuple[str, ...]
    segments: tuple[str, ...]


def names(documents: list[Document]) -> tuple[str, ...]:
    """The names that segments are given in these files, faulty ones too."""
    return tuple(name for document in documents if isinstance(document.data, dict) for name in document.data)


def read_segments(documents: list[Document], known: Known, faults: list[Fault]) -> list[Segment]:
    """The segments of all files, in the order of files and lines."""
    found: dict[str, tuple[Document, Segment]] = {}
    places: dict[str, str] = {}
    for document in documents:
        if not isinstance(document.data, dict):
            faults.append(document.fault("", "must be a mapping", "regulars: {trait: orders, at_least: 3}"))
            continue
        for name, written in document.data.items():
            if name in places:
                what = f"the segment {name!r} is defined in {places[name]} already"
                faults.append(document.fault(name, what, "give one of them another name"))
                continue
            places[name] = f"{document.name}:{document.line(name)}"
            own = _amiss(document, name, written, known)
            faults += own
            if not own:
                found[name] = (document, _segment(name, written))
    segments = {name: segment for name, (_, segment) in found.items()}
    for name, (document, _) in found.items():
        way = circle(segments, name)
        if way is not None:
            what = f"the segment refers to itself: {' → '.join(way)}"
            faults.append(document.fault(name, what, "leave one of these out"))
    faults += uses.of_segments(
        found, uses.Known({one.name: one for one in known.traits}, known.events.contracts, known.purposes)
    )
    return list(segments.values())


def expression_faults(document: Document, path: str, written: Any, known: Known) -> list[Fault]:
    """What is wrong with a test, or with groups of them, written at this dotted path."""
    return list(_Looking(document, known).look(written, path, 0))


def _amiss(document: Document, name: str, written: Any, known: Known) -> list[Fault]:
    found = []
    if not _NAME.fullmatch(name):
        cure = "small letters, digits, - and _, beginning with a letter"
        found.append(document.fault(name, f"{name!r} is no name of a segment", cure))
    if not isinstance(written, dict):
        return [*found, document.fault(name, "must be a mapping", "trait: orders, at_least: 3")]
    label = written.get("label", {})
    if isinstance(label, dict):
        found += shape.faults(document, label, WrittenLabel, f"{name}.label")
    elif not isinstance(label, str):
        found.append(document.fault(f"{name}.label", "must be text or a mapping", "label: {ko: …, en: …}"))
    purpose = written.get("purpose", ADS)
    if purpose not in known.purposes:
        cure = shape.nearest(str(purpose), known.purposes)
        found.append(document.fault(f"{name}.purpose", f"{purpose!r} is no purpose", cure))
    return found + expression_faults(document, name, _where(written), known)


def _where(written: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if key not in ("label", "purpose")}


def _segment(name: str, written: dict[str, Any]) -> Segment:
    label = written.get("label", {})
    both = {"ko": label, "en": label} if isinstance(label, str) else label
    where = expression(_where(written))
    group = where if isinstance(where, Group) else Group(all=(where,))
    return Segment(
        name=name,
        where=group,
        label_ko=both.get("ko", ""),
        label_en=both.get("en", ""),
        purpose=written.get("purpose", ADS),
    )


class _Looking:
    """One expression being looked at."""

    def __init__(self, document: Document, known: Known) -> None:
        self._document = document
        self._known = known

    def look(self, written: Any, path: str, depth: int) -> Iterator[Fault]:
        fault = self._document.fault
        if not isinstance(written, dict) or not written:
            yield fault(path, "must be a test, or groups of tests", f"one of {', '.join(_WORDS)}")
            return
        if depth > _DEEPEST:
            yield fault(path, f"is nested deeper than {_DEEPEST} groups", "make a segment of a part of it")
            return
        tests = [word for word in OPERATORS if word in written]
        groups = [word for word in GROUPS if word in written]
        if len(tests) > 1 or (tests and groups):
            both = " and ".join([*tests, *groups])
            yield fault(path, f"has {both} side by side", "make each an item of all:, any: or none:")
        elif tests:
            yield from self._test(tests[0], written, path)
        else:
            yield from self._groups(written, path, depth)

    def _groups(self, written: dict[str, Any], path: str, depth: int) -> Iterator[Fault]:
        for word, parts in written.items():
            place = f"{path}.{word}"
            if word not in GROUPS:
                yield self._document.fault(place, f"{word!r} is not known", shape.nearest(word, _WORDS))
            elif not isinstance(parts, list) or not parts:
                yield self._document.fault(
                    place, "must be a list of tests", f"{word}: [{{trait: orders, at_least: 1}}]"
                )
            else:
                for index, part in enumerate(parts):
                    yield from self.look(part, f"{place}.{index}", depth + 1)

    def _test(self, word: str, written: dict[str, Any], path: str) -> Iterator[Fault]:
        wanted = OPERATORS[word].test
        amiss = shape.faults(self._document, written, wanted, path)
        yield from amiss
        if amiss:
            return
        test = msgspec.convert(written, wanted)
        if isinstance(test, TraitTest):
            yield from self._trait(test, path)
        elif isinstance(test, EventsTest):
            yield from self._events(test, path)
        elif isinstance(test, ConsentTest):
            yield from self._word(f"{path}.consent", "purpose", test.purpose, self._known.purposes)
            yield from self._word(f"{path}.channel", "channel", test.channel, self._known.events.channels)
        elif isinstance(test, InSegment):
            yield from self._word(f"{path}.in_segment", "segment", test.segment, self._known.segments)

    def _word(self, path: str, what: str, word: str, known: tuple[str, ...]) -> Iterator[Fault]:
        if word not in known:
            yield self._document.fault(path, f"no {what} is named {word!r}", shape.nearest(word, known))

    def _events(self, test: EventsTest, path: str) -> Iterator[Fault]:
        yield from selectors.faults(self._document, f"{path}.events", test.events, self._known.events)
        if test.window:
            try:
                windows.parse(test.window)
            except ValueError as error:
                yield self._document.fault(f"{path}.window", str(error))
        least, most = bounds(test)
        if least > most:
            yield self._document.fault(f"{path}.at_most", f"is less than at_least: {least}", "nobody would belong")

    def _trait(self, test: TraitTest, path: str) -> Iterator[Fault]:
        asked = {part for part in Test.__struct_fields__ if getattr(test, part) not in (None, ())}
        if not asked:
            yield self._document.fault(path, f"asks nothing of {test.trait!r}", "at_least: 1, equals: …, or set: true")
        trait = next((trait for trait in self._known.traits if trait.name == test.trait), None)
        if trait is None or trait.kind == DECLARED:
            yield from self._declared(test.trait, path, is_named=trait is not None)
        else:
            yield from self._computed(test, trait, path)

    def _computed(self, test: TraitTest, trait: TraitDef, path: str) -> Iterator[Fault]:
        if trait.kind in _NUMBERS:
            for part, value in (
                ("equals", test.equals),
                ("unlike", test.unlike),
                *(("one_of", v) for v in test.one_of),
            ):
                if isinstance(value, str | bool):
                    what = f"{trait.name!r} is a number and never {value!r}"
                    yield self._document.fault(f"{path}.{part}", what, "write a number without quotes")
        elif trait.kind == "top" or not getattr(trait.arguments, "value", ""):
            for part in ("at_least", "at_most"):
                if getattr(test, part) is not None:
                    what = f"{trait.name!r} is {'a list of words' if trait.kind == 'top' else 'a time'} and no number"
                    yield self._document.fault(f"{path}.{part}", what, "a trait of kind recency or count is one")

    def _declared(self, name: str, path: str, *, is_named: bool) -> Iterator[Fault]:
        event = STANDARD_NAMES["identify"]
        contract = self._known.events.contracts.get(event)
        plain = selectors.plain_fields(contract) if contract is not None else []
        if name in plain:
            return
        place = f"{path}.trait"
        node = selectors.field(self._known.events.contracts, event, name)
        if node is not None and node.kind in selectors.SEALED:
            clear = [field for field in plain if field.startswith(f"{name}_")]
            cure = f"its clear derivative is {clear[0]}" if clear else "segments see plain fields and derivatives only"
            yield self._document.fault(place, f"{name!r} is personal and sealed", cure)
        elif is_named:
            cure = f"give {name} the class plain in a contract of {event}, if it names nobody"
            yield self._document.fault(place, f"no contract says what {name!r} is, so texts of it are sealed", cure)
        else:
            computed = tuple(trait.name for trait in self._known.traits if trait.kind != DECLARED)
            cure = shape.nearest(name, (*computed, *plain), "the traits are in traits/")
            yield self._document.fault(place, f"no trait is named {name!r}", cure)
