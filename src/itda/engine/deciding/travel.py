"""One customer's way through journeys, as far as the log is read: what happened to them, in order, is put to each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from itda.engine.deciding.beginning import Beginning
from itda.engine.deciding.definitions import Definitions
from itda.engine.deciding.held import Held
from itda.engine.deciding.membership import Change
from itda.engine.deciding.people import Customer, seen
from itda.journeys.advance import advance
from itda.journeys.definition import Journey
from itda.journeys.enter import Declined, let_in, merged, removed
from itda.journeys.happening import Happening, Occurred, Outcome, SegmentEntered, SegmentLeft, Timer
from itda.journeys.intent import Intent
from itda.journeys.moves import Move
from itda.journeys.position import Position
from itda.journeys.walk import Advanced, Cause, Walk
from itda.segments.operator import Seen

NOBODY = "no customer"
_LAST = 1 << 62


class Joined(msgspec.Struct, frozen=True):
    """The fragments became one customer."""


class Happened(msgspec.Struct, frozen=True):
    """Something that happened to a customer, at a log time. `about` is the one position that it is for, if it is."""

    log_at: int
    what: Happening | Joined
    about: bytes = b""


class Told(msgspec.Struct):
    """What came of a step for journeys: moves by the fragment that entered, and where those who moved are now."""

    moves: list[tuple[bytes, Move]] = []
    positions: dict[bytes, Position] = {}
    intents: list[Intent] = []
    declined: dict[tuple[str, str, int], int] = {}
    """(journey, why, log time) → how many were not let in."""

    def add(self, other: Told) -> None:
        """Take over what came of one customer."""
        self.moves += other.moves
        self.positions |= other.positions
        self.intents += other.intents
        for key, n in other.declined.items():
            self.declined[key] = self.declined.get(key, 0) + n


class Standing:
    """What is true of one customer, as segments and the branches of journeys ask."""

    def __init__(self, definitions: Definitions, customer: Customer) -> None:
        self._definitions = definitions
        self._customer = customer
        self._seen: Seen | None = None

    def holds(self, name: str, at: int) -> bool:
        """Whether a segment holds at a log time, as far as the pipeline has read."""
        if self._seen is None:
            self._seen = seen(self._customer, self._definitions.consents)
        now = max(at, self._customer.state.log_time)
        return self._definitions.segments.answers(self._seen, now, (name,))[name].is_member


class Traveller:
    """One customer with every position that may be of interest, in any version, of all their fragments."""

    def __init__(
        self,
        definitions: Definitions,
        customer: Customer,
        positions: Iterable[Position],
        seed: bytes,
        told: Told,
        beginning: Beginning | None = None,
    ) -> None:
        self._definitions = definitions
        self._beginning = beginning or Beginning(definitions, seed)
        self._standing = Standing(definitions, customer)
        self._seed = seed
        self._told = told
        self._held = Held(positions)
        self._stranded = [one.id for one in self._held.all.values() if one.is_active and definitions.ended(one)]

    def meets(self, happened: Happened) -> None:
        """Put one thing that happened to every position it means something to, and to every journey it may begin."""
        if isinstance(happened.what, Joined):
            self._join(happened.log_at)
            return
        for key in self._concerned(happened):
            self._put(self._held.all[key], happened)
        what = happened.what
        if isinstance(what, Occurred):
            self._enter(what, happened.log_at, self._definitions.listeners(what.kind).entering)
        elif isinstance(what, SegmentEntered):
            self._enter(what, happened.log_at, self._definitions.by_segment.get(what.segment, ()))

    def tells(self, told: Told) -> None:
        """From now on say there what comes of it."""
        self._told = told

    def put(self, key: bytes, happened: Happened) -> None:
        """Put it to one position."""
        self._put(self._held.all[key], happened)

    def _concerned(self, happened: Happened) -> list[bytes]:
        """The positions that it may move: what was due before it is done first, whatever it is."""
        held, what = self._held, happened.what
        if happened.about:
            return [happened.about] if happened.about in held.all else []
        found = {position.id for position in held.due(happened.log_at)}
        found.update(self._stranded)
        self._stranded = []
        if isinstance(what, Occurred):
            awaiting = self._definitions.listeners(what.kind).awaiting
            found.update(position.id for position in held.watched(awaiting))
        elif not isinstance(what, Timer):
            found.update(position.id for position in held.watched())
        return sorted(found)

    def _put(self, position: Position, happened: Happened) -> None:
        if isinstance(happened.what, Joined):
            return
        if position.is_active and (why := self._definitions.ended(position)):
            self._keep(removed(position, why, happened.log_at))
            return
        journey = self._definitions.journeys.get((position.journey, position.version))
        if journey is not None:
            self._keep(advance(journey, position, happened.what, self._standing, happened.log_at))

    def _join(self, log_at: int) -> None:
        """Of two positions that may not be together one has to go; what was due before is done before."""
        self.meets(Happened(log_at, Timer()))
        for journey in self._definitions.entering:
            own = self._held.of(journey.name)
            if len(own) > 1:
                for gone in merged(journey, own, self._standing, log_at):
                    self._keep(gone)

    def leave(self, log_time: int) -> None:
        """It is no customer: it goes out of every journey it is in."""
        for position in list(self._held.watched()):
            journey = self._definitions.journeys.get((position.journey, position.version))
            if journey is not None and position.is_active:
                walk = Walk(journey, self._standing, position)
                walk.leave("left", Cause(log_time, log_time), NOBODY)
                self._keep(walk.advanced())

    def _enter(self, what: Occurred | SegmentEntered, log_at: int, journeys: Iterable[Journey]) -> None:
        for journey in journeys:
            entry = self._beginning.entry(journey, what)
            if entry is None:
                continue
            found: Advanced | Declined
            if isinstance(entry, Declined):
                found = entry
            else:
                others = self._held.beside(journey, entry.key, entry.correlation)
                found = let_in(journey, entry, what, self._standing, others, self._seed, log_at)
            if isinstance(found, Advanced):
                self._keep(found)
            else:
                key = (journey.name, found.why, log_at)
                self._told.declined[key] = self._told.declined.get(key, 0) + 1

    def _keep(self, advanced: Advanced) -> None:
        if not advanced.moves:
            return
        position = advanced.position
        self._held.put(position)
        self._told.positions[position.id] = position
        self._told.moves += [(position.fragment, move) for move in advanced.moves]
        self._told.intents += advanced.intents


def in_order(
    happened: Sequence[Happened], change: Change, customer: bytes, now: int, is_late: Callable[[str], bool]
) -> list[Happened]:
    """Everything that happened to a customer in a step: in log order, then segments, then passing time.

    `is_late`: whether nothing but late events, or a new definition, made them enter a segment.
    """
    told = sorted(happened, key=_place)
    for name in change.left:
        told.append(Happened(now, SegmentLeft(segment=name, at=now, fragment=customer)))
    for name in change.entered:
        told.append(Happened(now, SegmentEntered(segment=name, at=now, fragment=customer, is_late=is_late(name))))
    told.append(Happened(now, Timer()))
    return told


def _place(happened: Happened) -> tuple[int, int]:
    what = happened.what
    if isinstance(what, Joined):  # a chunk's resolutions are of its last moment
        return happened.log_at, _LAST
    return happened.log_at, what.position if isinstance(what, Occurred) else 0


def unsent(intent: Intent, why: str) -> Happened:
    """What a position learns of a message that does not go."""
    outcome = Outcome(step=intent.step, what="unsent", at=intent.at, why=why)
    return Happened(intent.at, outcome, intent.position_id)
