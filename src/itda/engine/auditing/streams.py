"""The tables that are only ever added to, and the hash over a row of each: over every column but its seq."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from itda.engine import trail
from itda.store.database import Connection


class Stream(msgspec.Struct, frozen=True):
    """One such table. `at` is its column of time; `written` that of the hash which its writer put down, if any."""

    name: str
    table: str
    at: str
    columns: tuple[str, ...]
    """What the hash is over, in words of the table; a column that is null is left out where nothing is `written`."""
    written: str = ""

    def row_sha256(self, values: Sequence[Any]) -> bytes:
        """The hash over the values of `columns`, 32 bytes."""
        if self.written:
            return trail.row_sha256(self.columns, values)
        told = [(name, value) for name, value in zip(self.columns, values, strict=True) if value is not None]
        return trail.row_sha256([name for name, _ in told], [value for _, value in told])

    @property
    def sealed_columns(self) -> tuple[str, ...]:
        """What a sealer reads of a row to know its hash: the hash that was written with it, else all of it."""
        return (self.written,) if self.written else self.columns

    def leaf(self, values: Sequence[Any]) -> bytes:
        """The hash, from the values of `sealed_columns`."""
        return bytes(values[0]) if self.written else self.row_sha256(values)


ACCESS = Stream("access", "access_log", "at", trail.ACCESS_COLUMNS, "payload_sha256")
AUDIT = Stream("audit", "audit_event", "at", trail.AUDIT_COLUMNS, "payload_sha256")
CONSENT = Stream(
    "consent",
    "consent_event",
    "recorded_at",
    (
        "id", "sender", "subject_ref", "contact_ref", "purpose", "channel", "action", "ground", "text_id",
        "occurred_at", "recorded_at", "source", "actor", "has_evidence", "evidence_sealed", "row_hash",
    ),
)  # fmt: skip
STREAMS = (ACCESS, AUDIT, CONSENT)


class Head(msgspec.Struct, frozen=True):
    """How far a stream is sealed: every number up to `until_seq`, of which `seq` was the last that was written."""

    until_seq: int
    seq: int
    day: int
    hash: bytes
    links: int
    unblocked: int


def head(connection: Connection, stream: Stream) -> Head | None:
    """The head of a stream as this transaction sees it; None where somebody took it out past Itda."""
    row = connection.execute(
        "select until_seq, seq, day, hash, links, unblocked from chain_head where stream = %s", [stream.name]
    ).fetchone()
    if row is None:
        return None
    until_seq, seq, day, last, links, unblocked = row
    return Head(until_seq, seq, day, bytes(last), links, unblocked)
