"""Reading the lake: the manifest's files and the tail as they were at one moment, hence at one log position.

A `Snapshot` holds one repeatable-read transaction: what the compactor does meanwhile does not show in it, and the
compactor keeps the files it names until it is closed.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from itda.events.event import ORDINALS
from itda.store.database import Connection, Database
from itda.store.lake import manifest
from itda.store.lake.block import OWN_MARK, SCHEMA, decode
from itda.store.lake.files import LakeFile, opened, readable
from itda.store.lake.filter import may_hold

if TYPE_CHECKING:
    import duckdb

_FILTER_BYTES = 48 << 20
_FOOTERS = 64
_MOST_KNOWN = 20_000
_BATCH = 64
"""Blocks of the tail fetched at once."""


class LakeReader:
    """The way to the lake for whoever only reads. Thread-safe; keeps filters and file footers, bounded."""

    def __init__(self, db: Database, lake_dir: Path) -> None:
        self._db = Database(db.url, db.schema, size=4)  # its own: who asks holds another connection already
        self.close = weakref.finalize(self, self._db.close)
        self.lake_dir = lake_dir
        self._filters: OrderedDict[str, bytes] = OrderedDict()
        self._filter_bytes = 0
        self._footers: OrderedDict[str, pq.FileMetaData] = OrderedDict()
        self._known: set[str] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The lake at one position, for as long as the block lasts (keep it to seconds)."""
        with self._db.connection() as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            yield Snapshot(self, connection)

    def within(self, connection: Connection) -> Snapshot:
        """The lake in a repeatable-read transaction that somebody else holds; it lives no longer than that."""
        return Snapshot(self, connection)

    def table(self, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """Rows of the lake as it is now: see `Snapshot.table`."""
        with self.snapshot() as snapshot:
            return snapshot.table(columns, where)

    def filters_of(self, connection: Connection, files: Sequence[LakeFile]) -> dict[str, bytes]:
        """The fragment filters of these files, from memory where they are."""
        with self._lock:
            found = {file.path: self._filters[file.path] for file in files if file.path in self._filters}
            for path in found:
                self._filters.move_to_end(path)
        fetched = manifest.filters(connection, [file.path for file in files if file.path not in found])
        with self._lock:
            for path, bits in fetched.items():
                if path not in self._filters:
                    self._filters[path] = bits
                    self._filter_bytes += len(bits)
            while self._filter_bytes > _FILTER_BYTES:
                self._filter_bytes -= len(self._filters.popitem(last=False)[1])
        return found | fetched

    def open(self, file: LakeFile) -> pq.ParquetFile:
        """The file, its footer from memory where it is. The caller closes it."""
        with self._lock:
            footer = self._footers.get(file.path)
            if footer is not None:
                self._footers.move_to_end(file.path)
        found = opened(self.lake_dir / file.path, footer)
        if footer is None:
            with self._lock:
                self._known.add(file.path)
                self._footers[file.path] = found.metadata
                while len(self._footers) > _FOOTERS:
                    self._footers.popitem(last=False)
        return found

    def require_known(self, files: Sequence[LakeFile]) -> None:
        """`Unreadable` where one of these files is gone, damaged or of a newer format; each is looked at once."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        for file in files:
            if file.path not in self._known:
                self.open(file).close()


class Snapshot:
    """The lake at one log position: every accepted event of frames up to `position`, and none after."""

    def __init__(self, reader: LakeReader, connection: Connection) -> None:
        self._reader = reader
        self._connection = connection
        row = connection.execute("select position, log_time from cursor where name = 'pipeline'").fetchone()
        self.position: int = int(row[0]) if row else 0
        self.log_time: int = int(row[1]) if row else 0
        self.files = manifest.files(connection)
        self.tail = manifest.tail(connection)

    @property
    def rows(self) -> int:
        """How many rows there are, stewards' decisions included."""
        return sum(file.rows for file in self.files) + sum(block.rows for block in self.tail)

    @property
    def tail_from(self) -> int:
        """The least log position that can be in the tail: every row below it is in a file."""
        return (manifest.head(self._connection) + 1) * ORDINALS

    def files_after(self, position: int) -> list[LakeFile]:
        """Files that hold rows above this log position."""
        return [file for file in self.files if file.max_position > position]

    def blocks_after(self, position: int) -> list[manifest.TailBlock]:
        """Blocks of the tail that may hold rows above this log position."""
        return [block for block in self.tail if (block.position + 1) * ORDINALS > position]

    def files_with(self, fragments: Sequence[bytes], files: Sequence[LakeFile] | None = None) -> list[LakeFile]:
        """Those files whose filter says that they may hold one of these fragments."""
        candidates = self.files if files is None else files
        filters = self._reader.filters_of(self._connection, candidates)
        return [file for file in candidates if any(may_hold(filters[file.path], fragment) for fragment in fragments)]

    def open(self, file: LakeFile) -> pq.ParquetFile:
        """A file of this snapshot."""
        return self._reader.open(file)

    def tail_tables(
        self, columns: Sequence[str] | None = None, blocks: Sequence[manifest.TailBlock] | None = None
    ) -> Iterator[pa.Table]:
        """The rows of blocks of the tail (all of them by default), in log order, a few blocks at a time."""
        chosen = [block.position for block in (self.tail if blocks is None else blocks)]
        for start in range(0, len(chosen), _BATCH):
            for _, block in manifest.blocks(self._connection, chosen[start : start + _BATCH]):
                yield decode(block, columns)

    def table(
        self,
        columns: Sequence[str] | None = None,
        where: pc.Expression | None = None,
        *,
        after: int = -1,
        files: Sequence[LakeFile] | None = None,
    ) -> pa.Table:
        """Rows above the log position `after` for which `where` holds. No order is promised.

        `files` narrows the files read (the tail is always read): the caller knows that the others hold nothing.
        """
        names = list(columns) if columns is not None else SCHEMA.names
        condition = (
            where
            if after < 0
            else (pc.field("position") > after) & (where if where is not None else pc.scalar(value=True))
        )
        in_files = self.files_after(after) if files is None else files
        in_tail = self.tail_tables(None, self.blocks_after(after))
        return pa.concat_tables(
            [
                SCHEMA.empty_table().select(names),
                *(self._read(file, names, condition) for file in in_files),
                *((rows if condition is None else rows.filter(condition)).select(names) for rows in in_tail),
            ]
        )

    def in_files(self, columns: list[str], where: pc.Expression, files: Sequence[LakeFile]) -> pa.Table:
        """Rows of these files for which `where` holds, in no order."""
        return pa.concat_tables([SCHEMA.empty_table().select(columns), *(self._read(f, columns, where) for f in files)])

    def encoded(self, blocks: Sequence[manifest.TailBlock]) -> list[bytes]:
        """These blocks of the tail as they are stored, in log order."""
        return [block for _, block in manifest.blocks(self._connection, [block.position for block in blocks])]

    def path(self, file: LakeFile) -> Path:
        """Where a file lies."""
        return self._reader.lake_dir / file.path

    def _read(self, file: LakeFile, names: list[str], condition: pc.Expression | None) -> pa.Table:
        path = self.path(file)
        self._reader.require_known([file])
        with readable(path):
            rows = pq.read_table(path, columns=names, filters=condition, use_threads=False, schema=SCHEMA)
        return rows.select(names)

    def of_fragments(self, fragments: Sequence[bytes], columns: Sequence[str] | None = None) -> pa.Table:
        """Every row that counts on one of these fragments."""
        wanted = pc.field("fragment").isin(pa.array(list(fragments), type=pa.binary(16)))
        return self.table(columns, wanted, files=self.files_with(fragments))

    def rows_at(self, positions: Sequence[int], fragments: Sequence[bytes] | None = None) -> pa.Table:
        """The rows at these log positions, where they are. Naming their fragments makes it quick."""
        wanted = pc.field("position").isin(pa.array(list(positions), type=pa.int64()))
        files = [file for file in self.files if any(file.min_position <= at <= file.max_position for at in positions)]
        if fragments is not None:
            files = self.files_with(fragments, files)
            wanted = pc.field("fragment").isin(pa.array(list(fragments), type=pa.binary(16))) & wanted
        return self.table(None, wanted, files=files)

    def duck(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: Sequence[str] | None = None,
        files: Sequence[LakeFile] | None = None,
        blocks: Sequence[manifest.TailBlock] | None = None,
    ) -> None:
        """Make the view `lake` in DuckDB: these columns of files and tail (by default all), customers' events only.

        It lives as long as the snapshot.
        """
        names = list(columns) if columns is not None else SCHEMA.names
        read = list(dict.fromkeys([*names, "source"]))
        tail = pa.concat_tables([SCHEMA.empty_table().select(read), *self.tail_tables(read, blocks)])
        connection.register("lake_tail_rows", tail)
        listed = ", ".join(names)
        parts = [f"select {', '.join(read)} from lake_tail_rows"]
        read_files = self.files if files is None else files
        if read_files:
            parts.append(f"select {', '.join(read)} from {self.parquet(read_files)}")
        connection.execute(
            f"create or replace temp view lake as select {listed} from ({' union all '.join(parts)}) "
            f"where not starts_with(source, '{OWN_MARK}')"
        )

    def parquet(self, files: Sequence[LakeFile]) -> str:
        """What DuckDB reads these files' rows from (one file at least), stewards' decisions included."""
        self._reader.require_known(files)
        quoted = ", ".join("'" + str(self.path(file)).replace("'", "''") + "'" for file in files)
        return f"read_parquet([{quoted}])"

    @contextlib.contextmanager
    def duckdb(
        self,
        columns: Sequence[str] | None = None,
        files: Sequence[LakeFile] | None = None,
        blocks: Sequence[manifest.TailBlock] | None = None,
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A bounded DuckDB with the view `lake`, for one question."""
        paths = [self.path(file) for file in (self.files if files is None else files)]
        spill = self._reader.lake_dir / "spill"
        import duckdb  # noqa: PLC0415 - who follows the log reads it without an engine, in a third of the memory

        from itda.store.lake import duck  # noqa: PLC0415

        with contextlib.closing(duck.connect(spill)) as connection, readable(*paths, errors=(duckdb.Error,)):
            self.duck(connection, columns, files, blocks)
            yield connection
