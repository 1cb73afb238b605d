"""Reads journeys/NAME.yaml: who comes in, the steps, the goal; with every fault of one file at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeVar

import msgspec

from itda.base import duration
from itda.base.errors import Fault
from itda.journeys import check
from itda.journeys.definition import Again, Enter, Goal, Journey, Leave, Step
from itda.journeys.kind import Way
from itda.journeys.selector import Selector
from itda.journeys.steps import KINDS, Does
from itda.journeys.steps.branch import Branch
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send
from itda.journeys.steps.wait import Wait
from itda.journeys.steps.wait_for import WaitFor
from itda.messages.definition import Message
from itda.profiles.events import Events, words
from itda.workspace import selectors, shape
from itda.workspace.files import Document
from itda.workspace.written import WrittenJourney, WrittenLeave, WrittenStep, WrittenWaitFor

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_UNTIL = re.compile(r"until\s+([01]?\d|2[0-3]):([0-5]\d)")
_AGAIN = re.compile(r"after\s+(.+)")
Part = TypeVar("Part")


class Known(msgspec.Struct, frozen=True):
    """What a journey may name."""

    events: selectors.Known
    segments: tuple[str, ...]
    messages: Mapping[str, Message]
    broken: frozenset[str]
    """Messages that have faults of their own."""
    zone: str
    branch: Callable[[Document, str, Any], list[Fault]]
    """The faults of an expression of segments, written at a dotted path of a document."""


def read_journey(document: Document, known: Known, faults: list[Fault]) -> Journey | None:
    """The journey of a file; None when it has faults."""
    name = PurePosixPath(document.name).stem
    if not isinstance(document.data, dict):
        faults.append(document.fault("", "must be a mapping", "enter: {…}, steps: {…}"))
        return None
    found = shape.faults(document, document.data, WrittenJourney)
    if not _NAME.fullmatch(name):
        cure = "small letters, digits, - and _, beginning with a letter"
        found.append(document.fault("", f"{name!r} is no name of a journey", cure))
    if found:
        faults += found
        return None
    reading = _Reading(document, known, msgspec.convert(document.data, WrittenJourney))
    journey = reading.journey(name)
    faults += reading.faults
    return None if reading.faults else journey


class _Reading:
    """One journey being read."""

    def __init__(self, document: Document, known: Known, written: WrittenJourney) -> None:
        self.faults: list[Fault] = []
        self._document = document
        self._known = known
        self._written = written
        enter = written.enter.event
        self._entry = words(enter.name) if enter is not None else ()

    def fault(self, path: str, what: str, cure: str = "") -> None:
        self.faults.append(self._document.fault(path, what, cure))

    def journey(self, name: str) -> Journey:
        written = self._written
        label = written.label
        both = (label, label) if isinstance(label, str) else (label.ko, label.en)
        self.event("enter", written.enter.event)
        self.one_of("enter", written.enter.event, written.enter.segment)
        self.correlation()
        journey = Journey(
            name=name,
            label_ko=both[0],
            label_en=both[1],
            enter=Enter(event=written.enter.event, segment=written.enter.segment),
            correlation=written.correlation,
            again=self.again(),
            backfill=written.backfill,
            holdout=written.holdout,
            goal=self.goal(),
            leave=tuple(self.leave(f"exit.{n}", one) for n, one in enumerate(written.exit)),
            steps=self.steps(),
        )
        if not self.faults:
            for one in check.amiss(journey.steps):
                self.fault(f"steps.{one.step}", one.what, one.cure)
        return journey

    # ── Who comes in, and what for ──────────────────────────────────────────────────────────────────────────────────

    def one_of(self, path: str, event: Events | None, segment: str) -> None:
        if (event is None) == (not segment):
            self.fault(path, "names an event or a segment, one of the two", "event: {name: …}")
        if segment and segment not in self._known.segments:
            cure = shape.nearest(segment, self._known.segments, "there are no segments in segments/")
            self.fault(f"{path}.segment", f"no segment is named {segment!r}", cure)

    def event(self, path: str, events: Events | None, match: str | dict[str, str] = "") -> Selector | None:
        if events is None:
            return None
        if not words(events.name):
            self.fault(f"{path}.event", "'name' is missing", "name: the event, or a list of them")
        self.faults += selectors.faults(self._document, f"{path}.event", events, self._known.events)
        pairs = ({match: match} if match else {}) if isinstance(match, str) else match
        for theirs, ours in pairs.items():
            self.same(f"{path}.match", words(events.name), theirs)
            if self._written.enter.event is None:
                self.fault(f"{path}.match", "those who come in by a segment bring no property to match", "remove it")
            self.same(f"{path}.match", self._entry, ours)
        return Selector(event=events, match=pairs)

    def same(self, path: str, names: tuple[str, ...], used: str) -> None:
        """A field that is to be compared: contracts name it, and keep it plain. Otherwise it can never match."""
        for name in names:
            contract = self._known.events.contracts.get(name)
            if contract is None:
                continue
            plain = selectors.plain_fields(contract)
            if used not in plain:
                cure = shape.nearest(used, plain, "name it in a contract as `class: plain`")
                self.fault(path, f"the contract of {name} knows no plain field {used!r}: it never matches", cure)

    def correlation(self) -> None:
        used = self._written.correlation
        if used and self._written.enter.event is None:
            self.fault("correlation", "those who come in by a segment bring no property", "remove it")
        elif used:
            self.same("correlation", self._entry, used)

    def again(self) -> Again:
        written = self._written.again.strip()
        if written in ("always", "never"):
            return Again(is_allowed=written == "always")
        found = _AGAIN.fullmatch(written)
        if found is None:
            self.fault("again", f"{written!r} is not known", "always, never, or: after 7 days")
            return Again()
        return Again(after=self.duration("again", found[1]))

    def duration(self, path: str, written: str) -> int:
        try:
            return duration.parse(written)
        except ValueError as error:
            self.fault(path, str(error))
            return 1

    def goal(self) -> Goal | None:
        written = self._written.goal
        if written is None:
            return None
        within = self.duration("goal.within", written.within)
        event = self.event("goal", written.event)
        if written.match and not self._written.correlation:
            cure = "name a property of the entry event as `correlation`, or remove it"
            self.fault("goal.match", "the journey has no correlation: the goal never matches", cure)
        elif written.match:
            self.same("goal.match", words(written.event.name), written.match)
        return Goal(event=event or Selector(event=written.event), correlation=written.match, within=within)

    def leave(self, path: str, written: WrittenLeave) -> Leave:
        self.one_of(path, written.event, written.segment)
        return Leave(event=self.event(path, written.event, written.match), segment=written.segment)

    # ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def steps(self) -> tuple[Step, ...]:
        names = list(self._written.steps)
        if not names:
            self.fault("steps", "there is no step", "for example: pause: {wait: 1 hour}")
        following = [*names[1:], ""]
        found = (self.step(name, after) for name, after in zip(names, following, strict=False))
        return tuple(step for step in found if step is not None)

    def step(self, name: str, after: str) -> Step | None:
        path, written = f"steps.{name}", self._written.steps[name]
        if not _NAME.fullmatch(name):
            self.fault(path, f"{name!r} is no name of a step", "small letters, digits, - and _")
        said = [kind for kind in KINDS if kind in self._document.data["steps"][name]]
        if len(said) != 1:
            self.fault(path, f"a step is one of {', '.join(KINDS)}", "wait: 1 hour")
            return None
        kind = KINDS[said[0]]
        if written.channel and kind.name != "send":
            self.fault(f"{path}.channel", f"{kind.name} has no channel", "only `send` has one")
        ways: dict[Way, str] = {"then": written.then, "else": written.otherwise}
        for way, named in ways.items():
            if named and way not in kind.ways:
                self.fault(f"{path}.{way}", f"{kind.name} leads nowhere by `{way}`", "remove it")
            elif named and named not in self._written.steps:
                self.fault(f"{path}.{way}", f"no step is named {named!r}", shape.nearest(named, self._written.steps))
            elif way in kind.ways and not named and not after:
                self.fault(path, f"has no way out: it leads nowhere by `{way}`", f"{way}: a step, or one below: exit")
        then = (written.then or after) if "then" in kind.ways else ""
        otherwise = (written.otherwise or after) if "else" in kind.ways else ""
        return Step(name=name, does=self.does(kind.name, path, written), then=then, otherwise=otherwise)

    def does(self, kind: str, path: str, written: WrittenStep) -> Does:
        if kind == "wait_for":
            return self.wait_for(f"{path}.wait_for", written.wait_for)
        if kind == "branch":
            self.faults += self._known.branch(self._document, f"{path}.branch", written.branch)
            return Branch(when=written.branch)
        if kind == "send":
            return self.send(path, written)
        if kind == "exit":
            return Exit(why=written.exit or "")
        return self.wait(path, written.wait)

    def wait(self, path: str, written: str) -> Wait:
        until = _UNTIL.fullmatch(written.strip())
        if until is not None:
            return Wait(until=int(until[1]) * 60 + int(until[2]), zone=self._known.zone)
        if written.strip().startswith("until"):
            self.fault(f"{path}.wait", f"{written!r} is no time of the day", "until 10:00")
            return Wait(delay=1)
        return Wait(delay=self.duration(f"{path}.wait", written))

    def wait_for(self, path: str, written: WrittenWaitFor) -> WaitFor:
        event = self.event(path, written.event, written.match)
        within = self.duration(f"{path}.within", written.within)
        return WaitFor(event=event or Selector(event=written.event), within=within)

    def send(self, path: str, written: WrittenStep) -> Send:
        message = self._known.messages.get(written.send)
        channel = written.channel
        if written.send in self._known.broken:
            return Send(message=written.send, channel=channel)
        if message is None:
            cure = shape.nearest(written.send, self._known.messages, "there are no messages in messages/")
            self.fault(f"{path}.send", f"no message is named {written.send!r}", cure)
            return Send(message=written.send, channel=channel)
        if not channel and len(message.channels) == 1:
            channel = message.channels[0]
        if not channel:
            self.fault(path, "'channel' is missing", f"channel: one of {', '.join(message.channels)}")
        elif channel not in message.channels:
            what = f"the message {message.name!r} has no version for {channel!r}"
            self.fault(f"{path}.channel", what, shape.nearest(channel, message.channels))
        strange = [name for name in self._entry if name not in message.events]
        if message.events and (strange or not self._entry):
            what = f"the message {message.name!r} names properties of {', '.join(message.events)}"
            came = ", ".join(strange) if strange else "a segment"
            self.fault(f"{path}.send", f"{what}, and people come in by {came}", "add it to the message's `events`")
        return Send(message=message.name, channel=channel)
