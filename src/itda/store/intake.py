"""The intake in PostgreSQL: frames in commit order, encrypted under a key of their day, three days at most.

The one row of `intake_head` gives positions. Its lock is held until commit, so a position is visible only after every
lower one, whoever writes. A writer that stops with the lock in hand (a suspended import) is thrown out by the server
after `STALLED_S`, and commits nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import msgspec
import psycopg
import zstandard
from psycopg import errors as pg
from psycopg import sql

from itda.base.errors import Broken, Conflict
from itda.base.instant import DAY
from itda.store.database import Connection, Database, reported
from itda.store.ports import Appended, Frame, Record
from itda.store.time_keys import DayKeys
from itda.store.vault import NO_FRAGMENT, Cipher, Vault

KEPT_DAYS = 3
STALLED_S = 10
_LARGEST_FRAME = 1 << 30
_OPENED = 16
"""Times as large as stored what is read at once may become: frames of repetition are a thousand times as large."""
_READ_AT_ONCE = 512

_APPEND = f"""
with head as (
  update intake_head set position = position + 1, received_at = greatest(received_at, %(now)s)
  returning position, received_at
)
insert into intake_frame (position, received_at, day, frame)
select position, received_at, %(day)s, %(frame)b from head
returning position, received_at, set_config('idle_in_transaction_session_timeout', '{STALLED_S}s', true)
"""

_READ = f"""
select position, received_at, day, frame from (
  select *, sum(octet_length(frame)) over (order by position) - octet_length(frame) as bytes_before
  from (select * from intake_frame where position > %(after)s order by position limit {_READ_AT_ONCE}) next
) sized
where bytes_before < %(max_bytes)s order by position
"""

_PARTITION = """
create table {} (like intake_frame including defaults including storage)
with (autovacuum_enabled = false, toast.autovacuum_enabled = false)
"""
"""Only ever added to, and dropped whole: to vacuum or analyse it while it grows would read every frame for nothing."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Record])


