"""`itda replay`: everything derived built again beside what lives, to compare the two, or to replace it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from itda.base.counted import counted
from itda.base.errors import Conflict, Fault, Refused
from itda.engine import processing, story
from itda.engine.comparison import TABLES, Comparison, Difference, compare
from itda.engine.former import with_former
from itda.engine.ledgers import compare_consents
from itda.engine.questions.status import reconsidered
from itda.engine.rebuild import Progress, Rebuild, Row
from itda.engine.reconsidering import IDENTITY, body
from itda.engine.refused import refused
from itda.engine.retracing import Retrace, compare_segments, without_unread
from itda.engine.rules import Rules
from itda.events.event import ORDINALS
from itda.identity.policy import IdentityPolicy
from itda.profiles.fold import Fold, refs
from itda.store import applied, consents, migrate, retention
from itda.store.arrays import byteas
from itda.store.database import Connection, Database, reported
from itda.store.keyed import KEYS_OF
from itda.store.lake.block import SCHEMA
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import KeyRow
from itda.store.vault import Vault

if TYPE_CHECKING:
    import duckdb

    from itda.store.lake.reader import LakeReader, Snapshot
    from itda.workspace.definition import Workspace

_CHUNK = 5_000
_SORTED = 8 << 20
"""Of the lake's files as they are stored, put in order at once: several times as much in memory."""
_COLUMNS = ", ".join(SCHEMA.names)
_FOLLOWED = """
insert into policy_version (kind, position, version, body, at, reached, settled_at) values (%s, %s, %s, %s, %s, '', %s)
on conflict (kind, position) do update set version = excluded.version, body = excluded.body, at = excluded.at,
  reached = excluded.reached, settled_at = excluded.settled_at
"""


class Opened(Protocol):
    """What a replay needs of an open shop."""

    workspace: Workspace
    db: Database
    vault: Vault

    @property
    def lake(self) -> LakeReader:
        """For reading."""
        ...

    def served_by(self) -> str | None:
        """Who serves it now."""
        ...


class Report(msgspec.Struct, frozen=True):
    """What a replay found or did."""

    ok: bool
    verified: bool
    """True when it only compared."""
    position: int
    """Frames up to here were replayed."""
    rows: int
    tables: list[Comparison]
    differences: list[Difference]
    seconds: float

    def lines(self) -> Iterator[str]:
        """For a person."""
        rows = counted(self.rows, "row")
        yield f"{rows} of the lake up to position {self.position:,} replayed in {self.seconds:.1f} s."
        for table in self.tables:
            verdict = "same" if table.same else "DIFFERS"
            yield f"  {table.table:<16} {counted(table.rows, 'row'):>17}  {table.live_hash[:16]}  {verdict}"
        for difference in self.differences:
            yield str(difference)
        if not self.verified:
            yield "The living tables were replaced."
        elif self.ok:
            yield "No difference."


@reported()
def replay(shop: Opened, *, verify: bool = True, progress: Progress | None = None) -> Report:
    """Rebuild beside the living data; compare, or with `verify` False put it in its place (nobody may serve then)."""
    if not verify and (holder := shop.served_by()) is not None:
        raise Refused(f"the shop is served by {holder}; stop it first, or replay with --verify")
    if shop.workspace.is_lost:
        raise Refused(*shop.workspace.unsuited)
    began = time.monotonic()
    workspace = with_former(shop.db, shop.workspace)
    rules = processing.rules(workspace)
    scratch = Database(shop.db.url, scratch_schema(workspace.schema))
    live = _alone(shop.db.connect(name="itda replay"), scratch)
    try:
        migrate.drop(scratch)
        migrate.fresh(scratch)
        live.execute("set transaction isolation level repeatable read, read only")
        if verify:
            _refuse_halfway(live, rules)
        if retention.is_under_way(live) or (verify and retention.is_untold(live)):
            what = "what has had its time is being taken out of profiles"
            raise Refused(Fault(what=what, cure="let it be finished: itda status tells when all is processed"))
        snapshot = shop.lake.within(live)
        store, spill = PostgresPipelineStore(scratch), workspace.lake_dir / "spill"
        rebuild = Rebuild(LiveKeys(live), store, shop.vault, rules, Retrace(scratch), spill)
        rebuild.run(in_log_order(snapshot), snapshot.rows, _log_time(live), progress or _silent)
        without_unread(live, scratch)
        if verify:
            tables, differences, shrunk = compare(live, scratch, shop.vault, rules.fold)
            for told, first in (
                story.compare(live, scratch),
                refused(live, rules.dates),
                compare_segments(live, scratch, workspace),
                compare_consents(live, workspace.consent.reconfirm),
            ):
                tables.append(told)
                differences += first
            differences += lost_rows(live, snapshot, rules.fold, shrunk)
        else:
            tables, differences = [], []
            story.load(live, scratch)
            live.rollback()
            _swap(shop.db, scratch.schema, snapshot.position, rules.policy, shop.vault)
            with shop.db.connection() as connection:
                consents.rebuild(connection, workspace.consent.reconfirm)
        found = [*rebuild.differences, *differences]
        return Report(
            not found, verify, snapshot.position, rebuild.rows, tables, found, round(time.monotonic() - began, 1)
        )
    finally:
        live.close()
        migrate.drop(scratch)
        scratch.close()


