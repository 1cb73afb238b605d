"""Random journeys, random logs of a few people who join and part, and whoever carries the one through the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import assume
from hypothesis import strategies as st

from itda.base.instant import DAY, HOUR, MINUTE
from itda.journeys.advance import advance
from itda.journeys.check import amiss
from itda.journeys.definition import Again, Enter, Goal, Journey, Leave, Step
from itda.journeys.enter import Declined, enter, merged
from itda.journeys.happening import Happening, Occurred, Outcome, SegmentEntered, SegmentLeft, Timer
from itda.journeys.intent import Intent
from itda.journeys.moves import Move
from itda.journeys.position import Position
from itda.journeys.selector import Selector
from itda.journeys.steps import Does
from itda.journeys.steps.branch import Branch
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send
from itda.journeys.steps.wait import Wait
from itda.journeys.steps.wait_for import WaitFor
from itda.journeys.walk import Advanced
from itda.profiles.events import Events

START = 1_772_000_000_000_000
SEED = b"a seed of sixteen"
FRAGMENTS = tuple(bytes([n]) * 16 for n in range(1, 4))
NAMES = ("Cart Viewed", "Order Completed", "Product Viewed", "Unsubscribed")
SEGMENTS = ("loyal", "gone")
LATE = DAY


@dataclass(frozen=True)
class Join:
    """Two fragments are one customer from now on."""

    a: bytes
    b: bytes


@dataclass(frozen=True)
class Part:
    """A fragment is a customer of its own again."""

    fragment: bytes


@dataclass(frozen=True)
class Told:
    """What became of everything asked so far for a fragment."""

    fragment: bytes
    what: Any


@dataclass(frozen=True)
class Item:
    """One thing of the log, in its order."""

    log_at: int
    what: Occurred | SegmentEntered | SegmentLeft | Join | Part | Told


class Standing:
    """True or not by name and time: as good as any."""

    def holds(self, segment: str, at: int) -> bool:
        return hashlib.blake2s(f"{segment} {at}".encode()).digest()[0] % 2 == 0


@dataclass
class World:
    """Positions, paths and what was asked for. `is_eager` does everybody's timers before everything that happens."""

    journeys: Sequence[Journey]
    is_eager: bool = True
    times: int = 1
    positions: dict[bytes, Position] = field(default_factory=dict)
    path: dict[bytes, list[Move]] = field(default_factory=dict)
    intents: dict[bytes, list[Intent]] = field(default_factory=dict)
    declined: list[str] = field(default_factory=list)
    groups: dict[bytes, set[bytes]] = field(default_factory=lambda: {one: {one} for one in FRAGMENTS})
    backwards: bool = False

    def run(self, log: Iterable[Item], ends: frozenset[int] = frozenset()) -> World:
        """Take the log in; a batch ends after each of these places, and everybody's timers are done there."""
        for index, item in enumerate(log):
            for _ in range(self.times):
                self.take(item)
            if index in ends:
                self.tick(item.log_at)
        return self

    def tick(self, log_at: int) -> None:
        for position in list(self.positions.values()):
            self.advance(position, Timer(), log_at)

    def take(self, item: Item) -> None:
        if self.is_eager:
            self.tick(item.log_at)
        match item.what:
            case Join(a, b):
                self.join(a, b, item.log_at)
            case Part(fragment):
                self.part(fragment)
            case Told(fragment, what):
                for position in self.of({fragment}):
                    self.advance(position, Timer(), item.log_at)
                for intent in [one for held in self.of({fragment}) for one in self.intents[held.id]]:
                    told = Outcome(step=intent.step, what=what, at=item.log_at - MINUTE)
                    self.advance(self.positions[intent.position_id], told, item.log_at)
            case happened:
                self.happen(happened, item.log_at)

    def happen(self, happened: Occurred | SegmentEntered | SegmentLeft, log_at: int) -> None:
        group = self.groups[happened.fragment]
        for position in self.of(group):
            self.advance(position, happened, log_at)
        for journey in self.journeys:
            others = [one for one in self.of(group) if one.journey == journey.name]
            came = enter(journey, happened, Standing(), others, SEED, log_at)
            if isinstance(came, Declined):
                self.declined.append(came.why)
            elif came is not None:
                self.keep(came)

    def join(self, a: bytes, b: bytes, log_at: int) -> None:
        group = self.groups[a] | self.groups[b]
        for position in self.of(group):
            self.advance(position, Timer(), log_at)
        for fragment in group:
            self.groups[fragment] = group
        for journey in self.journeys:
            ours = [one for one in self.of(group) if one.journey == journey.name]
            for gone in merged(journey, ours, Standing(), log_at):
                self.keep(gone)

    def part(self, fragment: bytes) -> None:
        for other in self.groups[fragment] - {fragment}:
            self.groups[other] = self.groups[other] - {fragment}
        self.groups[fragment] = {fragment}

    def of(self, group: set[bytes]) -> list[Position]:
        found = [position for position in self.positions.values() if position.fragment in group]
        return found[::-1] if self.backwards else found

    def advance(self, position: Position, happened: Happening, log_at: int) -> None:
        journey = next(one for one in self.journeys if one.name == position.journey)
        self.keep(advance(journey, self.positions[position.id], happened, Standing(), log_at))

    def keep(self, advanced: Advanced) -> None:
        key = advanced.position.id
        self.positions[key] = advanced.position
        self.path.setdefault(key, []).extend(advanced.moves)
        self.intents.setdefault(key, []).extend(advanced.intents)

    def told(self) -> tuple[Any, ...]:
        """All of it, whatever the order in which people were looked at."""
        return self.positions, self.path, self.intents, sorted(self.declined)


