"""What the decider goes by: segments and journeys, compiled, and which events any of them listens to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from itda.consent.heard import TAKEN
from itda.engine.deciding.outcomes import BOUNCED_EVENT, SENT_EVENT
from itda.journeys.definition import Journey, branches
from itda.journeys.position import Position
from itda.journeys.steps.wait_for import WaitFor
from itda.profiles.events import Events, cares
from itda.profiles.fold import Fold
from itda.segments.definition import Segment, hidden_traits
from itda.segments.evaluate import Segments
from itda.segments.operator import EventKind

_KINDS = 4096
"""Distinct kinds of events whose listeners are remembered; names come from outside and have no end."""


class Listeners(msgspec.Struct, frozen=True):
    """Who listens to one kind of event. `segments` are those whose answer it may change."""

    segments: frozenset[str]
    entering: tuple[Journey, ...]
    """Journeys that may begin with such an event."""
    awaiting: frozenset[tuple[str, str]]
    """(journey, version) in which somebody may go on or out by it, or reach their goal."""
    is_for_journeys: bool
    """They may, or somebody in one may wait for it."""
    is_sent: bool
    """It tells what became of a message that somebody in a journey was to get."""
    is_consent: bool

    @property
    def is_wanted(self) -> bool:
        """Whether the event itself is looked at, and not only whose it is."""
        return self.is_for_journeys or self.is_sent or self.is_consent


class Definitions:
    """The definitions in force. `former` are versions of journeys that people are still in.

    Of segments that are `waiting` nobody is a member yet; branches go by what is folded of them.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        journeys: Sequence[Journey],
        former: Sequence[Journey],
        fold: Fold,
        waiting: Sequence[str] = (),
    ) -> None:
        self.fold = fold
        self.shown = tuple(segment.name for segment in segments if segment.name not in waiting)
        """Segments that have members, in the order of their definition."""
        self.entering = tuple(journeys)
        self.by_segment = {
            name: tuple(journey for journey in journeys if journey.enter.segment == name)
            for name in {journey.enter.segment for journey in journeys} - {""}
        }
        """Journeys by the segment that brings people in."""
        self.journeys = {(journey.name, journey.version): journey for journey in (*former, *journeys)}
        self.names = frozenset(journey.name for journey in journeys)
        kept = (journey for journey in former if journey.name in self.names)
        passable = [*(journey for journey in kept if _is_passable(journey, segments, fold)), *journeys]
        self.passable = frozenset((journey.name, journey.version) for journey in passable)
        """Of the journeys that are there still, the versions in which every branch can be answered."""
        unseen = {segment.name: segment for segment in branches(passable)}
        self.segments = Segments([*segments, *unseen.values()], fold)
        self.consents = sorted(self.segments.rests.consents)
        """(purpose, channel) of consents that are asked for."""
        self.of_consent = self.segments.rests.by_consent.intersection(self.shown)
        self.heard = frozenset(segment for journey in self.journeys.values() for segment in _segments(journey))
        """Segments by which somebody comes into a journey or out of one."""
        self._awaited = {key: list(_awaited(journey)) for key, journey in self.journeys.items()}
        entries = (journey.enter.event for journey in self.journeys.values() if journey.enter.event is not None)
        self.selectors = [*entries, *(events for awaited in self._awaited.values() for events in awaited)]
        """The events that journeys listen to."""
        self._kinds: dict[EventKind, Listeners] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be answered or to be moved."""
        return not self.shown and not self.journeys

    def ended(self, position: Position) -> str:
        """Why nobody goes on from here: `journey` or `version` is no more; empty where they do."""
        if (position.journey, position.version) in self.passable:
            return ""
        return "version" if position.journey in self.names else "journey"

    def listeners(self, kind: EventKind) -> Listeners:
        """Who listens to events of this kind."""
        found = self._kinds.get(kind)
        if found is None:
            if len(self._kinds) >= _KINDS:
                self._kinds.clear()
            found = self._kinds[kind] = self._listeners(kind)
        return found

    def _listeners(self, kind: EventKind) -> Listeners:
        name, channel, source, _ = kind
        entering = tuple(
            journey
            for journey in self.entering
            if journey.enter.event is not None and cares(journey.enter.event, name, channel, source)
        )
        awaiting = frozenset(
            key
            for key, selectors in self._awaited.items()
            if any(cares(events, name, channel, source) for events in selectors)
        )
        return Listeners(
            self.segments.rests.touched(kind).intersection(self.shown),
            entering,
            awaiting,
            bool(entering or awaiting),
            bool(self.journeys) and name in (SENT_EVENT, BOUNCED_EVENT),
            name in TAKEN,
        )


def _is_passable(journey: Journey, segments: Iterable[Segment], fold: Fold) -> bool:
    """Whether the branches of a former version ask for nothing but what is still defined and folded."""
    names = {segment.name for segment in segments}
    return all(
        branch.refers_to <= names and all(trait.key() in fold.keys for trait in hidden_traits([branch]))
        for branch in branches([journey])
    )


def _segments(journey: Journey) -> Iterator[str]:
    yield from (leave.segment for leave in journey.leave if leave.segment)
    if journey.enter.segment:
        yield journey.enter.segment


def _awaited(journey: Journey) -> Iterator[Events]:
    """The events that mean something to people in a journey."""
    if journey.goal is not None:
        yield journey.goal.event.event
    for leave in journey.leave:
        if leave.event is not None:
            yield leave.event.event
    for step in journey.steps:
        if isinstance(step.does, WaitFor):
            yield step.does.event.event
