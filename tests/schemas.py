"""Schemas for tests, used again: making one costs the server more than most tests do."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import psycopg
from psycopg import sql
from tests import looks

from itda.base.errors import ItdaError
from itda.store import migrate
from itda.store.database import Connection, Database, keys_schema

_SHAPE = """
select (select array_agg(relname::text || relkind::text order by relname) from pg_class
        where relnamespace in (%(schema)s::regnamespace, %(keys)s::regnamespace) and not relispartition),
       (select count(*) from pg_attribute a join pg_class c on c.oid = attrelid
        where relnamespace in (%(schema)s::regnamespace, %(keys)s::regnamespace) and not relispartition and not attisdropped),
       (select array_agg(conname::text order by conname) from pg_constraint c join pg_class r on r.oid = conrelid
        where relnamespace in (%(schema)s::regnamespace, %(keys)s::regnamespace) and not relispartition),
       (select array_agg(tgname::text || tgenabled::text order by tgname) from pg_trigger t
        join pg_class r on r.oid = tgrelid where relnamespace = %(schema)s::regnamespace and not relispartition),
       (select array_agg(proname::text || md5(prosrc) order by proname) from pg_proc
        where pronamespace = %(schema)s::regnamespace)
"""
_SMALL = 1 << 16
"""Bytes of a table whose rows are rather deleted: to empty it at once makes new files of it and its indexes."""
_PATIENCE = "set local lock_timeout = '500ms'; set local session_replication_role = replica"


class Schemas:
    """Fresh schemas on one server. One that comes back as it was made, but for its rows, is emptied and given again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count()
        self._clean: list[str] = []
        self._shape: Any = None
        self._first_rows: dict[str, list[Any]] = {}
        self._kept: Database | None = None

    def place(self) -> Database:
        """A database whose schema does not exist yet."""
        return Database(self._url, f"test_{next(self._numbers)}")

    def take(self) -> Database:
        """A database with a fresh schema."""
        if self._clean:
            return Database(self._url, self._clean.pop())
        db = self.place()
        migrate.fresh(db)
        if self._shape is None:
            with db.connection() as connection:
                self._shape = _shape(connection, db.schema)
                self._first_rows = {
                    table: rows for table in _tables(connection, db.schema) if (rows := _rows(connection, table))
                }
        return db

    def give_back(self, db: Database) -> None:
        """Empty a schema for the next test, or drop it where a test changed more than rows."""
        db.close()
        named_nobody: list[str] = []
        with contextlib.suppress(psycopg.Error, ItdaError), self._keeper().connection() as connection:
            if self._emptied(connection, db.schema, named_nobody):
                self._clean.append(db.schema)
        if db.schema not in self._clean:
            with Database(self._url, db.schema) as dropping:
                migrate.drop(dropping)
        assert named_nobody == [], "they told of somebody, and their row of the access log names nobody"

    def close(self) -> None:
        """Close what is kept open."""
        if self._kept is not None:
            self._kept.close()

    def _keeper(self) -> Database:
        """Whoever empties schemas keeps their connection: a new one learns the catalogue anew, in many milliseconds."""
        if self._kept is None:
            self._kept = Database(self._url, "keeper")
        return self._kept

    def _emptied(self, connection: Connection, schema: str, named_nobody: list[str]) -> bool:
        connection.execute(_PATIENCE)
        connection.execute("select set_config('search_path', %s, true)", [f"{schema},{keys_schema(schema)}"])
        if _shape(connection, schema) != self._shape:
            return False
        named_nobody += looks.unnamed(connection)
        tables = _tables(connection, schema)
        for table in _partitions(connection, schema):
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(table)))
        has_rows = sql.SQL(" union all ").join(
            sql.SQL(
                "select {name}, pg_relation_size({name}) from (values (1)) v where exists (select from {table})"
            ).format(name=table, table=sql.Identifier(table))
            for table in tables
        )
        filled = connection.execute(has_rows).fetchall()
        if large := [table for table, size in filled if size > _SMALL]:
            every = sql.SQL(", ").join(map(sql.Identifier, large))
            connection.execute(sql.SQL("truncate {} cascade").format(every))
        if small := [table for table, size in filled if size <= _SMALL]:
            deletes = [sql.SQL("delete from {}").format(sql.Identifier(table)) for table in small]
            connection.execute(sql.SQL("; ").join(deletes))
        connection.execute(
            "select setval(oid, 1, false) from pg_class where relnamespace = %s::regnamespace and relkind = 'S'",
            [schema],
        )
        for table, rows in self._first_rows.items():
            marks = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
            for row in rows:
                connection.execute(sql.SQL("insert into {} values ({})").format(sql.Identifier(table), marks), row)
        return True


def _shape(connection: Connection, schema: str) -> Any:
    return connection.execute(_SHAPE, {"schema": schema, "keys": keys_schema(schema)}).fetchone()


def _tables(connection: Connection, schema: str) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "select relname::text from pg_class where relnamespace in (%s::regnamespace, %s::regnamespace)"
            " and relkind in ('r', 'p') and not relispartition",
            [schema, keys_schema(schema)],
        )
    ]


def _partitions(connection: Connection, schema: str) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "select relname::text from pg_class where relnamespace = %s::regnamespace and relkind = 'r'"
            " and relispartition",
            [schema],
        )
    ]


def _rows(connection: Connection, table: str) -> list[Any]:
    return connection.execute(sql.SQL("select * from {}").format(sql.Identifier(table))).fetchall()
