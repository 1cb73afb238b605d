"""Databases that sources are read from: SQLite, PostgreSQL, MySQL and MariaDB, each by its own driver, read only.

One statement reads everything that is new in one snapshot, row after row, so that memory does not grow with it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
import psycopg

from itda.base.errors import Fault, Refused, Unavailable
from itda.sources import marks
from itda.sources.fetched import plain
from itda.sources.marks import Mark, MarkType
from itda.sources.origins import DatabaseOrigin
from itda.store.reporting import first_line

AT_ONCE = 2_000
"""Rows that come over the wire together."""
_CONNECT_S = 10
_SILENT_S = 600
"""A MySQL server that says nothing for so long is away."""
_MYSQL_CLIENT = 2_000
_MYSQL_BUSY = frozenset({1040, 1158, 1159, 1160, 1161, 1205, 1213})
"""Error numbers of MySQL's server after which the same may go well: too many connections, network, lock waits."""


Reading = Generator[tuple[Any, Sequence[Any]], None, None]
"""Rows: the value of the cursor column, and the values of the columns asked for."""


class Cursor(Protocol):
    """What PEP 249 says of cursors, as far as we need it."""

    @property
    def description(self) -> Any:
        """The columns of the last statement."""
        ...

    def execute(self, statement: Any, values: Any = ..., /) -> Any:
        """Run a statement."""
        ...

    def fetchmany(self, size: int, /) -> Sequence[Any]:
        """The next rows."""
        ...

    def close(self) -> None:
        """Done."""
        ...


class Opened(msgspec.Struct, frozen=True):
    """A database that answers. `stream` opens a cursor whose rows stay with the server until they are asked for."""

    cursor: Callable[[], Cursor]
    stream: Callable[[], Cursor]
    quote: str
    sign: str
    """What stands for a value in a statement."""


class Table:
    """The table or query of a source."""

    def __init__(self, opened: Opened, origin: DatabaseOrigin) -> None:
        self._opened = opened
        self._by = self.quoted(origin.cursor)
        table = ".".join(map(self.quoted, origin.table.split(".")))
        self._from = table if origin.table else f"({origin.query}) itda"

    def quoted(self, name: str) -> str:
        """A name as this database writes it, whatever is in it."""
        sign = self._opened.quote
        return sign + name.replace(sign, sign * 2) + sign

    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        with contextlib.closing(self._opened.cursor()) as cursor:
            cursor.execute(f"select * from {self._from} where 1 = 0")
            return tuple(str(column[0]) for column in cursor.description)

    def like(self) -> MarkType | None:
        """Of what type the cursor's values are; None where there are no rows. `ValueError`: they have no order."""
        with contextlib.closing(self._opened.cursor()) as cursor:
            cursor.execute(f"select {self._by} from {self._from} where {self._by} is not null limit 1")
            found = cursor.fetchmany(1)
            return marks.of(plain(found[0][0])).type if found else None

    def unordered(self) -> int:
        """Rows without a value of the cursor, which no reading meets."""
        with contextlib.closing(self._opened.cursor()) as cursor:
            cursor.execute(f"select count(*) from {self._from} where {self._by} is null")
            return int(cursor.fetchmany(1)[0][0])

    def rows(
        self, columns: Sequence[str], group: str, begin: Mark | None
    ) -> Generator[tuple[Any, Sequence[Any]], None, None]:
        """From the cursor's value on, in its order and then by group: that value, and the values of the columns."""
        chosen = ", ".join([self._by, *map(self.quoted, columns)])
        order = f"{self._by}, {self.quoted(group)}" if group else self._by
        before, after = f"select {chosen} from {self._from} where {self._by}", f" order by {order}"
        if begin is None:
            statement = f"{before} is not null{after}"
        elif self._opened.sign == "%s":  # what is no value's place is written twice wherever values are given
            statement = f"{before.replace('%', '%%')} >= %s{after.replace('%', '%%')}"
        else:
            statement = f"{before} >= {self._opened.sign}{after}"
        with contextlib.closing(self._opened.stream()) as cursor:
            cursor.execute(statement, *([(self._given(begin),)] if begin is not None else []))
            while rows := cursor.fetchmany(AT_ONCE):
                for row in rows:
                    yield row[0], row[1:]

    def _given(self, mark: Mark) -> Any:
        value = mark.value
        # SQLite has no decimals (its datatypes, section 2): a number that is not whole is a double there.
        return float(value) if isinstance(value, Decimal) and self._opened.sign == "?" else value


