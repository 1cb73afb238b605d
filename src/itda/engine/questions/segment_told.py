"""What a segment means and what rests on it; and which segments a customer is in. Times: microseconds UTC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Fault, Misused
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.person import Who
from itda.engine.work import Work
from itda.journeys.definition import Journey
from itda.segments.definition import GROUPS, Expression, Group, Segment, tests
from itda.segments.operators import operator_of
from itda.segments.operators.in_segment import InSegment
from itda.store.arrays import byteas

_OF = "select segment, min(since) from segment_member where customer = any(%b) group by segment"


class LineView(msgspec.Struct, frozen=True):
    """One line of a definition: a group's word (all, any, none), or a test, one deeper than its group."""

    depth: int
    word: str
    test: dict[str, Any]
    """As it is written; empty for a group."""
    label_ko: str = ""
    """What the tested trait or the other segment is called; empty where it is called by its name."""
    label_en: str = ""
    currency: str = ""
    """Of a trait that is money, written in major units."""


class SegmentToldView(msgspec.Struct, frozen=True):
    """What a segment means, and who asks for it: other segments and journeys, by name."""

    name: str
    lines: list[LineView]
    segments: list[str]
    journeys: list[str]


class SegmentToldOf(msgspec.Struct, frozen=True):
    """The definition of one segment."""

    permission: ClassVar[str] = "segment.read"
    name: str

    def answer(self, work: Work) -> Answer[SegmentToldView]:
        """Line by line. `Misused` when there is no such segment."""
        workspace = work.workspace
        segment = next((one for one in workspace.segments if one.name == self.name), None)
        if segment is None:
            raise Misused(Fault(what=f"no segment is named {self.name!r}"))
        view = SegmentToldView(
            name=segment.name,
            lines=[_called(work, line) for line in _lines(segment.where, 0)],
            segments=[one.name for one in workspace.segments if segment.name in one.refers_to],
            journeys=[one.name for one in workspace.journeys if segment.name in _asked_by(one)],
        )
        return Answer(view, count=1)


class BelongingView(msgspec.Struct, frozen=True):
    """One segment that a customer is in, since a log time."""

    name: str
    label_ko: str
    label_en: str
    since: int


class SegmentsOf(msgspec.Struct, frozen=True):
    """The segments that a customer is in as last answered, in the order of the workspace."""

    permission: ClassVar[str] = "customer.segments"
    who: Who

    def answer(self, work: Work) -> Answer[list[BelongingView] | None]:
        """The segments; None when there is no such customer."""
        found = person.find(work, self.who)
        if found is None:
            return Answer(None)
        rows = work.connection.execute(_OF, [byteas(list({found.customer, *found.fragments}))]).fetchall()
        since = {str(name): int(at) for name, at in rows}
        views = [
            BelongingView(one.name, one.label_ko or one.name, one.label_en or one.name, since[one.name])
            for one in work.workspace.segments
            if one.name in since
        ]
        return Answer(views, tuple(found.fragments), len(views))


def _lines(expression: Expression, depth: int) -> Iterator[LineView]:
    if not isinstance(expression, Group):
        word = operator_of(expression).word
        written: dict[str, Any] = msgspec.to_builtins(expression)
        asked = {part: value for part, value in written.items() if value not in (None, (), [], "", {})}
        yield LineView(depth, word, {word: written[word]} | asked)
        return
    for word in GROUPS:
        parts = getattr(expression, word)
        if parts:
            yield LineView(depth, word, {})
            for part in parts:
                yield from _lines(part, depth + 1)


def _called(work: Work, line: LineView) -> LineView:
    """The line with the name that the workspace gave to what it tests."""
    workspace = work.workspace
    name = line.test.get("trait", line.test.get("in_segment"))
    among = workspace.traits if line.word == "trait" else workspace.segments if line.word == "in_segment" else ()
    found = next((one for one in among if one.name == name), None)
    if found is None:
        return line
    trait = workspace.reading_fold.computed(found.name) if line.word == "trait" else None
    is_money = trait is not None and trait.arguments.of == "orders" and trait.definition.kind == "sum"
    return msgspec.structs.replace(
        line, label_ko=found.label_ko, label_en=found.label_en, currency=workspace.currency if is_money else ""
    )


def _asked_by(journey: Journey) -> set[str]:
    """The segments that bring people into a journey, take them out, or tell their ways apart."""
    named = {journey.enter.segment, *(leave.segment for leave in journey.leave)}
    for step in journey.steps:
        branch: Segment | None = getattr(step.does, "segment", None)
        if branch is not None:
            named |= {test.segment for test in tests(branch.where) if isinstance(test, InSegment)}
    return named - {""}
