"""How files of a folder looked when they were last looked at, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from itda.store.arrays import texts
from itda.store.database import Connection


class FileLook(msgspec.Struct, frozen=True):
    """A file as it was: since `seen_at` it has looked so; `done_at` is when it was in the log. Microseconds UTC."""

    name: str
    bytes: int
    modified_at: int
    seen_at: int
    done_at: int | None = None


def looks(connection: Connection, source: str) -> dict[str, FileLook]:
    """Every file that was ever seen, by name."""
    rows = connection.execute(
        "select name, bytes, modified_at, seen_at, done_at from source_file where source = %s", [source]
    ).fetchall()
    return {row[0]: FileLook(*row) for row in rows}


def set_look(connection: Connection, source: str, look: FileLook) -> None:
    """Keep how a file looks."""
    connection.execute(
        "insert into source_file (source, name, bytes, modified_at, seen_at, done_at) values (%s, %s, %s, %s, %s, %s)"
        " on conflict (source, name) do update set bytes = excluded.bytes, modified_at = excluded.modified_at,"
        " seen_at = excluded.seen_at, done_at = excluded.done_at",
        [source, look.name, look.bytes, look.modified_at, look.seen_at, look.done_at],
    )


def let_go(connection: Connection, source: str, names: Collection[str]) -> None:
    """Forget how these files looked."""
    connection.execute("delete from source_file where source = %s and name = any(%b)", [source, texts(sorted(names))])
