"""The key store as a whole: which tables hold keys, and the one way to destroy those of a person.

Keys are truth and not rebuilt. They lie in a schema of their own (`keys_schema`) and are in no backup of the data: they
have a backup of their own, kept for days only, so that a key that was destroyed does not come back with what it opened.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec
from psycopg import sql

from itda.store.arrays import byteas
from itda.store.database import Connection, Database, keys_schema


class Wrapped(msgspec.Struct, frozen=True):
    """A table whose rows hold a key each, in `wrapped_key`."""

    table: str
    key: tuple[str, ...]
    """Its primary key."""
    bound_to: str
    """SQL of what a key is bound to: the fragment, and the retention class or other context."""


WRAPPED = (
    Wrapped("keyring", ("blind", "generation", "retention"), "fragment, retention"),
    Wrapped("intake_key", ("day",), "null::bytea, 'intake ' || day"),
    Wrapped("quarantine_key", ("month",), "null::bytea, 'quarantine ' || month"),
)
TABLES = tuple(one.table for one in WRAPPED)
"""What a backup of keys holds, and a backup of the data does not."""
_DEAD = """
select relname::text from pg_stat_user_tables
where schemaname = %s and relname = any(%s) and pg_relation_size(relid) > 0 and (
  n_dead_tup > 0 or greatest(last_vacuum, last_autovacuum) is null
  or greatest(last_vacuum, last_autovacuum) < greatest(last_analyze, last_autoanalyze)
) order by relname
"""
"""Tables that may hold a deleted row still: one is known of, or nobody can tell.

A crash of the server takes its counts away, and an ANALYZE replaces them by those of a sample, in which few are none.
"""


def destroy(connection: Connection, fragments: Sequence[bytes]) -> int:
    """Delete every key row of these fragments, of every generation and class; how many rows that were.

    What those keys sealed (log, lake, backups) can be opened by nobody once the transaction has ended.
    """
    with connection.pipeline():  # within another's, too, it is carried out here: only then is it counted
        gone = connection.execute("delete from keyring where fragment = any(%b)", [byteas(list(fragments))])
    return gone.rowcount


def clear_out(db: Database) -> list[str]:
    """Have PostgreSQL give the places of destroyed keys free, to be written over; of which tables it did.

    A deleted row stays in its file until that is done, and by itself PostgreSQL waits until a fifth of a table is dead:
    for months, where few are erased of many (PostgreSQL manual 24.1). Nothing is done where surely no row is.
    """
    with db.connection() as connection:
        found = connection.execute(_DEAD, [keys_schema(db.schema), list(TABLES)]).fetchall()
    if found:
        with contextlib.closing(db.connect(autocommit=True, name="itda keys")) as connection:
            for (table,) in found:
                connection.execute(sql.SQL("vacuum (skip_locked, index_cleanup on, truncate off) {}").format(
                    sql.Identifier(keys_schema(db.schema), table)
                ))  # fmt: skip
    return [table for (table,) in found]
