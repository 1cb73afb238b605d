"""The compactor: turns the tail's blocks into Parquet files by local day, and older days into months.

Killed at any instant it leaves the manifest as it was or as it should be, never between. A file is written and
durable before the manifest names it; the swap is one transaction under the compactor's epoch, so one that was
paused, replaced and resumed changes nothing. A replaced file goes only when no snapshot older than its replacement
is held by anybody.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa

from itda.base.errors import Conflict
from itda.base.instant import DAY
from itda.store.database import Connection, Database
from itda.store.lake import manifest, plan
from itda.store.lake.block import decode
from itda.store.lake.expiring import shuffled
from itda.store.lake.files import DAY_LEVEL, LakeFile, Unreadable, first_of_month, new_path, on_disk, sync_folder, write
from itda.store.lake.merging import merged, partitioned
from itda.store.lake.sorting import numbers, order

LEFT_S = 600.0
"""How long a file that cannot be read is left before it is tried again: somebody may have put it back."""
LOOSE_ROWS = 200_000
"""So many rows that became nobody's are put into a file together."""
_log = logging.getLogger(__name__)


class Cadence(msgspec.Struct, frozen=True):
    """When the tail is worth writing: whichever comes first. `step_rows` bounds the memory of one step."""

    rows: int = 64_000
    bytes: int = 16 << 20
    blocks: int = 400
    age_s: float = 120.0
    step_rows: int = 64_000
    step_bytes: int = 16 << 20
    """`bytes` and `step_bytes` are of blocks as they are stored: some three times as much when read."""
    unread_bytes: int = 64 << 20
    """What is not decided about yet stays in the tail, where it is read at less cost, up to so many bytes of blocks."""


class _GivenUp(Exception):
    pass


