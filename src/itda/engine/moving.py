"""Moves of journeys on their way through the log: told by the decider, kept in the lake, applied again by a replay."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.base.instant import LocalDates
from itda.engine.reading import MOVES_CALL, Steered
from itda.journeys.moves import Move
from itda.journeys.position import Position, encode
from itda.store.engagement_rows import PathRow, PositionRow
from itda.store.lake.block import JOURNEYS_CHANNEL, JOURNEYS_SOURCE, OWN_ID, Row
from itda.store.ports import Record


class Told(msgspec.Struct, frozen=True):
    """A move as its record's body says it (JSON), with the fragment that entered."""

    fragment: bytes
    move: Move


_decoder = msgspec.json.Decoder(Told)


def record(fragment: bytes, move: Move) -> Record:
    """The log record of a move."""
    return Record(source=JOURNEYS_SOURCE, call=MOVES_CALL, body=msgspec.json.encode(Told(fragment, move)))


def decode(body: bytes | str) -> Told:
    """Read a move back, from its record or from the properties of its row in the lake."""
    return _decoder.decode(body)


def rows(moves: Sequence[tuple[Steered, Told]], dates: LocalDates) -> list[Row]:
    """The rows of the lake that these moves are."""
    return [
        (
            item.position, f"{told.move.position_id.hex()}:{told.move.seq}", JOURNEYS_SOURCE, JOURNEYS_CHANNEL,
            told.move.event_name, "track", told.move.at, item.received_at, dates.of(told.move.at), told.fragment, b"",
            item.record.body, b"{}", None, OWN_ID,
        )
        for item, told in moves
    ]  # fmt: skip


def path_row(move: Move, told: int) -> PathRow:
    """A move as a line of the path; `told` is the frame of the log that tells of it."""
    return PathRow(move.position_id, move.seq, move.at, move.log_at, move.step, move.what, move.detail, told)


def position_row(position: Position) -> PositionRow:
    """A position as it is stored."""
    return PositionRow(
        id=position.id,
        journey=position.journey,
        version=position.version,
        fragment=position.fragment,
        entry_event=position.entry_event,
        correlation=position.correlation,
        arm=position.arm,
        step=position.step,
        state=encode(position),
        entered_at=position.entered_at,
        entered_log_at=position.entered_log_at,
        due_at=position.due_at,
        goal_until=position.goal_until,
        goal_at=position.goal_at,
        messaged_at=position.messaged_at,
        exited_at=position.exited_at,
        exit_reason=position.exit_reason,
    )
