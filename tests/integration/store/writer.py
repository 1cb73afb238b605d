"""A writer in a process of its own, to be suspended and killed: `writer.py chunks|hold|append URL SCHEMA`."""

from __future__ import annotations

import sys
import time

from itda.base.errors import Conflict
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import ChunkWrites, FragmentRow, QualityRow, Record
from itda.store.vault import Vault

NOW = 1_790_000_000_000_000


def chunk(position: int, epoch: int, size: int = 2000) -> ChunkWrites:
    """The chunk after a position: rewrites the same fragments and counts itself once."""
    rows = [
        FragmentRow(fragment=number.to_bytes(16, "big"), state=position.to_bytes(500, "big"), events=1, first_at=1, last_at=1)
        for number in range(size)
    ]  # fmt: skip
    return ChunkWrites(
        position_before=position, position_after=position + 1, epoch=epoch, log_time=NOW, fragments=rows,
        quality=[QualityRow(1, "web", "web", "accepted", 1)],
    )  # fmt: skip


def chunks(db: Database) -> None:
    """Commit chunk after chunk until somebody else has taken over."""
    store = PostgresPipelineStore(db)
    epoch, position, _ = store.acquire()
    print("writing", flush=True)
    while True:
        try:
            store.commit(chunk(position, epoch))
        except Conflict:
            print("outrun", flush=True)
            return
        position += 1


def hold(db: Database) -> None:
    """Append in a transaction that stays open."""
    with db.connection() as connection:
        print(
            PostgresIntake(db, Vault(bytes(range(32)))).append_in(connection, [_record("held")], NOW).position,
            flush=True,
        )
        time.sleep(120)


def append(db: Database) -> None:
    """Append frame after frame, and print each position once it is acknowledged."""
    intake = PostgresIntake(db, Vault(bytes(range(32))))
    while True:
        print(intake.append([_record("x")], NOW).position, flush=True)


def _record(body: str) -> Record:
    return Record(source="web", call="track", body=body.encode())


if __name__ == "__main__":
    {"chunks": chunks, "hold": hold, "append": append}[sys.argv[1]](Database(sys.argv[2], sys.argv[3]))
