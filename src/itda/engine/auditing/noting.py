"""What a look at the chains found, kept for who looks next."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Answer, Done
from itda.engine.auditing.streams import STREAMS, head
from itda.engine.auditing.verifying import Verdict
from itda.engine.work import Work
from itda.store.database import Connection


class Stand(msgspec.Struct, frozen=True):
    """How one table stands: rows sealed so far."""

    table: str
    sealed: int


class Standing(msgspec.Struct, frozen=True):
    """The last look at the chains; `at` is None where nobody looked yet. `faults` in words, for a person."""

    at: int | None
    is_whole: bool
    faults: list[str]
    streams: list[Stand]


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a look, as JSON."""

    faults: list[str]
    rows: dict[str, int]


def note(connection: Connection, verdict: Verdict) -> None:
    """Keep what a look found."""
    kept = Kept(verdict.faults, {one.table: one.rows for one in verdict.streams})
    connection.execute(
        "insert into audit_check (at, is_whole, told) values (%s, %s, %s)",
        [verdict.at, not verdict.faults, msgspec.json.encode(kept).decode()],
    )


class AuditStanding(msgspec.Struct, frozen=True):
    """What the last look at the chains found."""

    permission: ClassVar[str] = "audit.read"

    def answer(self, work: Work) -> Answer[Standing]:
        """The standing."""
        row = work.connection.execute("select at, is_whole, told from audit_check order by seq desc limit 1").fetchone()
        heads = [(stream.table, head(work.connection, stream)) for stream in STREAMS]
        streams = [Stand(table, 0 if at is None else at.links) for table, at in heads]
        if row is None:
            return Answer(Standing(None, is_whole=True, faults=[], streams=streams))
        kept = msgspec.json.decode(row[2], type=Kept)
        return Answer(Standing(row[0], is_whole=row[1], faults=kept.faults, streams=streams))


class NoteVerdict(msgspec.Struct, frozen=True):
    """Keep what somebody's look at the chains found, and that they looked."""

    permission: ClassVar[str] = "audit.read"
    verdict: Verdict

    @property
    def asked(self) -> int:
        """When it was."""
        return self.verdict.at

    def carry_out(self, work: Work) -> Done[None]:
        """Keep it."""
        note(work.connection, self.verdict)
        return Done(None, audit={"faults": len(self.verdict.faults)})
