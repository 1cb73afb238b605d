"""From one version of the wrapping key to the next while everything runs: rows are wrapped anew, a portion at a time.

Nobody may write a key under the old version once the new one is made, or that key would be lost with it: a check that
PostgreSQL holds every new row to says so, before the first row is wrapped anew. At the end the same check is validated
over all rows: that proves that nothing needs the old version any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg

from itda.base.errors import Unavailable
from itda.store.arrays import byteas
from itda.store.database import Connection, Database
from itda.store.keys import WRAPPED, Wrapped
from itda.store.reporting import KEY_GUARD as GUARD
from itda.store.vault import NO_FRAGMENT, Unsealable, Vault

PORTION = 2_000
_VERSION = (
    "case when octet_length(wrapped_key) <= 60 then 0"
    " else get_byte(wrapped_key, 0) * 256 + get_byte(wrapped_key, 1) end"
)
_TRIES = 20


def versions(connection: Connection) -> dict[int, int]:
    """How many keys are wrapped by each version of the wrapping key. Reads every key row."""
    found: Counter[int] = Counter()
    for one in WRAPPED:
        query = f"select {_VERSION}, count(*) from {one.table} where wrapped_key is not null group by 1"
        found.update({int(version): int(n) for version, n in connection.execute(query.encode()).fetchall()})
    return dict(sorted(found.items()))


def guard(db: Database, version: int) -> None:
    """From here on no key is written by an earlier version. `Unavailable` where somebody reads keys for too long."""
    for one in WRAPPED:
        text = f"alter table {one.table} drop constraint if exists {GUARD}"
        check = f"alter table {one.table} add constraint {GUARD} check ({_VERSION} >= {version}) not valid"
        for attempt in range(_TRIES):
            try:
                with db.connection() as connection:
                    if _guarded(connection, one.table) >= version:
                        break
                    connection.execute("set local lock_timeout = '250ms'")
                    connection.execute(text.encode())
                    connection.execute(check.encode())
                break
            except (Unavailable, psycopg.errors.LockNotAvailable):
                if attempt == _TRIES - 1:
                    raise


def rewrap(db: Database, vault: Vault, said: Callable[[int], None], portion: int = PORTION) -> int:
    """Wrap anew every key that an earlier version than the newest wrapped; how many. `said` hears how many so far."""
    done = 0
    for one in WRAPPED:
        after: tuple[Any, ...] | None = None
        while True:
            with db.connection() as connection:
                rows = _read(connection, one, after, vault.newest, portion)
                if not rows:
                    break
                done += _write(connection, one, vault, rows)
            after = tuple(rows[-1][: len(one.key)])
            said(done)
    return done


def prove(db: Database) -> bool:
    """Whether no key is left under an earlier version than the guard's: PostgreSQL looks at every row."""
    try:
        for one in WRAPPED:
            with db.connection() as connection:
                connection.execute(f"alter table {one.table} validate constraint {GUARD}".encode())
    except (psycopg.errors.CheckViolation, psycopg.errors.UndefinedObject, Unavailable):
        return False
    return True


def guarded(connection: Connection) -> int:
    """The version that every key written from now on has at least; 0 where no guard stands."""
    return min(_guarded(connection, one.table) for one in WRAPPED)


def _guarded(connection: Connection, table: str) -> int:
    row = connection.execute(
        "select substring(pg_get_constraintdef(oid) from '>= ([0-9]+)') from pg_constraint"
        " where conrelid = %s::regclass and conname = %s",
        [table, GUARD],
    ).fetchone()
    return 0 if row is None else int(row[0])


def _read(
    connection: Connection, one: Wrapped, after: tuple[Any, ...] | None, newest: int, portion: int
) -> list[tuple[Any, ...]]:
    """The next rows by an earlier version: key columns, fragment, context, wrapped key."""
    names = ", ".join(one.key)
    beyond = "" if after is None else f" and ({names}) > ({', '.join(['%s'] * len(one.key))})"
    query = (
        f"select {names}, {one.bound_to}, wrapped_key from {one.table}"
        f" where {_VERSION} < %s{beyond} order by {names} limit %s"
    )
    return connection.execute(query.encode(), [newest, *(after or ()), portion]).fetchall()


def _write(connection: Connection, one: Wrapped, vault: Vault, rows: list[tuple[Any, ...]]) -> int:
    """Write them wrapped anew, as far as they are still what was read. One that does not open is left as it is."""
    old: list[bytes] = []
    new: list[bytes] = []
    for *_, fragment, context, wrapped in rows:
        try:
            again = vault.rewrap(NO_FRAGMENT if fragment is None else fragment, wrapped, context)
        except Unsealable:
            continue
        old.append(wrapped)
        new.append(again)
    last = rows[-1][: len(one.key)]
    first = rows[0][: len(one.key)]
    names = ", ".join(one.key)
    marks = ", ".join(["%s"] * len(one.key))
    query = (
        f"update {one.table} kept set wrapped_key = given.new from unnest(%b, %b) as given (old, new)"
        f" where kept.wrapped_key = given.old and ({names}) >= ({marks}) and ({names}) <= ({marks})"
    )
    return connection.execute(query.encode(), [byteas(old), byteas(new), *first, *last]).rowcount
