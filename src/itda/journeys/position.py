"""Where somebody is in a journey: the outcome of their moves and of nothing else."""

from __future__ import annotations

from typing import Any, assert_never

import msgspec

from itda.base import ids
from itda.experiments.assign import Arm
from itda.journeys.moves import Move, Reason


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """One person in one journey. Keyed for ever by how they came in; no merge and no cut rewrites it."""

    id: bytes
    journey: str
    version: str
    """People finish on the version they entered."""
    fragment: bytes
    entry_event: str
    correlation: str
    arm: Arm
    step: str
    entered_at: int
    entered_log_at: int
    arrived_at: int
    """Event time of reaching `step`: what its wait counts from."""
    due_at: int | None
    """Log time after which the wait is over; None where none is."""
    goal_until: int | None
    """Last event time at which the goal counts; None without a goal."""
    goal_at: int | None = None
    messaged_at: int | None = None
    exited_at: int | None = None
    exit_reason: Reason | None = None
    moves: int = 1
    read: int = -1
    """Log position of the latest event that moved it."""
    told: tuple[tuple[str, str], ...] = ()
    """Outcomes known already: (step, what)."""
    values: dict[str, Any] = {}
    """Plain properties of the entry event, for as long as they are active."""

    @property
    def is_active(self) -> bool:
        """In the journey still."""
        return self.exited_at is None

    @property
    def is_watched(self) -> bool:
        """An event may still change it: it is active, or its goal is not reached yet."""
        return self.is_active or (self.goal_until is not None and self.goal_at is None)

    @property
    def is_goal_after_message(self) -> bool:
        """The goal was reached, and not before a message had gone out."""
        return self.goal_at is not None and self.messaged_at is not None and self.messaged_at <= self.goal_at


def position_id(seed: bytes, journey: str, fragment: bytes, entry_event: str, correlation: str) -> bytes:
    """The id of a position: 16 bytes by how it was entered."""
    return ids.keyed(seed, "position", journey, fragment, entry_event, correlation)


def apply(position: Position | None, move: Move) -> Position:
    """The position after a move. None only before the first; a move that was applied already changes nothing."""
    if position is None:
        return _entered(move)
    if move.seq < position.moves:
        return position
    changed: dict[str, Any] = {"moves": move.seq + 1, "read": max(position.read, move.read)}
    match move.what:
        case "entered" | "intended" | "held out":
            pass
        case "moved":
            changed |= {"step": move.step, "arrived_at": move.at, "due_at": move.due_at}
        case "messaged":
            first = move.at if position.messaged_at is None else min(position.messaged_at, move.at)
            changed |= {"messaged_at": first, "told": (*position.told, (move.step, "sent"))}
        case "unsent":
            changed |= {"told": (*position.told, (move.step, "unsent"))}
        case "goal":
            changed |= {"goal_at": move.at}
        case "exited":
            changed |= {
                "step": move.step,
                "exited_at": move.at,
                "exit_reason": move.reason,
                "due_at": None,
                "values": {},
            }
        case _:
            assert_never(move.what)
    return msgspec.structs.replace(position, **changed)


def _entered(move: Move) -> Position:
    start = move.entered
    if start is None:
        raise ValueError("a path begins with the move that entered")
    return Position(
        id=move.position_id,
        journey=start.journey,
        version=start.version,
        fragment=start.fragment,
        entry_event=start.entry_event,
        correlation=start.correlation,
        arm=start.arm,
        step=move.step,
        entered_at=move.at,
        entered_log_at=move.log_at,
        arrived_at=move.at,
        due_at=move.due_at,
        goal_until=start.goal_until,
        read=move.read,
        values=start.values,
    )


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(Position)


def encode(position: Position) -> bytes:
    """The position as it is stored (`journey_position.state`)."""
    return _encoder.encode(position)


def decode(stored: bytes) -> Position:
    """Read a stored position back."""
    return _decoder.decode(stored)
