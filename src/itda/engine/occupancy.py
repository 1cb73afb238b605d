"""Who serves a workspace: each role of it is served by at most one at a time.

Who serves a role holds a lock on a file (same folder) and an advisory lock in the database (same data from another
folder). They are released by the operating system and by PostgreSQL when their holder dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psycopg

from itda.base.errors import Fault, Refused
from itda.store.database import Connection, Database

ROLES = ("doors", "pipeline", "decider", "compactor")
"""What serving consists of: one process each."""
SERVE = 0x17DA01
"""Advisory lock class of who serves; the object is the schema's name and the role, hashed."""


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


def serving(run_dir: Path, role: str) -> FileLock:
    """The lock of who serves a role from this folder; its note is the process id."""
    return FileLock(run_dir / f"{role}.lock")


def refuse_second(role: str, holder: str) -> Refused:
    """The one line that a second `serve` gets."""
    return Refused(
        Fault(what=f"the {role} of this workspace: already served by {holder}",
              cure="stop it first, use it as it is, or serve other roles here with --role")
    )  # fmt: skip


class ServeLock:
    """The advisory locks of who serves these roles, on a connection of their own."""

    def __init__(self, db: Database, roles: Sequence[str]) -> None:
        self._db = db
        self._roles = roles
        self._connection: Connection | None = None

    def take(self) -> None:
        """Hold the locks; `Refused` when another process serves one of the roles over the same data."""
        self.release()
        connection = self._db.connect(autocommit=True, name=f"itda serve {os.getpid()} {socket.gethostname()[:30]}")
        try:
            for role in self._roles:
                _lock(connection, role)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def is_held(self) -> bool:
        """Whether the database still answers on the connection that holds them."""
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


def _lock(connection: Connection, role: str) -> None:
    row = connection.execute(
        "select pg_try_advisory_lock(%s, hashtext(current_schema() || ' ' || %s))", (SERVE, role)
    ).fetchone()
    if row is None or not row[0]:
        raise refuse_second(role, str(_holders(connection).get(role, "another process")))


def holders(db: Database) -> dict[str, Holder]:
    """Who serves which role of this data now, from whichever folder; a role that nobody serves is missing."""
    with db.connection() as connection:
        return _holders(connection)


def server(db: Database) -> str | None:
    """Who serves this data, None when nobody does. Where several do, with the roles of each."""
    roles: dict[str, list[str]] = {}
    for role, holder in holders(db).items():
        roles.setdefault(str(holder), []).append(role)
    if len(roles) == 1 and len(*roles.values()) == len(ROLES):
        return next(iter(roles))
    return ", ".join(f"{holder} ({', '.join(held)})" for holder, held in roles.items()) or None


def _holders(connection: Connection) -> dict[str, Holder]:
    rows = connection.execute(
        "select role, a.application_name from unnest(%s::text[]) with ordinality roles (role, nth)"
        " join pg_locks l on l.objid = (hashtext(current_schema() || ' ' || role)::bigint & 4294967295)::oid"
        " join pg_stat_activity a using (pid)"
        " where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = %s"
        " and l.database = (select oid from pg_database where datname = current_database()) order by nth",
        (list(ROLES), SERVE),
    ).fetchall()
    return {str(role): _holder(str(name)) for role, name in rows}


def _holder(name: str) -> Holder:
    words = name.split()
    if len(words) != 4 or not words[2].isdigit():  # noqa: PLR2004 - the four words written by ServeLock.take
        return Holder(pid=0, host=name)
    return Holder(pid=int(words[2]), host=words[3])