def _alone(live: Connection, scratch: Database) -> Connection:
    """The connection, holding the lock of its workspace's rebuild; `Refused` while another one holds it."""
    row = live.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [scratch.schema]).fetchone()
    live.commit()
    if row != (True,):
        live.close()
        scratch.close()
        raise Refused("the shop is being rebuilt by another replay; wait until it is done")
    return live


def scratch_schema(schema: str) -> str:
    """The schema a workspace is rebuilt in: never its own, however long that is, nor another workspace's."""
    return f"itda_replay_{hashlib.blake2s(schema.encode(), digest_size=8).hexdigest()}"


def _refuse_halfway(live: Connection, rules: Rules) -> None:
    share = reconsidered(live, rules.policy.version)
    if share is not None:
        what = f"{share:.0%} of identifiers follow identity.yaml as it is now; the others still follow the rules before"
        raise Refused(Fault(what=what, cure="let it be finished (itda serve, itda status), or replay without --verify"))


def _log_time(live: Connection) -> int:
    row = live.execute("select log_time from cursor where name = 'pipeline'").fetchone()
    return int(row[0]) if row else 0


def _silent(_done: int, _total: int | None) -> None:
    pass


class LiveKeys:
    """The key store in the transaction of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keys_of(self, fragments: Sequence[bytes]) -> list[KeyRow]:
        """The key rows of these fragments."""
        found = self._connection.execute(KEYS_OF, [byteas(fragments)], binary=True)
        return [KeyRow(*columns) for columns in found]


def in_log_order(snapshot: Snapshot) -> Iterator[list[Row]]:
    """Every row of the lake in log order, a few thousand at a time, in memory that does not grow with the lake.

    Whatever is in the tail is later than whatever is in a file. Files are read a range of the log at a time.
    """
    files = snapshot.files
    with snapshot.duckdb(["position"], files, ()) as connection:
        for first, last in _ranges(connection, snapshot):
            here = [file for file in files if file.min_position < last and file.max_position >= first]
            found = connection.execute(
                f"select {_COLUMNS} from {snapshot.parquet(here)} where position >= ? and position < ?"
                " order by position",
                [first, last],
            )
            while rows := found.fetchmany(_CHUNK):
                yield rows
    for block in snapshot.tail_tables():
        rows = [tuple(row.values()) for row in block.sort_by("position").to_pylist()]
        for start in range(0, len(rows), _CHUNK):
            yield rows[start : start + _CHUNK]


def _ranges(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> Iterator[tuple[int, int]]:
    """Ranges of log positions (from, up to) that together hold every row of the files, each about `_SORTED` bytes."""
    files = snapshot.files
    if not files:
        return
    most = max(_CHUNK, _SORTED * sum(file.rows for file in files) // max(1, sum(file.size for file in files)))
    frames = connection.cursor().execute(
        f"select position // {ORDINALS}, count(*) from {snapshot.parquet(files)} group by 1 order by 1"
    )
    first = rows = 0
    while counts := frames.fetchmany(_CHUNK):
        for frame, count in counts:
            if rows and rows + count > most:
                yield first, frame * ORDINALS
                first, rows = frame * ORDINALS, 0
            rows += count
    yield first, 1 << 62


def lost_rows(live: Connection, snapshot: Snapshot, fold: Fold, fragments: Sequence[bytes]) -> list[Difference]:
    """Rows of the lake that living folds refer to and that are not there, looked for in these fragments."""
    lost: list[Difference] = []
    for fragment in fragments:
        pages = live.execute("select refs from fragment_recent where fragment = %s", [fragment], binary=True).fetchall()
        state = live.execute("select state from fragment where fragment = %s", [fragment], binary=True).fetchall()
        held = [*(page for (page,) in pages), *(fold.decode(encoded).recent for (encoded,) in state)]
        referred = {position for page in held for _, position in refs(page)}
        there = set(snapshot.rows_at(sorted(referred), [fragment]).column("position").to_pylist())
        lost += [Difference("lake", str(position), "row", "referred to", "") for position in sorted(referred - there)]
    return lost


def _swap(db: Database, scratch: str, position: int, policy: IdentityPolicy, vault: Vault) -> None:
    """Put the rebuilt tables in the place of the living ones, if no event was processed meanwhile."""
    with db.connection() as connection:
        row = connection.execute(
            "update cursor set epoch = epoch + 1 where name = 'pipeline' returning position, log_time"
        ).fetchone()
        if row is None or row[0] != position:
            raise Conflict("events were processed while the rebuild ran; nothing was changed: replay again")
        story.write_moves(connection, scratch, position, row[1], policy.version)
        connection.execute(_FOLLOWED, [IDENTITY, position, policy.version, body(policy, vault), row[1], row[1]])
        for table in TABLES:
            where = f"where {table.where}" if table.where else ""
            columns = ", ".join(table.columns)
            connection.execute(f"delete from {table.name} {where}")
            connection.execute(
                f"insert into {table.name} ({columns}) select {columns} from {scratch}.{table.name} {where}"
            )
        applied.rebuilt(connection)
