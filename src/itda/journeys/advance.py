"""Somebody moves through a journey: pure, total, and the same however the log is cut.

A wait is over once the log was read *past* its time: whatever was acknowledged at or before it has been seen by then.
What follows happens at the wait's own time, in event time and in log time, whenever it is noticed. Before anything
else happens to somebody, what was due before it is done.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from itda.journeys.definition import Journey
from itda.journeys.happening import Happening, Occurred, Outcome, SegmentEntered, SegmentLeft, Timer
from itda.journeys.kind import Standing
from itda.journeys.moves import What
from itda.journeys.position import Position
from itda.journeys.steps import kind_of
from itda.journeys.walk import Advanced, Cause, Walk


def advance(journey: Journey, position: Position, happening: Happening, standing: Standing, now: int) -> Advanced:
    """What becomes of somebody when something happens. `journey` is the version they are on; `now` is log time."""
    walk = Walk(journey, standing, position)
    log_at = happening.received_at if isinstance(happening, Occurred) else now
    _pass_time(journey, walk, log_at)
    match happening:
        case Occurred():
            _occurred(journey, walk, happening)
        case SegmentEntered():
            _joined(journey, walk, happening, log_at)
        case Outcome():
            _told(walk, happening, log_at)
        case Timer() | SegmentLeft():
            pass
        case _:
            assert_never(happening)
    return walk.advanced()


def _pass_time(journey: Journey, walk: Walk, log_at: int) -> None:
    """Do what was due before this log time. Each wait takes time, so this comes to an end."""
    while (due_at := walk.position.due_at) is not None and due_at < log_at:
        kind = kind_of(journey.by_name[walk.position.step].does)
        walk.go(kind.overdue, Cause(due_at, due_at), "time")


def _occurred(journey: Journey, walk: Walk, event: Occurred) -> None:
    position = walk.position
    if event.position <= position.read or not position.is_watched:
        return
    if event.is_late and event.occurred_at < position.entered_at:
        return
    if journey.goal is not None and journey.goal.takes(event, position.correlation):
        _reached(walk, event)
        return
    if not position.is_active:
        return
    cause = Cause(event.occurred_at, event.received_at, event.position)
    if any(leave.event is not None and leave.event.takes(event, position.values) for leave in journey.leave):
        walk.leave("left", cause, event.name)
        return
    step = journey.by_name[position.step]
    if kind_of(step.does).takes(step.does, event, position.values):
        walk.go("then", msgspec.structs.replace(cause, at=max(cause.at, position.arrived_at)), event.name)


def _reached(walk: Walk, event: Occurred) -> None:
    """The goal's event came. Outside the goal's time it is none, but nobody is kept going for what they did already."""
    position = walk.position
    cause = Cause(event.occurred_at, event.received_at, event.position)
    until = position.goal_until
    is_goal = position.goal_at is None and until is not None and position.entered_at <= cause.at <= until
    if is_goal:
        walk.record("goal", position.step, cause, event.name)
    if position.is_active:
        walk.leave("goal" if is_goal else "left", cause, event.name)


def _joined(journey: Journey, walk: Walk, joined: SegmentEntered, log_at: int) -> None:
    position = walk.position
    is_entry = position.entry_event == joined.key  # told again
    if position.is_active and not is_entry and any(leave.segment == joined.segment for leave in journey.leave):
        walk.leave("left", Cause(joined.at, log_at), joined.segment)


def _told(walk: Walk, outcome: Outcome, log_at: int) -> None:
    """Known twice is known once; somebody who is out learns it too, for the goal may come after the message.

    What was sent stays so, also where it comes back later.
    """
    if not {(outcome.step, outcome.what), (outcome.step, "sent")} & {*walk.position.told}:
        what: What = "messaged" if outcome.what == "sent" else "unsent"
        walk.record(what, outcome.step, Cause(outcome.at, log_at), outcome.why)