class PostgresIntake:
    """The intake of one workspace; thread-safe, one append at a time. Close it when done."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._keys = DayKeys(db, vault)
        self._days: set[int] = set()
        self._latest = 0
        self._writer: Connection | None = None
        self._reader: Connection | None = None
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._compressing = threading.local()

    def append(self, records: Sequence[Record], now: int) -> Appended:
        """Write one frame; durable when this returns. `Unavailable` means: not known, send again."""
        packed = self._packed(records)
        try:
            return self._append(packed, now)
        except Conflict:  # its day was dropped meanwhile: once more, in a day made anew
            return self._append(packed, now)

    def prepare(self, now: int) -> None:
        """Make the key and the partitions of the day of `now`: an `append_in` of then needs no second connection."""
        self._ready(now)

    def append_in(self, connection: Connection, records: Sequence[Record], now: int) -> Appended:
        """Write one frame in the caller's transaction: it counts when that commits, and others wait until then."""
        day, sealed = self._sealed(self._packed(records), now)
        with reported():
            return self._write(connection, sealed, day, now)

    def read(self, after: int, max_bytes: int) -> list[Frame]:
        """Frames above `after` in order, at most about `max_bytes` of them as stored (at least one if any)."""
        with self._reading, reported():
            if self._reader is None or self._reader.closed:
                self._reader = self._connected("itda intake reader")
            rows = self._reader.execute(
                _READ, {"after": after, "max_bytes": max(1, max_bytes)}, prepare=True, binary=True
            ).fetchall()
        frames, size = list[Frame](), 0
        for row in rows:
            frame = self._opened(*row)
            frames.append(frame)
            size += sum([len(record.body) for record in frame.records])
            if size >= _OPENED * max_bytes:
                break
        return frames

    def tick(self, now: int) -> Appended:
        """Move log time on without a frame; the head of the log."""
        with self._db.connection() as connection:
            row = connection.execute(
                "update intake_head set received_at = greatest(received_at, %s) returning position, received_at", [now]
            ).fetchone()
        if row is None:
            raise Broken("intake_head has no row")
        self._latest = max(self._latest, row[1])
        return Appended(position=row[0], received_at=row[1])

    def drop_before(self, day: int) -> list[int]:
        """Drop the days before `day` whose every frame is past the pipeline's cursor; the days dropped."""
        dropped = []
        with self._db.connection() as connection:
            connection.execute("set local lock_timeout = '2s'")
            for old, name in _partitions(connection):
                if old < day and not self._is_waiting(connection, old):
                    connection.execute(sql.SQL("drop table {}").format(sql.Identifier(name)))
                    connection.execute("delete from intake_key where day = %s", [old])
                    dropped.append(old)
        self._days.difference_update(dropped)
        self._keys.forget(dropped)
        return dropped

    def close(self) -> None:
        """Close the intake's own connections."""
        with self._writing, self._reading:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    connection.close()
            self._writer = self._reader = None

    def _connected(self, name: str) -> Connection:
        connection = self._db.connect(autocommit=True, name=name)
        connection.execute("select set_config('lock_timeout', %s, false)", [f"{STALLED_S + 5}s"])
        return connection

    def _append(self, packed: bytes, now: int) -> Appended:
        day, sealed = self._sealed(packed, now)
        with self._writing, reported():
            if self._writer is None or self._writer.closed:
                self._writer = self._connected("itda intake")
            return self._write(self._writer, sealed, day, now)

    def _packed(self, records: Sequence[Record]) -> bytes:
        if not hasattr(self._compressing, "context"):
            self._compressing.context = zstandard.ZstdCompressor(level=1)
        return bytes(self._compressing.context.compress(_encoder.encode(records)))

    def _sealed(self, packed: bytes, now: int) -> tuple[int, bytes]:
        """The day whose key and partition a frame is for, and the sealed frame."""
        day, cipher = self._ready(now)
        return day, cipher.seal(NO_FRAGMENT, f"frame {day}", packed)

    def _ready(self, now: int) -> tuple[int, Cipher]:
        """The day of a frame written now, with its key and partition there, and its cipher."""
        day = max(now, self._latest) // DAY
        cipher = self._keys.key(day)
        if day not in self._days:
            self._ensure(day)
        return day, cipher

    def _write(self, connection: Connection, sealed: bytes, day: int, now: int) -> Appended:
        try:
            row = self._insert(connection, sealed, day, now)
        except pg.CheckViolation as error:  # no partition: its day was dropped, and the day's key with it
            self._days.discard(day)
            self._keys.forget([day])
            raise Conflict(f"the intake's day {day} was dropped meanwhile") from error
        self._latest = max(self._latest, row.received_at)
        return row

    def _insert(self, connection: Connection, sealed: bytes, day: int, now: int) -> Appended:
        row = connection.execute(_APPEND, {"now": now, "day": day, "frame": sealed}, prepare=True).fetchone()
        if row is None:
            raise Broken("intake_head has no row")
        return Appended(position=row[0], received_at=row[1])

    def _opened(self, position: int, received_at: int, day: int, sealed: bytes) -> Frame:
        packed = self._keys.open(day).open(NO_FRAGMENT, f"frame {day}", sealed)
        raw = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_LARGEST_FRAME)
        return Frame(position=position, received_at=received_at, records=_decoder.decode(raw))

    def _ensure(self, day: int) -> None:
        """Make the partitions of a day and its next.

        Aside, then attached: making them in place would wait for every open transaction of the table.
        """
        with self._db.connection() as connection:
            ensure_days(connection, (day, day + 1))
        self._days.update((day, day + 1))

    def _is_waiting(self, connection: Connection, day: int) -> bool:
        row = connection.execute(
            "select exists (select from intake_frame where day = %s"
            " and position > (select position from cursor where name = 'pipeline'))",
            [day],
        ).fetchone()
        return row is None or bool(row[0])


def ensure_days(connection: Connection, days: Iterable[int]) -> None:
    """Make the partitions of these days, as far as there are none, in the caller's transaction."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended('itda intake ' || current_schema(), 0))")
    known = {old for old, _ in _partitions(connection)}
    for wanted in days:
        if wanted in known:
            continue
        name = sql.Identifier(f"intake_frame_{wanted}")
        connection.execute(sql.SQL(_PARTITION).format(name))
        connection.execute(
            sql.SQL("alter table intake_frame attach partition {} for values from ({}) to ({})").format(
                name, sql.Literal(wanted), sql.Literal(wanted + 1)
            )
        )


def _partitions(connection: psycopg.Connection[tuple[object, ...]]) -> list[tuple[int, str]]:
    """The days there are partitions for, with their tables, oldest first."""
    rows = connection.execute(
        "select relname from pg_inherits join pg_class on oid = inhrelid"
        " where inhparent = to_regclass('intake_frame') order by relname"
    ).fetchall()
    names = [str(name) for (name,) in rows]
    return sorted((int(name.rpartition("_")[2]), name) for name in names)