DELAYS = st.sampled_from([MINUTE, HOUR, 3 * HOUR, DAY])
MATCHES = st.sampled_from([{}, {"cart_id": "cart_id"}])
CHOSEN = st.sampled_from(NAMES).map(lambda name: Events(name=name))


def selectors() -> st.SearchStrategy[Selector]:
    return st.builds(Selector, event=CHOSEN, match=MATCHES)


WAITS: st.SearchStrategy[Does] = st.one_of(
    st.builds(Wait, delay=DELAYS),
    st.builds(Wait, until=st.integers(0, 1439), zone=st.sampled_from(["Asia/Seoul", "America/New_York"])),
    st.builds(WaitFor, event=selectors(), within=DELAYS),
)
SEND: st.SearchStrategy[Does] = st.builds(Send, message=st.sampled_from(["hello", "coupon"]), channel=st.just("email"))
DOES: st.SearchStrategy[Does] = st.one_of(
    WAITS,
    SEND,
    st.builds(Branch, when=st.sampled_from([{"in_segment": "loyal"}, {"none": [{"in_segment": "gone"}]}])),
)


@st.composite
def journeys(draw: st.DrawFn, name: str = "rescue") -> Journey:
    """A journey that `check` finds nothing wrong with: mostly forwards, sometimes back."""
    n = draw(st.integers(2, 5))
    names = [f"s{index}" for index in range(n)] + ["done"]
    steps = [_step(draw, names, index) for index in range(n)] + [Step(name="done", does=Exit(why="done"))]
    assume(not amiss(steps))
    enters_by_segment = draw(st.integers(0, 4)) == 0
    has_correlation = not enters_by_segment and draw(st.booleans())
    goal = st.builds(
        Goal,
        event=st.just(Selector(event=Events(name="Order Completed"))),
        correlation=st.sampled_from(["", "cart_id"]) if has_correlation else st.just(""),
        within=st.sampled_from([2 * HOUR, 2 * DAY]),
    )
    leave = st.one_of(st.builds(Leave, event=selectors()), st.builds(Leave, segment=st.sampled_from(SEGMENTS)))
    again = st.sampled_from([Again(), Again(is_allowed=False), Again(after=HOUR), Again(after=2 * DAY)])
    return Journey(
        name=name,
        enter=Enter(segment="loyal")
        if enters_by_segment
        else Enter(event=Events(name=("Cart Viewed", "Product Viewed"))),
        correlation="cart_id" if has_correlation else "",
        again=draw(again),
        backfill=draw(st.booleans()),
        holdout=draw(st.sampled_from([0.0, 0.5])),
        goal=draw(st.one_of(goal, goal, st.none())),
        leave=tuple(draw(st.lists(leave, max_size=1))),
        steps=tuple(steps),
    )


