"""What a law keeps of people who were erased: sealed under keys of their own, read by nobody but who answers to it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from itda.store import keys
from itda.store.database import Connection
from itda.store.vault import Vault

RETENTION = "legal"
"""The class of the keys."""
_LABEL = "hold"
_KEY = (
    "insert into keyring (blind, generation, retention, fragment, kind, wrapped_key, value_sealed)"
    " values (%s, 0, %s, %s, '', %s, '')"
)
_ADD = "insert into legal_hold values (%s, %s, %s, %s, %s, %s, %s, %s)"
_COLUMNS = "h.id, h.request, h.law, h.what, h.rows, h.held_at, h.until"
_ALL = f"select {_COLUMNS} from legal_hold h order by h.until, h.id limit %s"
_OF = f"select {_COLUMNS} from legal_hold h where h.request = %s order by h.until, h.id"
_OPEN = (
    "select h.sealed, k.wrapped_key from legal_hold h join keyring k on k.fragment = h.id and k.retention = %s"
    " where h.id = %s"
)
_WHOLE = (
    f"select {_COLUMNS}, h.sealed, k.wrapped_key from legal_hold h"
    " join keyring k on k.fragment = h.id and k.retention = %s order by h.until, h.id"
)
_OVER = "delete from legal_hold where until <= %s returning id"


class HoldRow(msgspec.Struct, frozen=True):
    """Something that is kept, without what it says. Times are microseconds UTC."""

    id: bytes
    request: bytes
    law: str
    what: str
    rows: int
    held_at: int
    until: int


def keep(connection: Connection, vault: Vault, row: HoldRow, told: bytes) -> None:
    """Keep something under a new key."""
    key = vault.new_key()
    wrapped = vault.wrap(row.id, key, RETENTION)
    connection.execute(_KEY, [row.id, RETENTION, row.id, wrapped])
    sealed = vault.cipher(key, RETENTION).seal(row.id, _LABEL, told)
    connection.execute(_ADD, [row.id, row.request, row.law, row.what, row.rows, row.held_at, row.until, sealed])


def every(connection: Connection, limit: int = 1_000) -> list[HoldRow]:
    """All that is kept, what goes first at the top."""
    return [HoldRow(*row) for row in connection.execute(_ALL, [limit]).fetchall()]


def of(connection: Connection, request: bytes) -> list[HoldRow]:
    """What is kept of who made a request."""
    return [HoldRow(*row) for row in connection.execute(_OF, [request]).fetchall()]


def opened(connection: Connection, vault: Vault, made: bytes) -> bytes | None:
    """What is kept, in clear; None where there is no such thing, or its time is over."""
    row = connection.execute(_OPEN, [RETENTION, made]).fetchone()
    return None if row is None else vault.unwrap(made, row[1], RETENTION).open(made, _LABEL, row[0])


def whole(connection: Connection, vault: Vault) -> Iterator[tuple[HoldRow, bytes]]:
    """All that is kept, each with what it says, in clear: for who looks for what is kept of one person.

    Read as it is asked for, whatever there is of it in all; until the last one nothing else is asked of the connection.
    """
    with connection.cursor() as cursor:
        for *told, sealed, wrapped in cursor.stream(_WHOLE, [RETENTION]):
            row = HoldRow(*told)
            yield row, vault.unwrap(row.id, wrapped, RETENTION).open(row.id, _LABEL, sealed)


def drop_due(connection: Connection, now: int) -> int:
    """Destroy what has had its time, with its key; how many."""
    gone = [bytes(made) for (made,) in connection.execute(_OVER, [now]).fetchall()]
    if gone:
        keys.destroy(connection, gone)
    return len(gone)


def forget(connection: Connection, request: bytes) -> None:
    """Take back what was kept for a request, to keep it anew: a step that is done twice keeps it once."""
    found = connection.execute("delete from legal_hold where request = %s returning id", [request]).fetchall()
    if found:
        keys.destroy(connection, [bytes(made) for (made,) in found])
