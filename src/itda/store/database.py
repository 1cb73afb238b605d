"""Connections to PostgreSQL: one workspace is one schema, and every connection stands in it.

Psycopg's own pool waits for a server that is away; here whoever asks learns it at once (`Unavailable`), and the next
one to ask after it came back is served.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from typing import Any, Self

import psycopg

from itda.base.errors import Fault, Refused, Unavailable
from itda.store.arrays import register
from itda.store.reporting import first_line, reported

__all__ = ["Connection", "Database", "reported"]

Connection = psycopg.Connection[tuple[Any, ...]]

OLDEST_SERVER = 160000
_SCHEMA = re.compile(r"(?!.*_keys$)[a-z_][a-z0-9_]{0,39}")
_TRUSTED_IDLE_S = 1.0
"""A connection used this recently is handed out without asking whether it lives."""


def keys_schema(schema: str) -> str:
    """The schema beside a workspace's in which its keys lie."""
    return f"{schema}_keys"


class Database:
    """One workspace's database. Thread-safe; close it when done."""

    def __init__(self, url: str, schema: str = "itda", *, size: int = 8) -> None:
        if not _SCHEMA.fullmatch(schema):
            raise Refused(
                Fault(
                    what=f"{schema!r} is no name for a database schema",
                    cure="lower-case letters, digits and _, at most 40, starting with a letter, not ending in _keys",
                    field="database.schema",
                )
            )
        self.url = url
        self.schema = schema
        self._idle: list[tuple[float, Connection]] = []
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(size)
        self._is_closed = False

    def connect(self, *, autocommit: bool = False, name: str = "itda") -> Connection:
        """A connection of one's own; the caller closes it. `name` shows in pg_stat_activity."""
        try:
            connection = psycopg.connect(
                self.url,
                autocommit=True,
                connect_timeout=5,
                application_name=name[:63],
                options=f"-c search_path={self.schema},{keys_schema(self.schema)} -c timezone=UTC",
            )
        except psycopg.OperationalError as error:
            raise Unavailable(f"the database does not answer: {first_line(error)}") from error
        except psycopg.ProgrammingError as error:
            # What the driver says repeats the address, and a password may stand in it.
            cure = "write it as postgresql://USER@HOST/NAME in ITDA_DATABASE, or in itda.yaml under database: url:"
            raise Refused(Fault(what="the database's address cannot be read", cure=cure)) from error
        try:
            _prepare(connection)
            connection.autocommit = autocommit
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def connection(self, *, is_of_one_moment: bool = False) -> Iterator[Connection]:
        """A pooled connection and one transaction: committed at the end of the block, rolled back on any error.

        Where it `is_of_one_moment` all that is read is (repeatable read, said with the transaction's beginning).
        """
        if not self._free.acquire(timeout=10):
            raise Unavailable("every connection to the database is in use")
        try:
            connection = self._take()
            level = psycopg.IsolationLevel.REPEATABLE_READ if is_of_one_moment else None
            if connection.isolation_level is not level:
                connection.isolation_level = level
            try:
                with reported():
                    yield connection
                    connection.commit()
            except BaseException:
                self._put_back_clean(connection)
                raise
            self._keep(connection)
        finally:
            self._free.release()

    def close(self) -> None:
        """Close every idle connection; those in use are closed when they come back."""
        self._is_closed = True
        self._forget_idle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> Connection:
        while True:
            with self._lock:
                if not self._idle:
                    break
                used_at, connection = self._idle.pop()
            if time.monotonic() - used_at < _TRUSTED_IDLE_S and not connection.closed:
                return connection
            try:
                connection.execute("select 1")
                connection.rollback()
            except psycopg.Error:
                connection.close()
            else:
                return connection
        return self.connect()

    def _put_back_clean(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except psycopg.Error:
            connection.close()
        if connection.closed:
            self._forget_idle()  # most likely the server went: none of them lives
        self._keep(connection)

    def _forget_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            if not self._is_closed and not connection.closed:
                self._idle.append((time.monotonic(), connection))
                return
        connection.close()


def _prepare(connection: Connection) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        raise Refused(f"PostgreSQL 16 or newer is needed, this is {connection.info.server_version // 10000}")
    register(connection)
    if connection.execute("show synchronous_commit").fetchall() == [("off",)]:
        connection.execute("set synchronous_commit = on")  # what we acknowledge is durable
