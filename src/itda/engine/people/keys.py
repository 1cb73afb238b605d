"""Keys of machines for the profile API: made with scopes and an end, told once, kept as a hash, revoked at once.

A key is 160 random bits, so that a plain SHA-256 of it is as good as a slow one. Two keys may have one name: a new
one is made, put in place, and the former revoked, and nobody waits. Write keys of sources are something else: they
follow from the workspace key and a source's name, and go as far as the file of that source says.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from typing import Any, NamedTuple

import msgspec

from itda.access.scopes import GRANTS, Scope, scopes_of
from itda.base.errors import Fault, Refused
from itda.base.instant import DAY, HOUR
from itda.store.database import Connection

PREFIX = "ik_"
SOON = 14 * DAY
"""Before its end a key is warned of."""
LONGEST = 400 * DAY
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_COLUMNS = "id, name, scopes, made_by, made_at, expires_at, used_at, revoked_at"


class Found(NamedTuple):
    """Whose key it is, and what it may do."""

    id: str
    name: str
    scopes: frozenset[Scope]


class KeyView(msgspec.Struct, frozen=True):
    """A key as it is listed; the key itself is known to nobody but who holds it. Times are microseconds UTC."""

    id: str
    name: str
    scopes: list[str]
    made_by: str
    made_at: int
    expires_at: int
    used_at: int | None
    """To the hour."""
    revoked_at: int | None


def make(
    connection: Connection, name: str, scopes: tuple[str, ...], by: str, at: int, lasting: int
) -> tuple[KeyView, str]:
    """A new key and how it is listed; the key is told here and never again. `lasting` in microseconds."""
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(Fault(what=f"{name!r} is no name of a key", cure="small letters, digits and . _ -"))
    meant: Any = scopes
    given = scopes_of(meant)
    unknown = sorted(set(scopes) - given - {"read"})
    if unknown or not given:
        what = f"{unknown[0]!r} is no scope" if unknown else "a key without a scope opens nothing"
        faults.append(Fault(what=what, cure="one of read, " + ", ".join(sorted(GRANTS))))
    if not HOUR <= lasting <= LONGEST:
        faults.append(Fault(what="a key lasts an hour at least, and 400 days at most", cure="--expires 90d"))
    if faults:
        raise Refused(*faults)
    made = secrets.token_hex(4)
    key = f"{PREFIX}{made}_" + base64.b32encode(os.urandom(20)).decode().lower()
    row = connection.execute(
        "insert into api_key (id, name, key_hash, scopes, made_by, made_at, expires_at)"
        f" values (%s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}".encode(),
        [made, name, _hashed(key), sorted(given), by, at, at + lasting],
    ).fetchone()
    return KeyView(*(row or ())), key


def find(connection: Connection, key: str, at: int) -> Found | None:
    """Whose key it is; None where it is none, was revoked, or its time is over. Its use is noted by the hour."""
    if not key.startswith(PREFIX):
        return None
    row = connection.execute(
        "select id, name, scopes, used_at from api_key where key_hash = %s and revoked_at is null and expires_at > %s",
        [_hashed(key), at],
    ).fetchone()
    if row is None:
        return None
    if row[3] is None or row[3] < at - at % HOUR:
        connection.execute("update api_key set used_at = %s where id = %s", [at - at % HOUR, row[0]])
    return Found(row[0], row[1], scopes_of(row[2]))


def listed(connection: Connection, *, is_revoked: bool = False) -> list[KeyView]:
    """The keys, those that end first before others; with `is_revoked` also those that open nothing any more."""
    where = "" if is_revoked else "where revoked_at is null"
    rows = connection.execute(f"select {_COLUMNS} from api_key {where} order by expires_at, id".encode()).fetchall()
    return [KeyView(*row) for row in rows]


def revoke(connection: Connection, made: str, at: int) -> KeyView:
    """Let a key open nothing from now on."""
    row = connection.execute(
        f"update api_key set revoked_at = %s where id = %s and revoked_at is null returning {_COLUMNS}".encode(),
        [at, made],
    ).fetchone()
    if row is None:
        raise Refused(Fault(what=f"there is no key {made!r} in force", cure="see itda keys list"))
    return KeyView(*row)


def ending(connection: Connection, at: int) -> list[KeyView]:
    """Keys that end soon, or ended and were used in the two weeks before: somebody may be left standing."""
    return [
        one for one in listed(connection)
        if one.expires_at <= at + SOON and (one.expires_at > at or (one.used_at or 0) > one.expires_at - SOON)
        and one.expires_at > at - SOON
    ]  # fmt: skip


def _hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()
