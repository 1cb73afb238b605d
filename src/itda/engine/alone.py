"""Be the only one to do something; the lock goes with its connection, however this ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.store.database import Database


@contextlib.contextmanager
def alone(db: Database, *names: str | bytes, otherwise: Fault) -> Iterator[None]:
    """Hold what these names stand for, over all processes of this data; `Refused` with `otherwise` when another does."""
    number = int.from_bytes(ids.keyed(b"alone", db.schema, *names)[:8], "big", signed=True)
    with contextlib.closing(db.connect(autocommit=True, name="itda lock")) as connection:
        if connection.execute("select pg_try_advisory_lock(%s)", [number]).fetchone() != (True,):
            raise Refused(otherwise)
        yield