def _unless(is_over: Callable[[], bool], parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for part in parts:
        if is_over():
            raise _GivenUp
        yield part


def _unheard(_point: str) -> None:
    pass


class Compactor:
    """One at a time: starting a second makes the first one's next swap a `Conflict`.

    `heard` is told each point passed: written, swapping, swapped, removing.
    """

    def __init__(
        self,
        db: Database,
        lake_dir: Path,
        cadence: Cadence | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        heard: Callable[[str], None] = _unheard,
    ) -> None:
        self._db = db
        self._dir = lake_dir
        self._cadence = cadence or Cadence()
        self._clock = clock
        self._heard = heard
        self._epoch: int | None = None
        self._is_replaced = False
        self._replaced: list[tuple[int, str]] = []
        self._seen: tuple[int, float] | None = None
        self._left: dict[str, float] = {}

    def start(self) -> None:
        """Take over the lake, once, and put on the list of removal what the manifest does not name."""
        if self._is_replaced:
            raise Conflict("another compactor took over the lake")
        if not self._dir.is_dir():
            self._dir.mkdir(mode=0o700, parents=True)
            sync_folder(self._dir.parent)
        with self._db.connection() as connection:
            epoch = manifest.take_over(connection)
            manifest.leave(connection, [])
            connection.commit()  # from here no former compactor can name a file that we remove
            named = {file.path for file in manifest.files(connection)}
            row = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
            now = int(row[0]) if row else 0
        self._replaced = [(now, path) for path in sorted(set(on_disk(self._dir)) - named)]
        self._epoch = epoch

    def step(self, is_over: Callable[[], bool] = lambda: False, *, is_final: bool = False) -> bool:
        """Do the most urgent piece of work, if any; False when the lake is tidy. `is_final` writes any tail.

        A merge is given up, and False returned, once `is_over` says so.
        """
        if self._epoch is None:
            self.start()
        self._remove()
        return self._write_tail(is_final=is_final) or self._merge(is_over)

    def settle(self) -> None:
        """Step until the tail is empty and nothing is worth merging."""
        while self.step(is_final=True):
            pass

    def _write_tail(self, *, is_final: bool) -> bool:
        with self._db.connection() as connection:
            waiting = manifest.tail(connection)
            if not is_final and sum(block.size for block in waiting) < self._cadence.unread_bytes:
                decided = manifest.decided(connection)
                waiting = [block for block in waiting if block.position <= decided]
            if not waiting or not (is_final or self._is_due(waiting)):
                return False
            chosen: list[int] = []
            rows = size = 0
            for block in waiting:
                size += block.size
                if chosen and (rows + block.rows > self._cadence.step_rows or size > self._cadence.step_bytes):
                    break
                chosen.append(block.position)
                rows += block.rows
            tables = [decode(block) for _, block in manifest.blocks(connection, chosen)]
            first_open = plan.open_from(self._today(connection, tables))
        together = pa.concat_tables(tables).combine_chunks()
        del tables
        homes = plan.partition(numbers(together["local_date"]), first_open)
        parts = partitioned(together, homes)
        del together  # from here on only the sorted copy is held
        new = [self._written(home, plan.level_of(home, first_open), [part]) for home, part in parts]
        self._swap(new, [], chosen)
        self._seen = None
        pa.default_memory_pool().release_unused()
        return True

    def _merge(self, is_over: Callable[[], bool]) -> bool:
        with self._db.connection() as connection:
            files = [file for file in manifest.files(connection) if not self._is_left(file.path)]
            today = self._today(connection, [])
        first_open = plan.open_from(today)
        found = plan.to_merge(files, today)
        if found is None:
            return False
        home, old = found
        parts = merged([self._dir / file.path for file in old], sum(file.rows for file in old))
        try:
            new = self._written(home, plan.level_of(home, first_open), _unless(is_over, parts))
        except _GivenUp:
            return False
        except Unreadable as error:
            self._leave(error)
            return True
        self._swap([new], [file.path for file in old], [])
        pa.default_memory_pool().release_unused()
        return True

    def rewrite(
        self,
        file: LakeFile,
        change: Callable[[pa.Table], tuple[pa.Table, pa.Table]],
        also: Callable[[Connection], bool],
    ) -> bool:
        """Write a file anew without what is to go; whether it was.

        `change` gives of some rows those that stay and, apart, those that are nobody's now: these are put into files
        of their own, in which nothing tells where they came from. `also` acts in the transaction that names the new
        files; where it says that nothing changed, everything stays as it was. A file that cannot be read is left.
        """
        if self._epoch is None:
            self.start()
        new, loose = list[LakeFile](), list[pa.Table]()
        home = file.first_day if file.level == DAY_LEVEL else first_of_month(file.first_day)
        try:
            parts = self._staying(file, home, change, loose, new)
            first = next(parts, None)
            if first is not None:
                new.append(self._written(home, file.level, itertools.chain([first], parts)))
            if loose:
                self._write_loose(file, home, loose, new)
            is_changed = self._swap(new, [file.path], [], also)
        except Unreadable as error:
            self._unlink(new)
            self._leave(error)
            return False
        except BaseException:
            self._unlink(new)
            raise
        pa.default_memory_pool().release_unused()
        return is_changed

    def _staying(
        self,
        file: LakeFile,
        home: int,
        change: Callable[[pa.Table], tuple[pa.Table, pa.Table]],
        loose: list[pa.Table],
        new: list[LakeFile],
    ) -> Iterator[pa.Table]:
        """The rows that stay, in order; those that are nobody's are gathered, and written once they are many."""
        for rows in merged([self._dir / file.path], file.rows):
            stay, apart = change(rows)
            if apart.num_rows:
                loose.append(apart)
            if sum(table.num_rows for table in loose) >= LOOSE_ROWS:
                self._write_loose(file, home, loose, new)
            if stay.num_rows:
                yield stay.take(order(stay))

    def _write_loose(self, file: LakeFile, home: int, loose: list[pa.Table], new: list[LakeFile]) -> None:
        rows = shuffled(pa.concat_tables(loose).combine_chunks())
        loose.clear()
        new.append(self._written(home, file.level, [rows.take(order(rows))]))

    def _unlink(self, files: Iterable[LakeFile]) -> None:
        for file in files:
            (self._dir / file.path).unlink(missing_ok=True)

    def _is_left(self, path: str) -> bool:
        return path in self._left and self._clock() < self._left[path]

    def _leave(self, error: Unreadable) -> None:
        """Merge the others without this file, which stays where it is."""
        _log.warning("%s; the other files are merged without it", error)
        self._left[str(error.path.relative_to(self._dir))] = self._clock() + LEFT_S
        self._left = {path: until for path, until in self._left.items() if self._is_left(path)}
        with self._mine() as (connection, _):
            manifest.leave(connection, list(self._left))

    def _is_due(self, waiting: Sequence[manifest.TailBlock]) -> bool:
        now, oldest = self._clock(), waiting[0].position
        if self._seen is None or self._seen[0] != oldest:
            self._seen = (oldest, now)
        return (
            len(waiting) >= self._cadence.blocks
            or sum(block.rows for block in waiting) >= self._cadence.rows
            or sum(block.size for block in waiting) >= self._cadence.bytes
            or now - self._seen[1] >= self._cadence.age_s
        )

    def _today(self, connection: Connection, tables: Sequence[pa.Table]) -> int:
        """The day of the newest log time known here: no clock decides where a row goes."""
        row = connection.execute("select log_time from cursor where name = 'pipeline'").fetchone()
        times = [int(numbers(table["received_at"]).max()) for table in tables if table.num_rows]
        return max([int(row[0]) if row else 0, *times]) // DAY

    def _written(self, home: int, level: int, parts: Iterable[pa.Table]) -> LakeFile:
        file = write(self._dir, new_path(level, home), level, parts)
        self._heard("written")
        return file

    def _swap(
        self,
        new: list[LakeFile],
        old: list[str],
        blocks: list[int],
        also: Callable[[Connection], bool] = lambda _: True,
    ) -> bool:
        try:
            with self._mine() as (connection, epoch):
                if not also(connection):
                    self._unlink(new)
                    return False
                at = manifest.swap(connection, epoch, new=new, old=old, blocks=blocks)
                self._heard("swapping")
        except Conflict:
            self._unlink(new)
            raise
        self._replaced += [(at, path) for path in old]
        self._heard("swapped")
        return True

    @contextlib.contextmanager
    def _mine(self) -> Iterator[tuple[Connection, int]]:
        """A transaction that holds the compactor's row: nobody can take over before it ends, and it ends soon."""
        if self._epoch is None:
            raise Conflict("another compactor took over the lake")
        try:
            with self._db.connection() as connection:
                connection.execute("set local idle_in_transaction_session_timeout = '20s'")
                manifest.claim(connection, self._epoch)
                yield connection, self._epoch
        except Conflict:
            self._epoch, self._is_replaced = None, True
            raise

    def _remove(self) -> None:
        """Unlink replaced files that no held snapshot can still name."""
        if not self._replaced:
            return
        with self._mine() as (connection, _):
            oldest = manifest.oldest_reader(connection)
            free = {path for at, path in self._replaced if oldest is None or oldest > at}
            free -= manifest.named(connection, sorted(free))
            for path in sorted(free):
                self._heard("removing")
                (self._dir / path).unlink(missing_ok=True)
        self._replaced = [(at, path) for at, path in self._replaced if path not in free]
