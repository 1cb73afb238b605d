"""The manifest: which files and which blocks of the tail are the lake, in PostgreSQL, changed in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.base.errors import Conflict
from itda.store.database import Connection
from itda.store.lake.files import LakeFile

_COLUMNS = "path, first_day, last_day, level, rows, bytes, min_position, max_position"


class TailBlock(msgspec.Struct, frozen=True):
    """A block that no file holds yet: the frame position its chunk ended at, and how large it is."""

    position: int
    rows: int
    size: int = 0
    """Bytes, compressed."""


def files(connection: Connection) -> list[LakeFile]:
    """Every file, oldest day first, without its filter and checksum."""
    found = connection.execute(f"select {_COLUMNS} from lake_file order by first_day, path").fetchall()
    names = _COLUMNS.replace("bytes", "size").split(", ")
    return [LakeFile(**dict(zip(names, row, strict=True)), fragment_filter=b"", sha256=b"") for row in found]


def filters(connection: Connection, paths: Sequence[str]) -> dict[str, bytes]:
    """The fragment filters of these files."""
    if not paths:
        return {}
    with connection.cursor(binary=True) as cursor:
        cursor.execute("select path, fragment_filter from lake_file where path = any(%s)", [list(paths)])
        return dict(cursor.fetchall())


def checksums(connection: Connection) -> dict[str, bytes]:
    """The SHA-256 of every file, as it was written."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute("select path, sha256 from lake_file")
        return dict(cursor.fetchall())


def left(connection: Connection) -> list[str]:
    """Files that the compactor could not read and left as they are."""
    row = connection.execute("select value from meta where key = 'lake_left'").fetchone()
    return msgspec.json.decode(row[0], type=list[str]) if row else []


def leave(connection: Connection, paths: Sequence[str]) -> None:
    """Note which files are left: none but these."""
    connection.execute(
        "insert into meta values ('lake_left', %s) on conflict (key) do update set value = excluded.value",
        [msgspec.json.encode(sorted(paths)).decode()],
    )


def head(connection: Connection) -> int:
    """Rows of frames up to this position are in files."""
    row = connection.execute("select position from lake_head").fetchone()
    return int(row[0]) if row else 0


def decided(connection: Connection) -> int:
    """Whoever follows the log from the tail has read it up to this frame."""
    row = connection.execute("select position from cursor where name = 'decider'").fetchone()
    return int(row[0]) if row else 0


def tail(connection: Connection) -> list[TailBlock]:
    """The blocks of the tail, in log order."""
    found = connection.execute("select position, rows, octet_length(block) from lake_tail order by position").fetchall()
    return [TailBlock(*row) for row in found]


def blocks(connection: Connection, positions: Sequence[int]) -> list[tuple[int, bytes]]:
    """(position, block) of these blocks of the tail, in log order."""
    if not positions:
        return []
    with connection.cursor(binary=True) as cursor:
        cursor.execute(
            "select position, block from lake_tail where position = any(%s) order by position", [list(positions)]
        )
        return cursor.fetchall()


def take_over(connection: Connection) -> int:
    """Become the compactor: the epoch that `swap` asks for. A former compactor can swap nothing more."""
    row = connection.execute(
        "insert into cursor values ('compactor', 0, 1, 0) "
        "on conflict (name) do update set epoch = cursor.epoch + 1 returning epoch"
    ).fetchone()
    return int(row[0]) if row else 0


def claim(connection: Connection, epoch: int) -> None:
    """Hold the compactor's row to the end of the transaction; `Conflict` when another compactor took over."""
    held = connection.execute("select from cursor where name = 'compactor' and epoch = %s for update", [epoch])
    if held.rowcount != 1:
        raise Conflict("another compactor took over the lake")


def named(connection: Connection, paths: Sequence[str]) -> set[str]:
    """Those of these files that the manifest names."""
    found = connection.execute("select path from lake_file where path = any(%s)", [list(paths)]).fetchall()
    return {path for (path,) in found}


def swap(
    connection: Connection,
    epoch: int,
    *,
    new: Sequence[LakeFile],
    old: Sequence[str] = (),
    blocks: Sequence[int] = (),
) -> int:
    """Name new files in place of old ones and of blocks of the tail; returns this transaction's id.

    `Conflict`, and nothing changes, when another compactor took over or an old file is not in the manifest.
    """
    claim(connection, epoch)
    gone = connection.execute("delete from lake_file where path = any(%s)", [list(old)])
    if gone.rowcount != len(old):
        raise Conflict("a file to be replaced is not in the lake's manifest")
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into lake_file ({_COLUMNS}, fragment_filter, sha256) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (file.path, file.first_day, file.last_day, file.level, file.rows, file.size, file.min_position,
                 file.max_position, file.fragment_filter, file.sha256)
                for file in new
            ],
        )  # fmt: skip
    if blocks:
        emptied = connection.execute("delete from lake_tail where position = any(%s)", [list(blocks)])
        if emptied.rowcount != len(blocks):
            raise Conflict("a block of the tail is gone")
        connection.execute("update lake_head set position = greatest(position, %s)", [max(blocks)])
    row = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
    return int(row[0]) if row else 0


def oldest_reader(connection: Connection) -> int | None:
    """The oldest transaction id that somebody's snapshot may still be blind to; None when nobody holds a snapshot.

    A file replaced by transaction x may go once this is above x: every snapshot then sees its successor.
    """
    row = connection.execute(
        "select max(age(backend_xmin)), (pg_snapshot_xmax(pg_current_snapshot()))::text::bigint from pg_stat_activity "
        "where backend_xmin is not null and pid <> pg_backend_pid() and datname = current_database()"
    ).fetchone()
    if row is None or row[0] is None:
        return None
    return int(row[1]) - int(row[0])
