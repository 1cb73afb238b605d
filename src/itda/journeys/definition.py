"""A journey: who comes in, by which steps they go, what they are meant to do, and what takes them out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from itda.base.instant import DAY
from itda.journeys.happening import Occurred, SegmentEntered
from itda.journeys.kind import Way
from itda.journeys.selector import Selector, value
from itda.journeys.steps import Does
from itda.journeys.steps.branch import Branch
from itda.profiles.events import Events
from itda.segments.definition import Segment

_APART = ("name", "label_ko", "label_en")
"""What is no part of a journey's meaning."""


class Enter(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One of the two: an event, or coming to belong to a segment."""

    event: Events | None = None
    segment: str = ""

    def takes(self, happening: Occurred | SegmentEntered) -> bool:
        """Whether people come in by what happened."""
        if isinstance(happening, SegmentEntered):
            return self.segment == happening.segment
        return self._selector is not None and self._selector.takes(happening, {})

    @cached_property
    def _selector(self) -> Selector | None:
        return Selector(event=self.event) if self.event is not None else None


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """What takes somebody out: an event, or coming to belong to a segment."""

    event: Selector | None = None
    segment: str = ""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What the journey is for. It counts in [entry, entry + within] of event time, also when they are out again."""

    event: Selector
    correlation: str = ""
    """Property of the event that must equal the correlation; empty: any such event counts."""
    within: int = 30 * DAY

    def takes(self, event: Occurred, correlation: str) -> bool:
        """Whether this event is what somebody who entered with this correlation was to do."""
        return self.event.takes(event, {}) and (not self.correlation or correlation in value(event, self.correlation))


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the same person may come in again with the same correlation, when they are out: after so long."""

    is_allowed: bool = True
    after: int = 0
    """Microseconds between the two entries, in event time."""

    @property
    def looks_back(self) -> bool:
        """Whether somebody who is out may have to stay out."""
        return not self.is_allowed or self.after > 0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `then` and `otherwise` name the steps it leads to; empty where it leads nowhere."""

    name: str
    does: Does
    then: str = ""
    otherwise: str = ""

    def next(self, way: Way) -> str:
        """The step that a way leads to."""
        return self.then if way == "then" else self.otherwise


class Journey(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One journey in one version. The first step is where people come in; every way leads to a step."""

    name: str
    label_ko: str = ""
    label_en: str = ""
    enter: Enter
    correlation: str = ""
    """Property of the entry event that says which cart, which order it is about; empty: it is about the person."""
    again: Again = Again()
    backfill: bool = False
    """Whether events that came late, and members there were before, start it."""
    holdout: float = 0.0
    """Share of people, 0..1, who go through all of it and are sent nothing."""
    goal: Goal | None = None
    leave: tuple[Leave, ...] = ()
    steps: tuple[Step, ...]

    @cached_property
    def version(self) -> str:
        """16 hex digits by what it means: labels and the name have no part in it."""
        meaning = {key: part for key, part in msgspec.to_builtins(self).items() if key not in _APART}
        return hashlib.blake2s(msgspec.json.encode(meaning, order="deterministic"), digest_size=8).hexdigest()

    @cached_property
    def by_name(self) -> dict[str, Step]:
        """The steps, by name."""
        return {step.name: step for step in self.steps}


def branches(journeys: Iterable[Journey]) -> Iterator[Segment]:
    """The expressions that journeys branch by, as segments that nobody sees."""
    for journey in journeys:
        for step in journey.steps:
            if isinstance(step.does, Branch):
                yield step.does.segment


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Journey)


def encode(journey: Journey) -> str:
    """The journey as text, kept (`applied.body`) for as long as people are on it."""
    return _encoder.encode(journey).decode()


def decode(text: str) -> Journey:
    """Read a kept journey back."""
    return _decoder.decode(text)
