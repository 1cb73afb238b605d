"""Tables written to files and read back: PostgreSQL's binary COPY, compressed, whatever server it comes from.

It needs no program beside the driver, and no right beyond reading: the same on the embedded server and on any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec
import zstandard
from psycopg import sql

from itda.base.errors import Fault, Refused
from itda.store.database import Connection

_READ = 1 << 20
_LEVEL = 3


class Copied(msgspec.Struct, frozen=True):
    """One table as a file: its columns in order, its rows, the file's name, size and SHA-256 (hex)."""

    table: str
    columns: list[str]
    rows: int
    file: str
    size: int
    sha256: str


def tables(connection: Connection) -> list[str]:
    """The tables of the workspace's schema, each after those it refers to."""
    names = {
        str(name)
        for (name,) in connection.execute(
            "select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')"
            " and not relispartition"
        ).fetchall()
    }
    needs: dict[str, set[str]] = {name: set() for name in names}
    for name, other in connection.execute(
        "select r.relname, f.relname from pg_constraint c join pg_class r on r.oid = c.conrelid"
        " join pg_class f on f.oid = c.confrelid where c.contype = 'f'"
        " and c.connamespace = current_schema()::regnamespace and c.conparentid = 0"
    ).fetchall():
        if name != other and name in needs:
            needs[str(name)].add(str(other))
    ordered = list[str]()
    while needs:
        ready = sorted(name for name, others in needs.items() if not others & needs.keys())
        ordered += ready
        needs = {name: others for name, others in needs.items() if name not in ready}
    return ordered


def columns(connection: Connection, table: str) -> list[str]:
    """The columns of a table that hold values of their own, in their order."""
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"
        " and attgenerated = '' order by attnum",
        [table],
    ).fetchall()
    return [str(name) for (name,) in rows]


def copy_out(connection: Connection, table: str, folder: Path, heard: Callable[[int], object]) -> Copied:
    """Write a table to a file of its name in the folder. `heard` is told the bytes of each part."""
    named = columns(connection, table)
    path = folder / f"{table}.copy.zst"
    query = sql.SQL("copy (select {} from {}) to stdout (format binary)").format(_list(named), sql.Identifier(table))
    with path.open("xb") as file, connection.cursor() as cursor:
        writer = zstandard.ZstdCompressor(level=_LEVEL).stream_writer(file, closefd=False)
        with writer, cursor.copy(query) as copy:
            for part in copy:
                writer.write(part)
                heard(len(part))
        rows = cursor.rowcount
    return Copied(table, named, max(rows, 0), path.name, path.stat().st_size, sha256(path))


def copy_in(connection: Connection, told: Copied, folder: Path, heard: Callable[[int], object]) -> None:
    """Put a file's rows into its table in place of those that are there. `Refused` where the file is not as written."""
    path = folder / told.file
    if not path.exists() or path.stat().st_size != told.size or sha256(path) != told.sha256:
        raise Refused(Fault(what="is not as it was written", file=str(path), cure="take another copy of the backup"))
    name = sql.Identifier(told.table)
    if connection.execute(sql.SQL("select exists (select from {})").format(name)).fetchone() == (True,):
        connection.execute(sql.SQL("delete from {}").format(name))
    query = sql.SQL("copy {} ({}) from stdin (format binary)").format(name, _list(told.columns))
    with path.open("rb") as file, connection.cursor() as cursor, cursor.copy(query) as copy:
        for part in _unpacked(file):
            copy.write(part)
            heard(len(part))


def sequences(connection: Connection) -> dict[str, int | None]:
    """The last number that each sequence of the schema gave out; None where it gave none."""
    rows = connection.execute(
        "select sequencename, last_value from pg_sequences where schemaname = current_schema() order by 1"
    ).fetchall()
    return {str(name): None if value is None else int(value) for name, value in rows}


def set_sequences(connection: Connection, told: dict[str, int | None]) -> None:
    """Let the sequences go on after these numbers."""
    for name, value in told.items():
        if value is not None:
            connection.execute("select setval(to_regclass(%s), %s)", [name, value])


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(data: bytes) -> str:
    """The SHA-256 of bytes, hex."""
    return hashlib.sha256(data).hexdigest()


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    with zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while part := reader.read(_READ):
            yield part


def _list(names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
