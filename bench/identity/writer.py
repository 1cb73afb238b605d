"""The identity of a shop's pipeline and nothing else of it: key store, online resolver and a durable commit a batch.

What costs time around it in a shop (reading, checking, sealing, folding, the lake) is measured by `bench.end_to_end`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from bench.end_to_end import database_cpu
from itda.base.instant import DAY
from itda.engine.keyring import Keyring, sighting
from itda.engine.prepared import Prepared
from itda.engine.resolver import Resolver
from itda.engine.sightings import Sighting
from itda.engine.working_set import Bounds
from itda.identity.policy import IdentityPolicy
from itda.store import embedded, migrate
from itda.store.database import Database
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import ChunkWrites, KeyRow
from itda.store.vault import Vault

Identifiers = list[tuple[str, str]]
Event = tuple[int, Identifiers]
"""When it happened (microseconds), and its identifiers, the strongest first."""
_START = 1_795_000_000_000_000


class Spent(NamedTuple):
    """CPU seconds so far: of this process, and of PostgreSQL."""

    own: float
    database: float

    def since(self, before: Spent) -> Spent:
        """What was spent between the two."""
        return Spent(self.own - before.own, self.database - before.database)


class Server:
    """A PostgreSQL of the bench's own, durable as a shop's is, and the CPU it takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.db = Database(embedded.start(folder / ".itda" / "pg"), "bench")
        migrate.fresh(self.db)
        with self.db.connection() as connection:
            for name in ("fsync", "synchronous_commit"):
                row = connection.execute(f"show {name}").fetchone()
                if row != ("on",):
                    raise SystemExit(f"void: {name} is {row}")

    def spent(self) -> Spent:
        """CPU seconds so far."""
        return Spent(time.process_time(), database_cpu(self._folder))

    def memory_mb(self) -> float:
        """What is resident of PostgreSQL, pages that its processes share counted once."""
        server = embedded.running(self._folder / ".itda" / "pg")
        if server is None:
            raise SystemExit("the database is away")
        main = psutil.Process(server.pid)
        return sum(one.memory_full_info().pss for one in (main, *main.children())) / 2**20

    def megabytes(self) -> float:
        """Size of its tables and indexes."""
        with self.db.connection() as connection:
            row = connection.execute("select pg_database_size(current_database())").fetchone()
        return float(row[0]) / 2**20


@contextmanager
def server() -> Iterator[Server]:
    """A server in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="itda-bench-", dir=os.environ.get("ITDA_BENCH_DIR")))
    try:
        yield Server(folder)
    finally:
        embedded.stop(folder / ".itda" / "pg")
        shutil.rmtree(folder, ignore_errors=True)


class Writer:
    """The one writer of identity."""

    def __init__(self, running: Server, policy: IdentityPolicy | None = None) -> None:
        bounds = Bounds()
        self._store = PostgresPipelineStore(running.db)
        self._epoch, self._position, _ = self._store.acquire()
        vault, rules = Vault(bytes(32)), policy or IdentityPolicy.box()
        self._keyring = Keyring(self._store, vault, rules, bounds)
        self._resolver = Resolver(self._store, rules, remembered=bounds.resolved)

    def take(self, events: Iterable[Event]) -> int:
        """Events to a durable commit; how many identifiers were new."""
        prepared = [_prepared(at, identifiers) for at, identifiers in events]
        found = self._keyring.find({one for event in prepared for one in event.identifiers})
        fresh = self._keyring.make(found)
        seen = [sighting(event, tuple([found.here[one] for one in event.identifiers])) for event in prepared]
        self.settle(seen, fresh)
        self._keyring.close_ciphers()
        return len(fresh)

    def settle(self, seen: Sequence[Sighting], fresh: Sequence[KeyRow] = ()) -> None:
        """Sightings to a durable commit."""
        after, now = self._position + 1, _START + self._position
        new = {row.fragment for row in fresh}
        changed = self._resolver.resolve(seen, (), after, now, new)
        self._store.commit(
            ChunkWrites(
                position_before=self._position,
                position_after=after,
                epoch=self._epoch,
                log_time=now,
                keys=list(fresh),
                **changed.rows,
            )
        )
        self._position = after

    def close(self) -> None:
        """Close its connections."""
        self._store.close()


def _prepared(at: int, identifiers: Identifiers) -> Prepared:
    return Prepared(
        row=0,
        event_id="",
        name="Page Viewed",
        type="page",
        source="web",
        channel="web",
        occurred_at=_START + at,
        received_at=_START + at,
        local_date=(_START + at) // DAY,
        position=0,
        identifiers=identifiers,
    )
