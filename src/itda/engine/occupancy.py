"""Who serves a workspace: at most one at a time.

The one who serves holds a lock on a file (same folder) and an advisory lock in the database (same data from another
folder). They are released by the operating system and by PostgreSQL when their holder dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import msgspec
import psycopg

from itda.base.errors import Refused
from itda.store.database import Connection, Database

SERVE = 0x17DA01
"""Advisory lock class of the one who serves; the object is the schema's name, hashed."""


class Holder(msgspec.Struct, frozen=True):
    """Who serves a workspace."""

    pid: int
    host: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class FileLock:
    """A lock on a file under `.itda/run`, held until released or until the process ends."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> bool:
        """Hold it alone, if nobody else holds it now."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def write(self, text: str) -> None:
        """Leave a note in the file for who finds it locked."""
        os.ftruncate(self._open(), 0)
        os.pwrite(self._open(), text.encode(), 0)

    def read(self) -> str:
        """The note of whoever holds or held it."""
        return os.pread(self._open(), 4096, 0).decode(errors="replace").strip()

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        if self._fd is None:
            raise ValueError(f"{self._path} was released")
        return self._fd


def serving(run_dir: Path) -> FileLock:
    """The lock of the one who serves from this folder; its note is the process id."""
    return FileLock(run_dir / "serve.lock")


def refuse_second(holder: str) -> Refused:
    """The one line that a second `serve` gets."""
    return Refused(f"this workspace is already served by {holder}; stop it first, or use it as it is")


class ServeLock:
    """The advisory lock of the one who serves, on a connection of its own."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._connection: Connection | None = None

    def take(self) -> None:
        """Hold the lock; `Refused` when another process serves the same data."""
        self.release()
        connection = self._db.connect(autocommit=True, name=f"itda serve {os.getpid()} {socket.gethostname()[:30]}")
        try:
            _lock(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def is_held(self) -> bool:
        """Whether the database still answers on the connection that holds it."""
        if self._connection is None:
            return False
        try:
            self._connection.execute("select 1")
        except psycopg.Error:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _lock(connection: Connection) -> None:
    row = connection.execute("select pg_try_advisory_lock(%s, hashtext(current_schema()))", (SERVE,)).fetchone()
    if row is None or not row[0]:
        raise refuse_second(str(_holder(connection) or "another process"))


def served_by(db: Database) -> Holder | None:
    """Who serves this data now, from whichever folder; None when nobody does."""
    with db.connection() as connection:
        return _holder(connection)


def _holder(connection: Connection) -> Holder | None:
    row = connection.execute(
        "select a.application_name from pg_locks l join pg_stat_activity a using (pid) "
        "where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = %s "
        "and l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid "
        "and l.database = (select oid from pg_database where datname = current_database())",
        (SERVE,),
    ).fetchone()
    if row is None:
        return None
    words = str(row[0]).split()
    if len(words) != 4 or not words[2].isdigit():  # noqa: PLR2004 - the four words written by ServeLock.take
        return Holder(pid=0, host=str(row[0]))
    return Holder(pid=int(words[2]), host=words[3])
