"""The schema of a workspace: made fresh, or brought up to date by the migrations, under a lock.

Both ways reach the same catalogue; a test compares them. `meta` holds which steps a schema has: a step with a lower
number than one that is there already is applied too.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files

import msgspec
import psycopg
from psycopg import sql

from itda.base.errors import Fault, Refused
from itda.store.database import Connection, Database, keys_schema, reported

_VERSION = "schema_version"
_STEPS = "schema_steps"


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
    """The highest step the schema has; 0 where there is none."""
    with db.connection() as connection:
        return max(applied(connection), default=0)


def migrate(db: Database) -> int:
    """Bring the schema up to date, making it where there is none; the version reached. Safe to run from many sides."""
    steps = migrations()
    with db.connection() as connection:
        _open(connection, db.schema)
        done = applied(connection)
        if unknown := done - {step.version for step in steps}:
            raise Refused(
                Fault(
                    what=f"the database is at version {max(unknown)}, this Itda knows {steps[-1].version}",
                    cure="use the newer Itda that wrote it",
                )
            )
        for step in steps:
            if step.version not in done:
                connection.execute(step.text.encode())
                done.add(step.version)
                _write_down(connection, done)
    return steps[-1].version


def fresh(db: Database) -> int:
    """Make the whole schema at once in an empty place; the version it has."""
    steps = {step.version for step in migrations()}
    with db.connection() as connection:
        _open(connection, db.schema)
        if applied(connection):
            raise Refused(f"the schema {db.schema} is not empty")
        connection.execute(whole().encode())
        _write_down(connection, steps)
    return max(steps)


def lay(db: Database, text: str, steps: Collection[int]) -> None:
    """Make a schema in an empty place from another's SQL, which has these steps; `Refused` where it is not empty."""
    with db.connection() as connection:
        _open(connection, db.schema)
        if connection.execute("select exists (select from pg_class where relnamespace = %s::regnamespace)",
                              [db.schema]).fetchone() != (False,):  # fmt: skip
            raise Refused(f"the schema {db.schema} is not empty")
        connection.execute(text.encode())
        _write_down(connection, set(steps))


def drop(db: Database) -> None:
    """Drop the schema and everything in it."""
    with reported(), db.connection() as connection:
        for schema in (db.schema, keys_schema(db.schema)):
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def _open(connection: Connection, schema: str) -> None:
    connection.execute("select pg_advisory_xact_lock(hashtextextended('itda schema ' || %s, 0))", [schema])
    for name in (schema, keys_schema(schema)):
        if connection.execute("select 1 from pg_namespace where nspname = %s", [name]).fetchone():
            continue
        try:
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            cure = f"have it made for this role: create schema {name} authorization ROLE"
            raise Refused(Fault(what=f"this role may not make the database schema {name}", cure=cure)) from None


def applied(connection: Connection) -> set[int]:
    """The numbers of the steps the schema has; none where there is none.

    A schema that holds only the version it reached, as they once did, has every step up to it.
    """
    row = connection.execute("select to_regclass('meta')").fetchone()
    if row is None or row[0] is None:
        return set()
    rows = connection.execute("select key, value from meta where key in (%s, %s)", [_VERSION, _STEPS]).fetchall()
    told: dict[str, str] = dict(rows)
    reached = int(told.get(_VERSION, 0))
    if _STEPS in told:
        return {int(number) for number in told[_STEPS].split()} | {reached}
    return {step.version for step in migrations() if step.version < reached} | ({reached} - {0})


def _write_down(connection: Connection, done: set[int]) -> None:
    for key, value in ((_VERSION, str(max(done))), (_STEPS, " ".join(map(str, sorted(done))))):
        connection.execute(
            "insert into meta values (%s, %s) on conflict (key) do update set value = excluded.value", [key, value]
        )
