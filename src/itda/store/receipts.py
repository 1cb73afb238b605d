"""Who is to be told of a request, in PostgreSQL: what they are told is sealed, and gone once they know it."""

from __future__ import annotations

import secrets

import msgspec

from itda.store import keys
from itda.store.database import Connection
from itda.store.vault import Vault

RETENTION = "receipt"
"""The class of the keys."""
_LABEL = "receipt"
_KEY = (
    "insert into keyring (blind, generation, retention, fragment, kind, wrapped_key, value_sealed)"
    " values (%s, 0, %s, %s, '', %s, '')"
)
_ADD = (
    "insert into receipt (request, destination, key, sealed, next_at) values (%s, %s, %s, %s, %s)"
    " on conflict (request, destination) do nothing returning key"
)
_COLUMNS = "r.request, r.destination, r.key, r.tries, r.next_at, r.told_at, r.proof"
_OF = f"select {_COLUMNS} from receipt r where r.request = %s order by r.destination"
_DUE = (
    f"select {_COLUMNS} from receipt r where r.told_at is null and r.sealed is not null and r.next_at <= %s"
    " order by r.next_at limit %s"
)
_OPEN = (
    "select r.sealed, k.wrapped_key from receipt r join keyring k on k.fragment = r.key and k.retention = %s"
    " where r.request = %s and r.destination = %s"
)
_WORDS = "select wrapped_key from keyring where retention = %s and fragment = %s"
_TOLD = (
    "update receipt set told_at = %s, proof = %s, sealed = null where request = %s and destination = %s"
    " and told_at is null returning key"
)
_LATER = (
    "update receipt set tries = tries + 1, next_at = %s, proof = %s where request = %s and destination = %s"
    " and told_at is null"
)
_WITHDRAWN = "delete from receipt where told_at is null and request = %s and destination = %s returning key"
_GIVEN_UP = "update receipt set sealed = null where told_at is null and request = %s and destination = %s returning key"


class ReceiptRow(msgspec.Struct, frozen=True):
    """Somebody who is to be told, or was. Times are microseconds UTC."""

    request: bytes
    destination: str
    """Of processors.yaml; empty: the person."""
    key: bytes
    tries: int
    next_at: int
    told_at: int | None
    proof: str


def add(connection: Connection, vault: Vault, request: bytes, destination: str, told: bytes, at: int) -> None:
    """Note whom to tell and what; once."""
    made, key = secrets.token_bytes(16), vault.new_key()
    sealed = vault.cipher(key, RETENTION).seal(made, _LABEL, told)
    if connection.execute(_ADD, [request, destination, made, sealed, at]).fetchone() is not None:
        _keep(connection, vault, made, key)


def words(connection: Connection, vault: Vault, request: bytes, said: bytes) -> bytes:
    """What somebody says of whom nothing is held, sealed under a key of its own: that of the request's id."""
    key = vault.new_key()
    _keep(connection, vault, request, key)
    return vault.cipher(key, RETENTION).seal(request, _LABEL, said)


def words_opened(connection: Connection, vault: Vault, request: bytes, sealed: bytes) -> bytes | None:
    """What `words` sealed; None once its key is destroyed, or where there never was one."""
    found = connection.execute(_WORDS, [RETENTION, request]).fetchone()
    return None if found is None else vault.unwrap(request, found[0], RETENTION).open(request, _LABEL, sealed)


def of(connection: Connection, request: bytes) -> list[ReceiptRow]:
    """Whom a request is told to."""
    return [ReceiptRow(*row) for row in connection.execute(_OF, [request]).fetchall()]


def due(connection: Connection, now: int, most: int = 1_000) -> list[ReceiptRow]:
    """Those who are to be told now, or again."""
    return [ReceiptRow(*row) for row in connection.execute(_DUE, [now, most]).fetchall()]


def opened(connection: Connection, vault: Vault, row: ReceiptRow) -> bytes | None:
    """What they are to be told; None once they know it."""
    found = connection.execute(_OPEN, [RETENTION, row.request, row.destination]).fetchone()
    if found is None or found[0] is None:
        return None
    return vault.unwrap(row.key, found[1], RETENTION).open(row.key, _LABEL, found[0])


def told(connection: Connection, request: bytes, destination: str, proof: str, at: int) -> bool:
    """They know; what they were told is destroyed. False where they knew already."""
    found = connection.execute(_TOLD, [at, proof, request, destination]).fetchone()
    if found is not None:
        keys.destroy(connection, [bytes(found[0])])
    return found is not None


def later(connection: Connection, row: ReceiptRow, next_at: int, why: str) -> None:
    """They could not be told; once more then."""
    connection.execute(_LATER, [next_at, why, row.request, row.destination])


def give_up(connection: Connection, row: ReceiptRow) -> None:
    """What they were to be told is destroyed, though they never heard it."""
    found = connection.execute(_GIVEN_UP, [row.request, row.destination]).fetchone()
    if found is not None:
        keys.destroy(connection, [bytes(found[0])])


def withdraw(connection: Connection, row: ReceiptRow) -> None:
    """What they were to be told is not so any more: it is destroyed, and they may be told something else."""
    found = connection.execute(_WITHDRAWN, [row.request, row.destination]).fetchone()
    if found is not None:
        keys.destroy(connection, [bytes(found[0])])


def _keep(connection: Connection, vault: Vault, made: bytes, key: bytes) -> None:
    connection.execute(_KEY, [made, RETENTION, made, vault.wrap(made, key, RETENTION)])