def _step(draw: st.DrawFn, names: list[str], index: int) -> Step:
    """Most begin with some kind of wait; `then` is the next step or, of `wait_for`, sometimes an earlier one."""
    does = draw(WAITS if index == 0 and draw(st.integers(0, 3)) else DOES)
    ahead = st.sampled_from(names[index + 1 :])
    then, otherwise = names[index + 1], draw(ahead) if isinstance(does, WaitFor | Branch) else ""
    if isinstance(does, WaitFor) and draw(st.booleans()):
        then, otherwise = names[draw(st.integers(0, index))], names[index + 1]
    return Step(name=names[index], does=does, then=then, otherwise=otherwise)


@st.composite
def logs(draw: st.DrawFn, most: int = 25) -> list[Item]:
    """Log time never goes back and often stands still; most events are prompt, some hours or days late."""
    log_at, items = START, []
    fragments = st.sampled_from(FRAGMENTS)
    for index in range(draw(st.integers(8, most))):
        log_at += draw(st.sampled_from([0, 0, MINUTE, 59 * MINUTE, HOUR, 3 * HOUR, DAY]))
        kind = draw(st.integers(0, 11))
        what: Any
        if kind < 7:
            what = _event(draw, index, log_at, draw(fragments))
        elif kind == 7:
            what = Join(draw(fragments), draw(fragments))
        elif kind == 8:
            what = Part(draw(fragments))
        elif kind == 9:
            what = Told(draw(fragments), draw(st.sampled_from(["sent", "unsent"])))
        else:
            made = SegmentEntered if kind == 10 else SegmentLeft
            what = made(segment=draw(st.sampled_from(SEGMENTS)), at=log_at, fragment=draw(fragments))
        items.append(Item(log_at, what))
    return items


def _event(draw: st.DrawFn, index: int, log_at: int, fragment: bytes) -> Occurred:
    late = draw(st.sampled_from([0, 0, 0, MINUTE, HOUR, 3 * DAY]))
    cart = draw(st.sampled_from([None, "c1", "c2"]))
    return Occurred(
        event_id=f"e{index}",
        name=draw(st.sampled_from(NAMES)),
        type="track",
        source="web",
        channel="web",
        occurred_at=log_at - late,
        received_at=log_at,
        local_date=(log_at - late) // DAY,
        position=index,
        fragment=fragment,
        properties={} if cart is None else {"cart_id": cart},
        is_late=late > LATE,
    )


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Journey, list[Item]]:
    """A journey and a log, in which things happen just when somebody's wait is over: before, at and after the time."""
    journey, log = draw(journeys()), draw(logs())
    for _ in range(draw(st.integers(0, 3))):
        world = World([journey]).run(log)
        dues = [(move.due_at, key) for key, path in world.path.items() for move in path if move.due_at is not None]
        if not dues:
            break
        due_at, key = draw(st.sampled_from(dues))
        log_at = due_at + draw(st.sampled_from([-1, 0, 0, 1]))
        event = _event(draw, len(log), log_at, world.positions[key].fragment)
        name = draw(st.sampled_from(["Order Completed", event.name]))
        cart = {"cart_id": world.positions[key].correlation} if world.positions[key].correlation else event.properties
        chosen = Item(log_at, msgspec.structs.replace(event, name=name, properties=cart))
        log = _in_order([*log, chosen])
    return journey, log


def _in_order(log: list[Item]) -> list[Item]:
    ordered = sorted(log, key=lambda item: item.log_at)
    return [
        Item(
            item.log_at,
            msgspec.structs.replace(item.what, position=index) if isinstance(item.what, Occurred) else item.what,
        )
        for index, item in enumerate(ordered)
    ]


def ends() -> st.SearchStrategy[frozenset[int]]:
    """Places where a batch ends."""
    return st.frozensets(st.integers(0, 27))
