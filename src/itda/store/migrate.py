"""The schema of a workspace: made fresh, or brought up to date by the migrations, under a lock.

Both ways reach the same catalogue; a test compares them. The version reached stands in `meta`.
"""

from __future__ import annotations

from importlib.resources import files

import msgspec
from psycopg import sql

from itda.base.errors import Fault, Refused
from itda.store.database import Connection, Database, reported


class Migration(msgspec.Struct, frozen=True):
    """One step: its number, its name and its SQL."""

    version: int
    name: str
    text: str


def migrations() -> list[Migration]:
    """Every step in order."""
    steps = []
    for file in files("itda.store").joinpath("migrations").iterdir():
        if file.name.endswith(".sql"):
            number, _, name = file.name.removesuffix(".sql").partition("_")
            steps.append(Migration(version=int(number), name=name, text=file.read_text(encoding="utf-8")))
    return sorted(steps, key=lambda step: step.version)


def whole() -> str:
    """The SQL that makes the whole schema: a file for each of its rooms, in the order of their numbers."""
    rooms = [file for file in files("itda.store").joinpath("sql/schema").iterdir() if file.name.endswith(".sql")]
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(rooms, key=lambda file: file.name))


def version(db: Database) -> int:
    """The version of the schema; 0 where there is none."""
    with db.connection() as connection:
        return _version(connection)


def migrate(db: Database) -> int:
    """Bring the schema up to date, making it where there is none; the version reached. Safe to run from many sides."""
    steps = migrations()
    with db.connection() as connection:
        _open(connection, db.schema)
        now_at = _version(connection)
        if now_at > steps[-1].version:
            raise Refused(
                Fault(
                    what=f"the database is at version {now_at}, this Itda knows {steps[-1].version}",
                    cure="use the newer Itda that wrote it",
                )
            )
        for step in steps:
            if step.version > now_at:
                _apply(connection, step.text, step.version)
    return steps[-1].version


def fresh(db: Database) -> int:
    """Make the whole schema at once in an empty place; the version it has."""
    reached = migrations()[-1].version
    with db.connection() as connection:
        _open(connection, db.schema)
        if _version(connection):
            raise Refused(f"the schema {db.schema} is not empty")
        _apply(connection, whole(), reached)
    return reached


def drop(db: Database) -> None:
    """Drop the schema and everything in it."""
    with reported(), db.connection() as connection:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(db.schema)))


def _open(connection: Connection, schema: str) -> None:
    connection.execute("select pg_advisory_xact_lock(hashtextextended('itda schema ' || %s, 0))", [schema])
    if not connection.execute("select 1 from pg_namespace where nspname = %s", [schema]).fetchone():
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))


def _version(connection: Connection) -> int:
    row = connection.execute("select to_regclass('meta')").fetchone()
    if row is None or row[0] is None:
        return 0
    found = connection.execute("select value from meta where key = 'schema_version'").fetchone()
    return int(found[0]) if found else 0


def _apply(connection: Connection, text: str, reached: int) -> None:
    connection.execute(text.encode())
    connection.execute(
        "insert into meta values ('schema_version', %s) on conflict (key) do update set value = excluded.value",
        [str(reached)],
    )
