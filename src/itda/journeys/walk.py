"""One person's way on through a journey: each step reached is a move, and the position follows from the moves."""

from __future__ import annotations

from typing import assert_never

import msgspec

from itda.journeys.definition import Journey, Step
from itda.journeys.intent import Intent
from itda.journeys.kind import Arrival, Arriving, Leaves, Passes, Says, Standing, Stays, Way
from itda.journeys.moves import Entered, Move, Reason, What
from itda.journeys.position import Position, apply
from itda.journeys.steps import kind_of


class Cause(msgspec.Struct, frozen=True):
    """When something happened, in event time and in log time; and the log position that told of it, else -1."""

    at: int
    log_at: int
    read: int = -1


class Advanced(msgspec.Struct, frozen=True):
    """Where somebody is now, how they came there, and what they are to be told. `position` follows from `moves`."""

    position: Position
    moves: tuple[Move, ...] = ()
    intents: tuple[Intent, ...] = ()


class Walk:
    """A few moves of one person, not yet written anywhere."""

    def __init__(self, journey: Journey, standing: Standing, position: Position) -> None:
        self.position = position
        self._journey = journey
        self._standing = standing
        self._moves: list[Move] = []
        self._intents: list[Intent] = []

    @classmethod
    def begin(cls, journey: Journey, standing: Standing, key: bytes, start: Entered, entry: Cause) -> Walk:
        """The walk of somebody who comes in at the first step; `key` is to be the position's id."""
        first = journey.steps[0]
        arrival = kind_of(first.does).arrive(first.does, Arriving(entry.at, entry.log_at, standing))
        due_at = arrival.due_at if isinstance(arrival, Stays) else None
        move = Move(
            position_id=key,
            seq=0,
            what="entered",
            step=first.name,
            at=entry.at,
            log_at=entry.log_at,
            due_at=due_at,
            read=entry.read,
            entered=start,
        )
        walk = cls(journey, standing, apply(None, move))
        walk._moves.append(move)
        walk._onward(first, arrival, entry)
        return walk

    def advanced(self) -> Advanced:
        """What came of it."""
        return Advanced(self.position, tuple(self._moves), tuple(self._intents))

    def record(
        self, what: What, step: str, cause: Cause, why: str, due_at: int | None = None, reason: Reason | None = None
    ) -> None:
        """Write a move down, and be where it leads."""
        move = Move(
            position_id=self.position.id,
            seq=self.position.moves,
            what=what,
            step=step,
            at=cause.at,
            log_at=cause.log_at,
            due_at=due_at,
            read=cause.read,
            why=why,
            reason=reason,
        )
        self.position = apply(self.position, move)
        self._moves.append(move)

    def go(self, way: Way, cause: Cause, why: str) -> None:
        """Leave the step by a way, and go as far as no time has to pass.

        A journey that was checked has no loop without a wait, so each step is reached once at most.
        """
        step = self._journey.by_name[self.position.step]
        self._reach(step.next(way), cause, why)

    def _reach(self, name: str, cause: Cause, why: str) -> None:
        step = self._journey.by_name[name]
        arrival = kind_of(step.does).arrive(step.does, Arriving(cause.at, cause.log_at, self._standing))
        if isinstance(arrival, Leaves):
            self.leave("finished", cause, arrival.why or why, step=name)
            return
        due_at = arrival.due_at if isinstance(arrival, Stays) else None
        self.record("moved", name, cause, why, due_at=due_at)
        self._onward(step, arrival, cause)

    def _onward(self, step: Step, arrival: Arrival, cause: Cause) -> None:
        match arrival:
            case Stays():
                pass
            case Says():
                self._say(step, arrival, cause)
                self._reach(step.then, cause, "")
            case Passes():
                self._reach(step.next(arrival.way), cause, arrival.why)
            case Leaves():
                self.leave("finished", cause, arrival.why)
            case _:
                assert_never(arrival)

    def _say(self, step: Step, said: Says, cause: Cause) -> None:
        position = self.position
        if position.arm == "holdout":
            self.record("held out", step.name, cause, said.message)
            return
        self.record("intended", step.name, cause, said.message)
        self._intents.append(
            Intent(
                journey=position.journey,
                step=step.name,
                position_id=position.id,
                entry_event=position.entry_event,
                message=said.message,
                channel=said.channel,
                fragment=position.fragment,
                values=position.values,
                at=cause.log_at,
            )
        )

    def leave(self, reason: Reason, cause: Cause, why: str = "", step: str = "") -> None:
        """Go out, from the step they are at or by the step that says so."""
        self.record("exited", step or self.position.step, cause, why, reason=reason)
