"""One-time codes from a phone (TOTP, RFC 6238) and the recovery codes for who lost it.

Six digits, thirty seconds a step, SHA-1 as every authenticator has it. A code of the step before or after counts too
(RFC 6238 §5.2), and each step once only: what was read over a shoulder is worth nothing (§5.2). The secret is sealed
under the workspace key; of recovery codes only hashes are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

import msgspec

from itda.base.errors import Refused
from itda.base.instant import SECOND
from itda.store.database import Connection
from itda.store.vault import NO_FRAGMENT, Cipher, Vault

STEP_S = 30
DRIFT = 1
"""Steps by which a phone's clock may be off."""
RECOVERIES = 10
_LABEL = "totp:"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Beginning(msgspec.Struct, frozen=True):
    """What a phone is told, once: the secret in base32, and the address that is drawn as a QR code."""

    secret: str
    uri: str


def begin(connection: Connection, vault: Vault, login: str, shop: str) -> Beginning:
    """A new secret for a login, which counts from its first code on; until then the former one does not any more."""
    import pyotp  # noqa: PLC0415 - seldom

    secret = pyotp.random_base32()
    sealed = _cipher(vault).seal(NO_FRAGMENT, _LABEL + login, secret.encode())
    connection.execute(
        "update staff set totp_sealed = %s, totp_since = null, totp_step = 0 where login = %s", [sealed, login]
    )
    return Beginning(secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=f"Itda {shop}"))


def begun(connection: Connection, vault: Vault, login: str, shop: str) -> Beginning | None:
    """The secret that waits for its first code, as `begin` told it; None where none does."""
    import pyotp  # noqa: PLC0415 - seldom

    row = connection.execute("select totp_sealed, totp_since from staff where login = %s", [login]).fetchone()
    if row is None or row[0] is None or row[1] is not None:
        return None
    secret = _opened(vault, login, row[0])
    return Beginning(secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=f"Itda {shop}"))


def enrol(connection: Connection, vault: Vault, login: str, code: str, at: int) -> list[str] | None:
    """Let the secret that was begun count from now on: its recovery codes, told once. None where the code is wrong."""
    row = connection.execute(
        "select totp_sealed, totp_since, totp_step from staff where login = %s for update", [login]
    ).fetchone()
    if row is None or row[0] is None or row[1] is not None:
        raise Refused("one-time codes are not being set up")
    step = _step(_opened(vault, login, row[0]), code, at, row[2])
    if step is None:
        return None
    connection.execute("update staff set totp_since = %s, totp_step = %s where login = %s", [at, step, login])
    return renew_recovery(connection, login)


def renew_recovery(connection: Connection, login: str) -> list[str]:
    """New recovery codes in place of all others, told once."""
    made = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3)) for _ in range(RECOVERIES)]
    connection.execute("delete from staff_recovery where login = %s", [login])
    for code in made:
        connection.execute("insert into staff_recovery values (%s, %s)", [login, _hashed(code)])
    return made


def fits(connection: Connection, vault: Vault, login: str, code: str, at: int) -> bool:
    """Whether this is a code of now that was not used, or a recovery code; it is used up by asking."""
    row = connection.execute(
        "select totp_sealed, totp_step from staff where login = %s and totp_since is not null for update", [login]
    ).fetchone()
    if row is None or row[0] is None:
        return False
    step = _step(_opened(vault, login, row[0]), code, at, row[1])
    if step is not None:
        connection.execute("update staff set totp_step = %s where login = %s", [step, login])
        return True
    used = connection.execute("delete from staff_recovery where login = %s and code_hash = %s", [login, _hashed(code)])
    return used.rowcount == 1


def forget(connection: Connection, login: str) -> None:
    """No codes any more, and none is asked for unless the role needs them."""
    connection.execute(
        "update staff set totp_sealed = null, totp_since = null, totp_step = 0 where login = %s", [login]
    )
    connection.execute("delete from staff_recovery where login = %s", [login])


def left(connection: Connection, login: str) -> int:
    """How many recovery codes are left."""
    row = connection.execute("select count(*) from staff_recovery where login = %s", [login]).fetchone()
    return int(row[0]) if row else 0


def _step(secret: str, code: str, at: int, used: int) -> int | None:
    """The step of time whose code this is, after the last one used; None where it is none."""
    import pyotp  # noqa: PLC0415 - seldom

    told = "".join(code.split())
    if len(told) != 6 or not (told.isascii() and told.isdigit()):  # noqa: PLR2004 - digits
        return None
    now = at // (STEP_S * SECOND)
    counted: Any = pyotp.HOTP(secret)
    return next(
        (
            step
            for step in range(max(used + 1, now - DRIFT), now + DRIFT + 1)
            if hmac.compare_digest(counted.at(step), told)
        ),
        None,
    )


def _cipher(vault: Vault) -> Cipher:
    return vault.cipher(vault.seed("staff codes"), "staff")


def _opened(vault: Vault, login: str, sealed: bytes) -> str:
    return _cipher(vault).open(NO_FRAGMENT, _LABEL + login, sealed).decode()


def _hashed(code: str) -> bytes:
    return hashlib.sha256("".join(letter for letter in code.lower() if letter.isalnum()).encode()).digest()
