"""Who asked to be let into the privacy centre, and who is in, in PostgreSQL. Times are microseconds UTC."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.store.arrays import byteas
from itda.store.database import Connection

_ASK = """
insert into centre_proof (id, fragment, code_hash, link_hash, session, asked_at, expires_at)
values (%s, %s, %s, %s, %s, %s, %s)
"""
_PROOF = (
    "select id, fragment, code_hash, session, expires_at, tries, used_at from centre_proof where {} = %s for update"
)
_BY_ID, _BY_LINK = _PROOF.format("id"), _PROOF.format("link_hash")
_FORGET = (
    "delete from centre_proof where expires_at <= %s",
    "delete from centre_session where expires_at <= %s",
)
_OPEN = "insert into centre_session values (%s, %b, %s, %s, %s)"
_SESSION = "select fragments, opened_at, seen_at from centre_session where token_hash = %s and expires_at > %s"


class Proof(msgspec.Struct, frozen=True):
    """A code and a link that were sent. `fragment` is None where nobody has the address."""

    id: bytes
    fragment: bytes | None
    code_hash: bytes
    session: bytes | None
    expires_at: int
    tries: int
    used_at: int | None


class Visit(msgspec.Struct, frozen=True):
    """Somebody who is in, with the addresses they proved."""

    fragments: list[bytes]
    opened_at: int
    seen_at: int


def ask(connection: Connection, proof: Proof, link_hash: bytes, now: int) -> None:
    """Note that a code was asked for, and forget whatever is over."""
    for statement in _FORGET:
        connection.execute(statement.encode(), [now])
    connection.execute(
        _ASK, [proof.id, proof.fragment, proof.code_hash, link_hash, proof.session, now, proof.expires_at]
    )


def asked(connection: Connection, name: bytes, *, is_link: bool) -> Proof | None:
    """What was asked for, locked until the transaction ends, by its id or by the hash of its link."""
    row = connection.execute((_BY_LINK if is_link else _BY_ID).encode(), [name]).fetchone()
    return None if row is None else Proof(*row)


def tried(connection: Connection, proof: bytes) -> None:
    """Count one more try at a code."""
    connection.execute("update centre_proof set tries = tries + 1 where id = %s", [proof])


def used(connection: Connection, proof: bytes, now: int) -> None:
    """A proof was given: code and link are good no more."""
    connection.execute("update centre_proof set used_at = %s where id = %s", [now, proof])


def open_visit(connection: Connection, name: bytes, fragments: Sequence[bytes], now: int, until: int) -> None:
    """Let somebody in under the hash of their token."""
    connection.execute(_OPEN, [name, byteas(list(fragments)), now, now, until])


def visit(connection: Connection, name: bytes, now: int) -> Visit | None:
    """Who is in under this hash; None where nobody is any more."""
    row = connection.execute(_SESSION, [name, now]).fetchone()
    return None if row is None else Visit([bytes(one) for one in row[0]], row[1], row[2])


def seen(connection: Connection, name: bytes, now: int, until: int) -> None:
    """Somebody is still there; their visit lasts until then."""
    connection.execute(
        "update centre_session set seen_at = %s, expires_at = %s where token_hash = %s", [now, until, name]
    )


def close(connection: Connection, name: bytes) -> None:
    """End a visit."""
    connection.execute("delete from centre_session where token_hash = %s", [name])