@contextlib.contextmanager
def opened(origin: DatabaseOrigin, password: str, file: str) -> Iterator[Table]:
    """The table of a source, for one reading. `file` is the source's, to be named where it is wrong."""
    opening = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql}[origin.dialect]
    with opening(origin, password, file) as database:
        yield Table(database, origin)


@contextlib.contextmanager
def _sqlite(origin: DatabaseOrigin, _password: str, file: str) -> Iterator[Opened]:
    path = Path(origin.url)
    try:
        # The path as a URI, so that the file is neither made nor changed (SQLite's URI file names, `mode=ro`).
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_CONNECT_S)) as database:
            yield Opened(database.cursor, database.cursor, '"', "?")
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Unavailable(f"{path.name}: {error}") from error
        raise _refused(error, file) from error
    except sqlite3.DatabaseError as error:
        raise _refused(error, file) from error


@contextlib.contextmanager
def _postgresql(origin: DatabaseOrigin, password: str, file: str) -> Iterator[Opened]:
    extra: dict[str, Any] = {"application_name": "itda source"} | ({"password": password} if password else {})
    try:
        with psycopg.connect(origin.url, connect_timeout=_CONNECT_S, **extra) as database:
            database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            database.read_only = True
            yield Opened(database.cursor, lambda: database.cursor("itda"), '"', "%s")
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable(f"the database does not answer: {first_line(error)}") from error
    except psycopg.Error as error:
        raise _refused(error, file) from error


@contextlib.contextmanager
def _mysql(origin: DatabaseOrigin, password: str, file: str) -> Iterator[Opened]:
    try:
        import pymysql  # noqa: PLC0415 - an extra
        from pymysql.cursors import SSCursor  # noqa: PLC0415
    except ImportError:
        cure = "pip install 'itda[mysql]'"
        raise Refused(Fault(what="MySQL needs a driver that is not installed", cure=cure, file=file)) from None

    class Stream(SSCursor):  # type: ignore[misc]  # the driver has no types
        """Rows as they are asked for; what is left of them when it is closed goes with the connection."""

        def close(self) -> None:
            self._result = None
            super().close()

    parts = urlsplit(origin.url)
    asked = dict(parse_qsl(parts.query))
    secure: dict[str, Any] = {"ssl_ca": asked["ssl_ca"], "ssl_verify_identity": True} if "ssl_ca" in asked else {}
    try:
        database = pymysql.connect(
            host=parts.hostname, port=parts.port or 3306, user=unquote(parts.username or ""), password=password,
            database=unquote(parts.path.strip("/")), charset="utf8mb4", connect_timeout=_CONNECT_S,
            read_timeout=_SILENT_S, autocommit=False, **secure,
        )  # fmt: skip
        with contextlib.closing(database):
            with database.cursor() as cursor:
                cursor.execute("set time_zone = '+00:00'")
                cursor.execute("set transaction isolation level repeatable read")
                cursor.execute("start transaction with consistent snapshot, read only")
            yield Opened(database.cursor, lambda: database.cursor(Stream), "`", "%s")
    except pymysql.err.Error as error:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else _MYSQL_CLIENT
        if code >= _MYSQL_CLIENT or code in _MYSQL_BUSY:
            raise Unavailable(f"the database does not answer: {_said(error)}") from error
        raise _refused(error, file) from error


def _refused(error: Exception, file: str) -> Refused:
    cure = "see database: in the source's file, and what its user may read"
    return Refused(Fault(what=f"the database says: {_said(error)}", cure=cure, file=file))


def _said(error: Exception) -> str:
    """What a driver says, in one line; MySQL's errors hold a number and a text."""
    last = error.args[-1] if error.args else ""
    return first_line(last if isinstance(last, str) else error)
