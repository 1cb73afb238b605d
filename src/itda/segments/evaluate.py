"""Which segments a customer is in, at a time, and until when that stands if nothing happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

import msgspec

from itda.base.errors import Refused
from itda.base.instant import NEVER
from itda.consent.pauses import PAUSED
from itda.profiles.fold import Fold
from itda.segments.definition import Expression, Group, Segment, meaning, tests
from itda.segments.operator import ALWAYS, NOT_EVER, Leaf, Seen, Surroundings, Verdict, View
from itda.segments.operators import Tested, operator_of
from itda.segments.operators.in_segment import InSegment
from itda.segments.resting import PLACE, Resting

__all__ = ["Answer", "Seen", "Segments"]


class Answer(msgspec.Struct, frozen=True):
    """Whether a customer is in a segment. Times are microseconds UTC."""

    is_member: bool
    valid_until: int | None = None
    """The first time at which passing time alone may change it, or an earlier one; None: never."""


class Segments:
    """The segments of a workspace, compiled over its fold, which must keep their `hidden_traits`."""

    def __init__(self, segments: Iterable[Segment], fold: Fold) -> None:
        self.by_name = {segment.name: segment for segment in segments}
        _refuse_circles(self.by_name)
        self.rests = Resting(self.by_name, fold)
        self._leaves = _Leaves(self.by_name.values(), Surroundings(fold, self._other))
        self._compiled = {name: self._leaves.compiled(segment.where) for name, segment in self.by_name.items()}

    def answers(self, seen: Seen, now: int, only: Collection[str] | None = None) -> dict[str, Answer]:
        """The answer of each segment, or of these only; `now` is not before the log time of what is seen."""
        view = View(seen, now, {})
        names = self.by_name if only is None else only
        found = {}
        for name in names:
            is_member, until = self._verdict(view, name)
            found[name] = Answer(is_member, until if until < NEVER else None)
        return found

    def verdict(self, expression: Expression, seen: Seen, now: int) -> Verdict:
        """The verdict of a part of one of the segments, compiled anew: for whoever explains."""
        return self._leaves.compiled(expression)(View(seen, now, {}))

    def _verdict(self, view: View, name: str) -> Verdict:
        verdict = view.known.get(name)
        if verdict is None:
            is_away = name in self.rests.by_place and view.seen.consents.get(PLACE) in PAUSED
            verdict = view.known[name] = NOT_EVER if is_away else self._compiled[name](view)
        return verdict

    def _other(self, name: str) -> Leaf:
        return lambda view: self._verdict(view, name)


class _Leaves:
    """The tests of all segments, compiled once each; those that occur again are asked once per customer."""

    def __init__(self, segments: Iterable[Segment], around: Surroundings) -> None:
        self._around = around
        self._uses = Counter(meaning(test) for segment in segments for test in tests(segment.where))
        self._shared: dict[bytes, Leaf] = {}

    def compiled(self, expression: Expression) -> Leaf:
        """The expression as a function of what is seen."""
        if not isinstance(expression, Group):
            return self._leaf(expression)
        parts = [self.compiled(part) for part in expression.all]
        parts += [_not(self.compiled(part)) for part in expression.none]
        if expression.any:
            parts.append(_any([self.compiled(part) for part in expression.any]))
        return parts[0] if len(parts) == 1 else _all(parts)

    def _leaf(self, test: Tested) -> Leaf:
        operator, told = operator_of(test), meaning(test)
        if self._uses[told] == 1 or isinstance(test, InSegment):
            return operator.matches(test, self._around)
        leaf = self._shared.get(told)
        if leaf is None:
            leaf = self._shared[told] = _shared(operator.matches(test, self._around), len(self._shared))
        return leaf


def _shared(part: Leaf, number: int) -> Leaf:
    def leaf(view: View) -> Verdict:
        verdict = view.known.get(number)
        if verdict is None:
            verdict = view.known[number] = part(view)
        return verdict

    return leaf


def _not(part: Leaf) -> Leaf:
    def leaf(view: View) -> Verdict:
        holds, until = part(view)
        return not holds, until

    return leaf


def _all(parts: list[Leaf]) -> Leaf:
    """True until the first of them turns; false until the last of those that are false does."""

    def leaf(view: View) -> Verdict:
        least, most = NEVER, -1
        for part in parts:
            holds, until = part(view)
            if holds:
                least = min(least, until)
            elif until >= NEVER:
                return NOT_EVER
            elif until > most:
                most = until
        return (False, most) if most >= 0 else (True, least)

    return leaf


def _any(parts: list[Leaf]) -> Leaf:
    """True until the last of those that are true turns; false until the first of them does."""

    def leaf(view: View) -> Verdict:
        least, most = NEVER, -1
        for part in parts:
            holds, until = part(view)
            if not holds:
                least = min(least, until)
            elif until >= NEVER:
                return ALWAYS
            elif until > most:
                most = until
        return (True, most) if most >= 0 else (False, least)

    return leaf


def circle(segments: dict[str, Segment], name: str) -> list[str] | None:
    """The way from a segment back to itself through those it names; None where there is none."""
    ways: list[list[str]] = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for other in sorted(segments[way[-1]].refers_to) if way[-1] in segments else ():
            if other == name:
                return [*way, name]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return None


def _refuse_circles(segments: dict[str, Segment]) -> None:
    for name, segment in segments.items():
        way = circle(segments, name)
        if way is not None:
            raise Refused(f"the segment {name!r} refers to itself: {' → '.join(way)}")
        unknown = sorted(segment.refers_to - segments.keys())
        if unknown:
            raise Refused(f"the segment {name!r} names {unknown[0]!r}, which is none")
