"""The pipeline's store in PostgreSQL: reads by one `= ANY` each, and one transaction a chunk.

A commit first moves the cursor, from the position and under the epoch it was read with; that row's lock keeps every
other writer out until the transaction ends. To become the writer also ends the former writer's session, so one that
was suspended with a transaction open neither holds anybody up nor commits it later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg

from itda.base.errors import Conflict, Unavailable
from itda.store import erasures
from itda.store.arrays import byteas
from itda.store.chunk_sql import statements
from itda.store.database import Connection, Database, reported
from itda.store.erasure_rows import Suppressed
from itda.store.keyed import BY_KEY, Keyed, Row
from itda.store.ports import (
    ChunkWrites,
    Component,
    DedupeBlock,
    DedupeFile,
    EdgeRow,
    EvidenceRow,
    FragmentRow,
    KeyRow,
    NodeRow,
    PolicyRow,
    ResolutionRow,
    SteeredRow,
)

_MOVE = """
update cursor set position = %s, log_time = %s
where name = 'pipeline' and position = %s and epoch = %s returning epoch
"""
_KEPT = (
    "select source, sum(octet_length(sealed))::bigint from quarantine"
    " where received_at >= %s and received_at < %s group by source"
)
_PAUSED = """
select i.fragment from identifier i where i.fragment = any(%b) and exists (
  select from identifier j join consent_state s on s.subject_ref = j.fragment
  where j.customer = i.customer and s.purpose = 'location' and s.channel = 'any'
    and s.status in ('refused', 'withdrawn')
)
"""
"""`consent.pauses.is_paused`, of many at once."""
_BLOCKS_AT_ONCE = 256
POLICY = (
    "select kind, position, version, body, at, reached, settled_at from policy_version"
    " where kind = %s order by position desc limit 1"
)
"""The rules of a kind that are in force."""


class PostgresPipelineStore(Keyed):
    """The store of one pipeline, over two connections of its own: one commits, the other reads, each in one thread.

    After `Unavailable` from `commit`, acquire again and go on from the cursor that gives: where the server itself went
    away nobody knows whether the chunk was written.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._name = f"itda writer {db.schema}"
        self._own: Connection | None = None
        self._reads: Connection | None = None

    def acquire(self) -> tuple[int, int, int]:
        """Become the writer: (epoch, cursor position, log time). Any former writer can commit nothing more."""
        return self._again_if_lost(self._acquire)

    def _acquire(self) -> tuple[int, int, int]:
        with reported():
            connection = self._connection()
            connection.execute(
                "select pg_terminate_backend(pid, 2000) from pg_stat_activity"
                " where application_name = %s and datname = current_database() and pid <> pg_backend_pid()",
                [self._name],
            )
            row = connection.execute(
                "update cursor set epoch = epoch + 1 where name = 'pipeline' returning epoch, position, log_time"
            ).fetchone()
        if row is None:
            raise Conflict("the cursor of the pipeline is gone")
        return row[0], row[1], row[2]

    def keys(self, blinds: Sequence[bytes]) -> list[KeyRow]:
        """Living key rows (newest generation) of these blind indexes."""
        rows = self._any(
            "select blind, fragment, generation, kind, wrapped_key, value_sealed, retention from keyring"
            " where blind = any(%b)",
            blinds,
            KeyRow,
        )
        newest: dict[bytes, int] = {}
        for row in rows:
            newest[row.blind] = max(row.generation, newest.get(row.blind, 0))
        return [row for row in rows if row.generation == newest[row.blind]]

    def policy(self, kind: str) -> PolicyRow | None:
        """The rules of a kind that are in force; None before the first."""
        found = self._rows(POLICY, [kind], PolicyRow)
        return found[0] if found else None

    def nodes_after(self, fragment: bytes, most: int) -> list[NodeRow]:
        """The first so many identifiers above a fragment id, in the order of their ids."""
        return self._rows(_NODES + "where fragment > %b order by fragment limit %s", [fragment, most], NodeRow)

    def nodes(self, fragments: Sequence[bytes]) -> list[NodeRow]:
        """The identifiers with these fragment ids."""
        return self._any(_NODES + "where fragment = any(%b)", fragments, NodeRow)

    def edges_known(self, pairs: Sequence[tuple[bytes, bytes]]) -> list[EdgeRow]:
        """Those of these edges that exist."""
        if not pairs:
            return []
        return self._rows(
            _EDGES + "join unnest(%b, %b) as wanted (a, b) using (a, b)",
            [byteas([a for a, _ in pairs]), byteas([b for _, b in pairs])],
            EdgeRow,
        )

    def components(self, components: Sequence[bytes], *, with_evidence: bool = False) -> Component:
        """Nodes of these raw components with every edge and steward's decision that touches them; evidence if asked."""
        if not components:
            return Component(nodes=[], edges=[], evidence=[], steered=[])
        wanted = byteas(components)
        nodes = self._rows(_NODES + _OLDEST + " union all " + _NODES + _YOUNGER, [wanted, wanted], NodeRow)
        if not nodes:
            return Component(nodes=[], edges=[], evidence=[], steered=[])
        touched = byteas([node.fragment for node in nodes])
        edges = self._rows(_EDGES + _TOUCHED, [touched, touched], EdgeRow)
        evidence = []
        if with_evidence:
            ends = [byteas([edge.a for edge in edges]), byteas([edge.b for edge in edges])]
            evidence = self._rows(_EVIDENCE + "join unnest(%b, %b) as wanted (a, b) using (a, b)", ends, EvidenceRow)
        steered = self._rows(_STEERED + _TOUCHED, [touched, touched], SteeredRow)
        return Component(nodes=nodes, edges=edges, evidence=evidence, steered=steered)

    def suspected_hubs(self) -> list[bytes]:
        """Fragments of the identifiers whose hub status is `suspected`."""
        return self._rows("select fragment from identifier where hub = 'suspected' order by fragment", [], _first)

    def first_seen(self, fragments: Sequence[bytes], without: Sequence[bytes]) -> dict[bytes, int]:
        """The least event time of each, by its own events and its links but those to `without`; none: not seen."""
        own, others = byteas(fragments), byteas(without)
        rows = self._rows(erasures.FIRST_SEEN, [own, own, others, own, others], _pair) if fragments else []
        return dict(rows)

    def resolutions_of(self, fragments: Sequence[bytes]) -> list[tuple[int, ResolutionRow]]:
        """The rows of the log of resolutions that name any of these, with their numbers."""
        return self._any(erasures.RESOLUTIONS, fragments, erasures.resolution)

    def paused(self, fragments: Sequence[bytes]) -> set[bytes]:
        """Those of these fragments whose customer paused the use of where they are."""
        return set(self._any(_PAUSED, fragments, bytes))

    def suppressed(self, blinds: Sequence[bytes]) -> dict[bytes, Suppressed]:
        """Those of these blind indexes whose value was erased."""
        return dict(self._any(erasures.SUPPRESSED, blinds, erasures.suppressed))

    def gone(self, fragments: Sequence[bytes]) -> set[bytes]:
        """Those of these fragments that were erased, however long ago."""
        return set(self._any(erasures.ERASED, fragments, _first))

    def fragments(self, fragments: Sequence[bytes]) -> list[FragmentRow]:
        """Folds of these fragments, where there are any."""
        return self._any(
            "select fragment, state, events, first_at, last_at, is_spilled from fragment where fragment = any(%b)",
            fragments,
            FragmentRow,
        )

    def quarantine_kept(self, since: int, until: int) -> dict[str, int]:
        """Sealed bytes of what was refused from `since` to before `until` (log time), by source."""
        return dict(self._rows(_KEPT, [since, until], lambda source, size: (source, size)))

    def permanent_known(self, ids: Sequence[bytes]) -> set[bytes]:
        """Those of these permanent ids that were accepted before."""
        return set(self._any("select id from permanent_id where id = any(%b)", ids, _first))

    def dedupe_blocks(self) -> Iterator[DedupeBlock]:
        """Blocks not yet folded into files, oldest first."""
        after = -1
        while True:
            page = self._rows(
                "select position, hour, keys from dedupe_block where position > %s order by position"
                f" limit {_BLOCKS_AT_ONCE}",
                [after],
                DedupeBlock,
            )
            yield from page
            if len(page) < _BLOCKS_AT_ONCE:
                return
            after = page[-1].position

    def dedupe_files(self) -> list[DedupeFile]:
        """The files of the window, oldest first."""
        return self._rows(
            "select path, hour, rows, max_position from dedupe_file order by hour, max_position, path", [], DedupeFile
        )

    def commit(self, writes: ChunkWrites) -> None:
        """Write all of it and move the cursor, or raise Conflict and change nothing."""
        try:
            with reported():
                self._commit(self._connection(), writes)
        except psycopg.errors.UniqueViolation as error:
            raise Conflict(f"written already: {str(error).splitlines()[0]}") from error
        except Unavailable:
            if self._own is None or not self._own.closed or not self._was_written(writes):
                raise

    def close(self) -> None:
        """Close the store's connections."""
        for connection in (self._own, self._reads):
            if connection is not None:
                connection.close()
        self._own = self._reads = None

    def _commit(self, connection: Connection, writes: ChunkWrites) -> None:
        move = [writes.position_after, writes.log_time, writes.position_before, writes.epoch]
        with connection.transaction(), connection.pipeline():
            moved = connection.execute(_MOVE, move, prepare=True)
            for statement, columns in statements(writes):
                connection.execute(statement, columns, prepare=True)
            if moved.fetchone() is None:
                raise Conflict("another writer has taken over, or the cursor has moved")
            erasures.retell(connection, writes.retold)
            for erasure in writes.erasures:
                erasures.erase(connection, erasure)

    def _was_written(self, writes: ChunkWrites) -> bool:
        """Whether a chunk whose connection was lost is in: its lock on the cursor, if it still lives, is waited for."""
        with reported():
            row = (
                self._connection()
                .execute("select position, epoch from cursor where name = 'pipeline' for update")
                .fetchone()
            )
        if row is None or row[1] != writes.epoch:
            raise Conflict("another writer has taken over")
        return bool(row[0] == writes.position_after and writes.position_after != writes.position_before)

    def _connection(self) -> Connection:
        if self._own is None or self._own.closed:
            self._own = self._db.connect(autocommit=True, name=self._name)
            self._own.execute("set idle_in_transaction_session_timeout = '10s'")
            self._own.execute("set lock_timeout = '20s'")
            self._own.execute(BY_KEY)
        return self._own

    def _reading(self) -> Connection:
        if self._reads is None or self._reads.closed:
            self._reads = self._db.connect(autocommit=True, name="itda writer reads")
            self._reads.execute(BY_KEY)
        return self._reads

    def _rows(self, query: Any, values: list[Any], row: Callable[..., Row]) -> list[Row]:
        def read() -> list[Row]:
            with reported():
                found = self._reading().execute(query, values, prepare=True, binary=True)
                return [row(*columns) for columns in found]

        return self._again_if_lost(read)

    def _again_if_lost(self, asked: Callable[[], Row]) -> Row:
        """What may be asked twice, on a new connection where the old one was lost."""
        try:
            return asked()
        except Unavailable:
            if not any(one is not None and one.closed for one in (self._own, self._reads)):
                raise
        return asked()


class ReadStore(PostgresPipelineStore):
    """The same within somebody else's transaction: to read, nothing is committed and nothing is closed."""

    def __init__(self, connection: Connection) -> None:
        self._within = connection

    def _reading(self) -> Connection:
        return self._within

    def _again_if_lost(self, asked: Callable[[], Row]) -> Row:
        return asked()


_NODES = "select fragment, kind, first_at, component, customer, hub, is_blocked from identifier "
_OLDEST = "where fragment = any(%b) and component = fragment"
_YOUNGER = "where component = any(%b) and component <> fragment"
_EDGES = "select a, b, tier, first_at, state, reason, only_day, sources from edge "
_EVIDENCE = "select a, b, source, local_date, count, first_at, last_at, sample from edge_evidence "
_STEERED = "select id, action, a, b, steward, at, reason_sealed, retracted_at from steered "
_TOUCHED = "where a = any(%b) or b = any(%b)"


def _first(value: Any) -> Any:
    return value


def _pair(one: bytes, value: int) -> tuple[bytes, int]:
    return one, value
