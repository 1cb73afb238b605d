"""Definitions come into force: what is new or changed is noted, and carried out for those who are here already.

A segment whose meaning changed is answered anew for everybody, in the order of their ids, a portion at a time; until
somebody's turn comes the answer before stands. One that rests on traits whose past was never folded is not answered
at all, until `itda replay` has folded it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.engine.deciding.definitions import Definitions
from itda.engine.former import readable
from itda.journeys import definition as journeys
from itda.journeys.definition import Journey
from itda.profiles.fold import Fold
from itda.segments.definition import Segment, meaning, tests
from itda.segments.evaluate import Segments
from itda.segments.operators.events import EventsTest, counted
from itda.segments.operators.trait import TraitTest
from itda.store.engagement_rows import AppliedRow

SEGMENT, JOURNEY, TRAIT = "segment", "journey", "trait"


class InForce(msgspec.Struct):
    """What holds, and what of it is still to be written or carried out."""

    definitions: Definitions
    news: list[AppliedRow]
    """Rows that differ from what is stored."""
    renewing: dict[str, AppliedRow]
    """Segments that are being answered anew, by name."""
    waiting: tuple[str, ...]
    """Segments that are not answered before a replay."""
    gone: list[str]
    """Segments that have no members any more."""


def in_force(
    stored: Sequence[AppliedRow],
    segments: Sequence[Segment],
    given: Sequence[Journey],
    fold: Fold,
    log_time: int,
) -> InForce:
    """Hold what is defined now against what was in force."""
    unfolded = {row.name for row in stored if row.kind == TRAIT and row.settled_at is None and row.retired_at is None}
    waiting = tuple(segment.name for segment in segments if rests_on(segment, segments, fold) & unfolded)
    answered = [segment for segment in segments if segment.name not in waiting]
    versions = Segments(segments, fold).rests.versions
    bodies = {segment.name: meaning(segment.where).decode() for segment in segments}
    news, renewing = _news(stored, SEGMENT, {name: (versions[name], bodies[name]) for name in bodies}, log_time)
    by_version = {journey.name: (journey.version, journeys.encode(journey)) for journey in given}
    also, _ = _news(stored, JOURNEY, by_version, log_time)
    former = [row for row in stored if row.kind == JOURNEY and by_version.get(row.name, ("", ""))[0] != row.version]
    definitions = Definitions(segments, given, readable(row.body for row in former), fold, waiting)
    gone = sorted({row.name for row in stored if row.kind == SEGMENT} - {segment.name for segment in answered})
    return InForce(
        definitions,
        [*news, *(msgspec.structs.replace(row, settled_at=log_time) if not row.retired_at else row for row in also)],
        {name: row for name, row in renewing.items() if name not in waiting},
        waiting,
        gone,
    )


def rests_on(segment: Segment, segments: Sequence[Segment], fold: Fold) -> set[str]:
    """The keys of the traits over events that a segment rests on, through others too."""
    by_name = {one.name: one for one in segments}
    ways, seen, keys = [segment.name], {segment.name}, set[str]()
    while ways:
        one = by_name[ways.pop()]
        for test in tests(one.where):
            if isinstance(test, EventsTest):
                keys.add(counted(test).key())
            elif isinstance(test, TraitTest):
                computed = fold.computed(test.trait)
                if computed is not None:
                    keys.add(computed.key)
        ways += one.refers_to - seen
        seen |= one.refers_to
    return keys


def _news(
    stored: Sequence[AppliedRow], kind: str, given: dict[str, tuple[str, str]], log_time: int
) -> tuple[list[AppliedRow], dict[str, AppliedRow]]:
    """Rows to be written, and those in force that are not settled."""
    news: list[AppliedRow] = []
    open_ones: dict[str, AppliedRow] = {}
    known = {(row.name, row.version): row for row in stored if row.kind == kind}
    for name, (version, body) in given.items():
        row = known.get((name, version))
        if row is None or row.retired_at is not None:
            row = AppliedRow(kind, name, version, body, log_time)
            news.append(row)
        if row.settled_at is None:
            open_ones[name] = row
    for (name, version), row in known.items():
        if row.retired_at is None and given.get(name, ("", ""))[0] != version:
            news.append(msgspec.structs.replace(row, retired_at=log_time))
    return news, open_ones
