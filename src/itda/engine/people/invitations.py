"""Links by which somebody chooses a password: each works once, for two days. Only their hashes are kept."""

from __future__ import annotations

import secrets

from itda.base.instant import DAY
from itda.engine.people.account import hashed
from itda.store.database import Connection

VALID = 2 * DAY
PATH = "/invitation/"
GONE = "this link was used already, or its time is over; ask for another one"


def invite(connection: Connection, login: str, by: str, at: int) -> str:
    """The token of a new invitation, told once; those made before for the same login end."""
    token = secrets.token_urlsafe(32)
    connection.execute("delete from invitation where login = %s or expires_at <= %s", [login, at])
    connection.execute("insert into invitation values (%s, %s, %s, %s, %s)", [hashed(token), login, by, at, at + VALID])
    return token


def login_of(connection: Connection, token: str, at: int) -> str | None:
    """Whose it is; None where it was used, its time is over, or the login is disabled."""
    row = connection.execute(
        "select login from invitation join staff using (login)"
        " where token_hash = %s and expires_at > %s and disabled_at is null",
        [hashed(token), at],
    ).fetchone()
    return None if row is None else str(row[0])


def use(connection: Connection, token: str, at: int) -> str | None:
    """Use it up; whose it was. None where somebody was faster."""
    row = connection.execute(
        "delete from invitation where token_hash = %s and expires_at > %s returning login", [hashed(token), at]
    ).fetchone()
    return None if row is None else str(row[0])
