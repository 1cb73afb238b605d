"""Be the only one to do something; the lock goes with its connection, however this ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg

from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.store.database import Connection, Database


@contextlib.contextmanager
def alone(db: Database, *names: str | bytes, otherwise: Fault) -> Iterator[None]:
    """Hold what these names stand for, over all processes of this data; `Refused` with `otherwise` if another does."""
    number = int.from_bytes(_number(db.schema, *names), "big", signed=True)
    with contextlib.closing(db.connect(autocommit=True, name="itda lock")) as connection:
        if connection.execute("select pg_try_advisory_lock(%s)", [number]).fetchone() != (True,):
            raise Refused(otherwise)
        try:
            yield
        finally:  # that a connection was closed the server may only hear once somebody else has asked
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(%s)", [number])


def is_held(connection: Connection, schema: str, *names: str | bytes) -> bool:
    """Whether somebody holds what these names stand for, as the server knows it now."""
    number = _number(schema, *names)
    row = connection.execute(
        "select exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 1"
        " and classid::bigint = %s and objid::bigint = %s"
        " and database = (select oid from pg_database where datname = current_database()))",
        [int.from_bytes(number[:4], "big"), int.from_bytes(number[4:], "big")],
    ).fetchone()
    return row is not None and bool(row[0])


def _number(schema: str, *names: str | bytes) -> bytes:
    return ids.keyed(b"alone", schema, *names)[:8]
