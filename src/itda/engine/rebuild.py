"""Everything derived, built again from lake and keys alone: to compare it with what lives, or to replace it.

The rebuild runs the same pure functions as the pipeline over the lake's rows in log order, in a schema of its own.
What it cannot know it does not touch: the key store, the quarantine, the logs, and counts of what was never accepted.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from itda.base.counted import counted
from itda.base.errors import Conflict, Refused
from itda.base.instant import LocalDates
from itda.engine.chunk import full_names
from itda.engine.comparison import TABLES, Comparison, Difference, compare
from itda.engine.counting import count
from itda.engine.dedupe import key, seed_of
from itda.engine.folding import Folding, sealed_values
from itda.engine.keyring import RETENTION, event_label
from itda.engine.prepared import Prepared
from itda.engine.recent import Recent
from itda.engine.resolver import Resolver
from itda.engine.rules import Rules
from itda.engine.sightings import Sighting
from itda.engine.steering import Stated
from itda.engine.steering import row as steered_row
from itda.events.contracts import declared
from itda.profiles.fold import Fold, refs
from itda.store import migrate
from itda.store.arrays import byteas
from itda.store.database import Connection, Database, reported
from itda.store.lake.block import OWN_ID, PERMANENT, SCHEMA, STEWARD_SOURCE, others_of
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import ChunkWrites, NameRow, SteeredRow
from itda.store.vault import Cipher, Unsealable, Vault

if TYPE_CHECKING:
    from itda.store.lake.reader import LakeReader, Snapshot
    from itda.workspace.definition import Workspace

Progress = Callable[[int, int | None], None]
_CHUNK = 5_000
_REMEMBERED = 60_000
_PERMANENT_OWN = PERMANENT | OWN_ID
_COLUMNS = ", ".join(SCHEMA.names)


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
        yield f"{counted(self.rows, 'row')} of the lake up to position {self.position:,} replayed in {self.seconds:.1f} s."
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
    began = time.monotonic()
    workspace = shop.workspace
    rules = Rules(workspace.contracts, workspace.policy, workspace.fold(), LocalDates(workspace.zone))
    scratch = Database(shop.db.url, scratch_schema(workspace.schema))
    live = _alone(shop.db.connect(name="itda replay"), scratch)
    try:
        migrate.drop(scratch)
        migrate.fresh(scratch)
        live.execute("set transaction isolation level repeatable read, read only")
        snapshot = shop.lake.within(live)
        rebuild = Rebuild(live, PostgresPipelineStore(scratch), shop.vault, rules)
        rebuild.run(snapshot, workspace.lake_dir, progress or _silent)
        if verify:
            tables, differences, shrunk = compare(live, scratch, shop.vault, rules.fold)
            differences += lost_rows(live, snapshot, rules.fold, shrunk)
        else:
            tables, differences = [], []
            live.rollback()
            _swap(shop.db, scratch.schema, snapshot.position)
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


def _silent(_done: int, _total: int | None) -> None:
    pass


class Rebuild:
    """One replay into an empty store. `live` gives the keys; `differences` are faults of the lake itself."""

    def __init__(self, live: Connection, store: PostgresPipelineStore, vault: Vault, rules: Rules) -> None:
        self._live = live
        self._store = store
        self._vault = vault
        self._rules = rules
        self._seed = seed_of(vault)
        self._resolver = Resolver(store, rules.policy)
        self._folding = Folding(store, rules.fold, _REMEMBERED)
        self._keys: Recent[bytes, tuple[str, bytes]] = Recent(_REMEMBERED)
        self._ciphers: dict[bytes, Cipher] = {}
        self._epoch = 0
        self._position = 0
        self.rows = 0
        self.differences: list[Difference] = []

    def run(self, snapshot: Snapshot, lake_dir: Path, progress: Progress) -> None:
        """Replay every row of the snapshot."""
        self._epoch, self._position, _ = self._store.acquire()
        total = snapshot.rows
        for rows in in_log_order(snapshot, lake_dir):
            self._chunk(rows)
            self.rows += len(rows)
            progress(self.rows, total)
        if self.rows != total:
            self.differences.append(Difference("lake", "", "rows", str(total), str(self.rows)))
        row = self._live.execute("select log_time from cursor where name = 'pipeline'").fetchone()
        self._commit([], [], {}, log_time=int(row[0]) if row else 0)
        self._store.close()

    def _chunk(self, rows: list[tuple[Any, ...]]) -> None:
        kinds = self._kinds(rows)
        steered: list[SteeredRow] = []
        events: list[tuple[Prepared, list[bytes], dict[str, Any], bytes | None]] = []
        for values in rows:
            row = dict(zip(SCHEMA.names, values, strict=True))
            fragments = [one for one in (row["fragment"], *others_of(row["others"])) if one in kinds]
            if row["fragment"] not in kinds:
                continue  # its key is destroyed: nothing of it is left
            if row["source"] == STEWARD_SOURCE:
                steered += self._decision(row, fragments)
                continue
            plain = msgspec.json.decode(row["properties"])
            events.append((event_of(row, plain), fragments, plain, row["sealed"]))
        self._commit(events, steered, kinds, log_time=max(values[_RECEIVED_AT] for values in rows), at=rows[-1][0])
        self._ciphers.clear()

    def _commit(
        self,
        events: list[tuple[Prepared, list[bytes], dict[str, Any], bytes | None]],
        steered: list[SteeredRow],
        kinds: dict[bytes, str],
        *,
        log_time: int,
        at: int | None = None,
    ) -> None:
        folding, absorb = self._folding, self._rules.fold.absorb
        folding.begin({fragments[0] for _, fragments, _, _ in events}, set())
        sightings: list[Sighting] = []
        names: set[NameRow] = set()
        for event, fragments, plain, sealed in events:
            own = fragments[0]
            told: list[tuple[str, Any, bool]] = []
            if event.type == "identify":
                said = declared(plain, self._opened(event, own, sealed))
                names.update(NameRow(self._vault.name_hash(name), own) for name in full_names(said))
                told = sealed_values(said, self._cipher(own), own)
            absorb(folding.here[own], event, plain, told, event.position)
            sightings.append(_sighting(event, fragments, kinds))
        position = self._position + 1 if at is None else at
        resolved = self._resolver.resolve(sightings, steered, position, log_time, frozenset(), kinds)
        states, pages = folding.rows()
        accepted = [event for event, _, _, _ in events]
        self._store.commit(
            ChunkWrites(
                position_before=self._position,
                position_after=position,
                epoch=self._epoch,
                log_time=log_time,
                nodes=resolved.nodes,
                edges=resolved.edges,
                evidence=resolved.evidence,
                corrected=resolved.corrected,
                steered=resolved.steered,
                resolutions=resolved.resolutions,
                fragments=states,
                recents=pages,
                names=sorted(names, key=lambda row: (row.hash, row.fragment)),
                quality=count(accepted, [], [], self._rules.dates),
                permanent_ids=[
                    key(event.source, event.event_id, self._seed)
                    for event in accepted
                    if event.flags & _PERMANENT_OWN == _PERMANENT_OWN
                ],
            )
        )
        self._position = position

    # ── keys ──

    def _kinds(self, rows: list[tuple[Any, ...]]) -> dict[bytes, str]:
        """The kind of every fragment in these rows whose key lives."""
        wanted = {one for row in rows for one in (row[_FRAGMENT], *others_of(row[_OTHERS]))}
        missing = [one for one in wanted if self._keys.get(one) is None]
        if missing:
            found = self._live.execute(
                "select fragment, kind, wrapped_key from keyring where fragment = any(%b) and retention = %s",
                [byteas(missing), RETENTION],
                binary=True,
            ).fetchall()
            for fragment, kind, wrapped in found:
                self._keys.put(fragment, (kind, wrapped))
        return {one: known[0] for one in wanted if (known := self._keys.get(one)) is not None}

    def _cipher(self, fragment: bytes) -> Cipher:
        cipher = self._ciphers.get(fragment)
        if cipher is None:
            known = self._keys.get(fragment) or ("", b"")
            cipher = self._ciphers[fragment] = self._vault.unwrap(fragment, known[1], RETENTION)
        return cipher

    def _opened(self, event: Prepared, fragment: bytes, sealed: bytes | None) -> dict[str, Any]:
        """The sealed properties of an event."""
        if sealed is None:
            return {}
        try:
            blob = self._cipher(fragment).open(fragment, event_label(event.position), sealed)
        except Unsealable as error:
            self.differences.append(Difference("lake", str(event.position), "sealed", str(error), ""))
            return {}
        found: dict[str, Any] = msgspec.json.decode(blob).get("properties", {})
        return found

    def _decision(self, row: dict[str, Any], fragments: list[bytes]) -> list[SteeredRow]:
        """The decision in a row of the lake; none when one of its identifiers was erased."""
        ends = [row["fragment"], *others_of(row["others"])]
        if len(fragments) != len(ends):
            return []
        try:
            stated = msgspec.json.decode(row["properties"], type=Stated)
            label = event_label(row["position"])
            reason = self._cipher(ends[0]).open(ends[0], label, row["sealed"] or b"").decode()
        except (msgspec.MsgspecError, Unsealable) as error:
            self.differences.append(Difference("lake", str(row["position"]), "decision", str(error), ""))
            return []
        return [steered_row(stated, ends[0], ends[1], reason, self._cipher(min(ends)))]


_FRAGMENT, _OTHERS, _RECEIVED_AT = (SCHEMA.names.index(name) for name in ("fragment", "others", "received_at"))


def in_log_order(snapshot: Snapshot, lake_dir: Path) -> Iterator[list[tuple[Any, ...]]]:
    """Every row of the lake in log order, a few thousand at a time; what does not fit memory spills to disk."""
    with snapshot.duckdb() as connection:
        parts = [f"select {_COLUMNS} from lake_tail_rows"]
        paths = [str(lake_dir / file.path) for file in snapshot.files]
        if paths:
            quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
            parts.append(f"select {_COLUMNS} from read_parquet([{quoted}])")
        found = connection.execute(f"select * from ({' union all '.join(parts)}) order by position")
        while rows := found.fetchmany(_CHUNK):
            yield rows


def event_of(row: dict[str, Any], plain: dict[str, Any]) -> Prepared:
    """The event of a row of the lake, as far as folds look at one."""
    return Prepared(
        row=0,
        event_id=row["event_id"],
        name=row["name"],
        type=row["type"],
        source=row["source"],
        channel=row["channel"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        local_date=row["local_date"],
        position=row["position"],
        plain=plain,
        flags=row["flags"],
    )


def _sighting(event: Prepared, fragments: list[bytes], kinds: dict[bytes, str]) -> Sighting:
    return Sighting(
        tuple(fragments),
        tuple([kinds[one] for one in fragments]),
        event.source,
        event.local_date,
        event.occurred_at,
        event.position,
    )


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


def _swap(db: Database, scratch: str, position: int) -> None:
    """Put the rebuilt tables in the place of the living ones, if no event was processed meanwhile."""
    with db.connection() as connection:
        row = connection.execute(
            "update cursor set epoch = epoch + 1 where name = 'pipeline' returning position"
        ).fetchone()
        if row is None or row[0] != position:
            raise Conflict("events were processed while the rebuild ran; nothing was changed: replay again")
        for table in TABLES:
            where = f"where {table.where}" if table.where else ""
            columns = ", ".join(table.columns)
            connection.execute(f"delete from {table.name} {where}")
            connection.execute(
                f"insert into {table.name} ({columns}) select {columns} from {scratch}.{table.name} {where}"
            )
