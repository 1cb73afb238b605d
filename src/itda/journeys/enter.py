"""Who comes into a journey, who may not, who of two that turn out to be one has to go, and whose journey is no more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from itda.experiments import assign
from itda.journeys.definition import Journey
from itda.journeys.happening import Happening, Occurred, SegmentEntered
from itda.journeys.kind import Standing
from itda.journeys.moves import Entered, Move
from itda.journeys.position import Position, apply, position_id
from itda.journeys.selector import value
from itda.journeys.walk import Advanced, Cause, Walk

MOST_AT_ONCE = 100
"""Of one person's positions in a journey, about different carts or orders, so many are followed at once."""


class Declined(msgspec.Struct, frozen=True):
    """Why what happened starts no journey for this person, though the journey begins with such: one word to count by.

    `late`: it came late, and the journey takes no `backfill`. `uncorrelated`: it does not say which cart, which order.
    `again`: they are in it, or may not come in again yet. `crowded`: they are in it MOST_AT_ONCE times.
    """

    why: str


class Entry(msgspec.Struct, frozen=True):
    """What would be entered: the id of the position, what it is about, and what it was entered by."""

    key: bytes
    correlation: str
    entered_by: str


def entry(journey: Journey, happening: Occurred | SegmentEntered, seed: bytes) -> Entry | Declined | None:
    """The entry that this would be, whoever is in the journey already; None where it does not begin with such."""
    if not journey.enter.takes(happening):
        return None
    if happening.is_late and not journey.backfill:
        return Declined("late")
    correlation = _correlation(journey, happening)
    if correlation is None:
        return Declined("uncorrelated")
    by = f"{happening.source}/{happening.event_id}" if isinstance(happening, Occurred) else happening.key
    return Entry(position_id(seed, journey.name, happening.fragment, by, correlation), correlation, by)


def enter(
    journey: Journey, happening: Happening, standing: Standing, others: Iterable[Position], seed: bytes, now: int
) -> Advanced | Declined | None:
    """The entry of a person into a journey; None where it does not begin with what happened: see `let_in`."""
    if not isinstance(happening, Occurred | SegmentEntered):
        return None
    found = entry(journey, happening, seed)
    return let_in(journey, found, happening, standing, others, seed, now) if isinstance(found, Entry) else found


def let_in(
    journey: Journey,
    given: Entry,
    happening: Occurred | SegmentEntered,
    standing: Standing,
    others: Iterable[Position],
    seed: bytes,
    now: int,
) -> Advanced | Declined:
    """The entry of a person into a journey by the `entry` that something is.

    `others` are the person's positions in this journey so far, in any version: at least those that something may still
    change, the one with the entry's key, and where `again` looks back those of the same correlation; `seed` keys ids
    and arms; `now` is log time.
    """
    key, correlation = given.key, given.correlation
    cause, values = _cause(happening, now)
    others = tuple(others)
    if any(other.id == key for other in others) or not may_enter(journey, correlation, cause.at, others):
        return Declined("again")
    if len(others) >= MOST_AT_ONCE and sum(is_open(other, cause.at) for other in others) >= MOST_AT_ONCE:
        return Declined("crowded")
    start = Entered(
        journey=journey.name,
        version=journey.version,
        fragment=happening.fragment,
        entry_event=given.entered_by,
        correlation=correlation,
        arm=assign.arm(seed, journey.name, happening.fragment, journey.holdout),
        goal_until=cause.at + journey.goal.within if journey.goal else None,
        values=values,
    )
    return Walk.begin(journey, standing, key, start, cause).advanced()


def may_enter(journey: Journey, correlation: str, at: int, others: Iterable[Position]) -> bool:
    """Whether a person with these positions may enter at an event time: not twice at once, nor against `again`."""
    again = journey.again
    return not any(
        other.is_active or not again.is_allowed or abs(at - other.entered_at) < again.after
        for other in others
        if other.correlation == correlation and other.exit_reason != "merged"
    )


def is_open(position: Position, at: int) -> bool:
    """Whether an event at an event time may still change it: it is active, or its goal's time is not over."""
    return position.is_active or (
        position.goal_at is None and position.goal_until is not None and position.goal_until >= at
    )


def merged(journey: Journey, positions: Iterable[Position], standing: Standing, at: int) -> list[Advanced]:
    """Those of one person's positions in a journey that have to go: of two that may not be together, the later.

    To be asked when fragments became one customer, at log time `at`. Nothing brings anybody back.
    """
    kept: list[Position] = []
    gone = []
    for position in sorted(positions, key=lambda one: (one.entered_at, one.entered_log_at, one.id)):
        if position.is_active and not may_enter(journey, position.correlation, position.entered_at, kept):
            walk = Walk(journey, standing, position)
            walk.leave("merged", Cause(at, at))
            gone.append(walk.advanced())
        else:
            kept.append(position)
    return gone


def removed(position: Position, why: str, at: int) -> Advanced:
    """The end of somebody who cannot go on, at log time `at`: nobody waits for what nothing will end."""
    move = Move(
        position_id=position.id,
        seq=position.moves,
        what="exited",
        step=position.step,
        at=at,
        log_at=at,
        why=why,
        reason="removed",
    )
    return Advanced(apply(position, move), (move,))


def _correlation(journey: Journey, happening: Occurred | SegmentEntered) -> str | None:
    if not journey.correlation:
        return ""
    found = value(happening, journey.correlation) if isinstance(happening, Occurred) else []
    return found[0] if len(found) == 1 else None


def _cause(happening: Occurred | SegmentEntered, now: int) -> tuple[Cause, dict[str, Any]]:
    """When somebody enters, and the plain properties of what they enter by."""
    if isinstance(happening, Occurred):
        return Cause(happening.occurred_at, happening.received_at, happening.position), happening.properties
    return Cause(happening.at, now), {}
