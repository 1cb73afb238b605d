"""Why a customer is, or is not, in a segment: each group and test, what it found, and until when it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from itda.base.instant import NEVER
from itda.consent.pauses import PAUSED
from itda.profiles.fold import Fold
from itda.segments.definition import GROUPS, Expression, Group
from itda.segments.evaluate import Answer, Seen, Segments
from itda.segments.operators import operator_of
from itda.segments.resting import PLACE


class Told(msgspec.Struct, frozen=True):
    """One line of the answer: a group's word (all, any, none), or a test of it, one deeper."""

    depth: int
    word: str
    test: dict[str, Any]
    """What was asked, as it is written; empty for a group."""
    found: Any
    """What the test looked at: a trait's value, a count, a status; None for a group and for another segment."""
    answer: Answer


def told(segments: Segments, fold: Fold, name: str, seen: Seen, now: int) -> list[Told]:
    """Every line of a segment's definition, from first to last, of one customer at `now`.

    First of all where the use of where they are is paused, and the segment asks for it: then nothing else counts.
    """
    status = seen.consents.get(PLACE, "")
    purpose, channel = PLACE
    away = [Told(0, "consent", {"consent": purpose, "channel": channel, "status": "granted"}, status, Answer(False))]
    is_away = name in segments.rests.by_place and status in PAUSED
    return (away if is_away else []) + list(_lines(segments, fold, segments.by_name[name].where, seen, now, 0))


def _lines(segments: Segments, fold: Fold, expression: Expression, seen: Seen, now: int, depth: int) -> Iterator[Told]:
    if not isinstance(expression, Group):
        operator = operator_of(expression)
        holds, until = segments.verdict(expression, seen, now)
        answer = Answer(holds, until if until < NEVER else None)
        written: dict[str, Any] = msgspec.to_builtins(expression)
        asked = {operator.word: written[operator.word]}
        asked |= {part: value for part, value in written.items() if value not in (None, (), [], "", {})}
        yield Told(depth, operator.word, asked, operator.found(expression, fold, seen, now), answer)
        return
    for word in GROUPS:
        parts = getattr(expression, word)
        if parts:
            holds, until = segments.verdict(Group(**{word: parts}), seen, now)
            yield Told(depth, word, {}, None, Answer(holds, until if until < NEVER else None))
            for part in parts:
                yield from _lines(segments, fold, part, seen, now, depth + 1)
