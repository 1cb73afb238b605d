"""What somebody who is signed in does with their own account: codes, password, sessions, and proving it once more."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import argon2
import msgspec

from itda.access.actor import Actor
from itda.access.staffing import StaffRules, weakness
from itda.base.errors import Refused
from itda.base.instant import HOUR, MINUTE
from itda.engine import trail
from itda.engine.people import codes
from itda.engine.people.codes import Beginning
from itda.store.database import Connection, Database
from itda.store.vault import Vault

TRIES = 5
LOCKED = 15 * MINUTE
IDLE = HOUR
FRESH = 5 * MINUTE
"""For how long a proof of who it is counts, where it is asked for again."""
_WRONG = "the code does not fit, or was used already"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who is logged in. `csrf` must come with each of their forms."""

    token: str
    actor: Actor
    csrf: str
    language: str = ""
    lacks: str = ""
    """What is needed before it opens anything: `code` (a one-time code), `enrol` (to set codes up); empty: whole."""
    proved_at: int = 0
    """When who it is was last proved, by password or code."""
    glass_until: int = 0
    """Until when personal values are shown whole because the glass was broken; 0: they are not."""


class SessionView(NamedTuple):
    """One session of a login. `id` is a part of its hash: it names the session and opens nothing."""

    id: str
    created_at: int
    seen_at: int
    address: str


class AccountView(NamedTuple):
    """What somebody sees of their own account."""

    has_codes: bool
    recovery_left: int
    needs_codes: bool
    has_password: bool
    sessions: list[SessionView]


class Account:
    """The part of the staff's door that is about oneself. `rules` are those of the workspace as it is now."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Callable[[], int],
        hasher: argon2.PasswordHasher,
        rules: Callable[[], StaffRules],
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._hasher = hasher
        self._rules = rules
        self._checking = threading.RLock()

    def complete(self, session: Session, code: str) -> None:
        """Make a session whole by a one-time or a recovery code. `Refused` where it does not fit; five lock the login.

        The code is used up, and the session with it when the login gets locked.
        """
        now, login = self._clock(), session.actor.name
        with self._db.connection() as connection:
            row = connection.execute(
                "select lacks, locked_until from session join staff using (login) where token_hash = %s",
                [hashed(session.token)],
            ).fetchone()
            is_in = (
                row is not None and row[0] == "code" and row[1] <= now
                and codes.fits(connection, self._vault, login, code, now)
            )  # fmt: skip
            self._note(connection, "Code", session.actor, now, login=login, decision="allowed" if is_in else "refused")
            if is_in:
                self._whole(connection, session, now)
            elif self._count_failure(connection, login, now):
                connection.execute("delete from session where login = %s and lacks = 'code'", [login])
        if not is_in:
            raise Refused(_WRONG)

    def confirm(self, session: Session, proof: str) -> None:
        """Prove once more who it is: by a code where the login has codes, else by the password."""
        now, login = self._clock(), session.actor.name
        with self._db.connection() as connection:
            row = connection.execute(
                "select password_hash, totp_since, locked_until from staff where login = %s", [login]
            ).fetchone()
        has_codes = row is not None and row[1] is not None
        fits = not has_codes and row is not None and bool(row[0]) and self._fits(row[0], proof)
        with self._db.connection() as connection:
            if has_codes:
                fits = codes.fits(connection, self._vault, login, proof, now)
            is_in = fits and row is not None and row[2] <= now
            self._note(connection, "Confirm", session.actor, now, login=login,
                       decision="allowed" if is_in else "refused")  # fmt: skip
            if is_in:
                self._whole(connection, session, now)
            else:
                self._count_failure(connection, login, now)
        if not is_in:
            raise Refused("that does not prove who you are, or the login is locked for a quarter of an hour")

    def is_fresh(self, session: Session) -> bool:
        """Whether who it is was proved just now."""
        return self._clock() - session.proved_at < FRESH

    def account(self, session: Session) -> AccountView:
        """One's own account."""
        login, now = session.actor.name, self._clock()
        with self._db.connection() as connection:
            row = connection.execute(
                "select totp_since, password_hash from staff where login = %s", [login]
            ).fetchone() or (None, "")
            found = [SessionView(bytes(one[0]).hex()[:16], *one[1:]) for one in connection.execute(
                "select token_hash, created_at, seen_at, address from session where login = %s and expires_at > %s"
                " and seen_at > %s and lacks = '' order by seen_at desc", [login, now, now - IDLE],
            ).fetchall()]  # fmt: skip
            left = codes.left(connection, login)
        needs = self._rules().needs_codes(session.actor.role)
        return AccountView(row[0] is not None, left, needs, bool(row[1]), found)

    def begin_codes(self, session: Session, shop: str, *, is_new: bool) -> Beginning | None:
        """What the phone is told: the secret that waits for its first code, or with `is_new` another one."""
        login = session.actor.name
        with self._db.connection() as connection:
            found = codes.begun(connection, self._vault, login, shop)
            if found is not None or not is_new:
                return found
            self._note(connection, "BeginCodes", session.actor, self._clock(), login=login, decision="allowed")
            return codes.begin(connection, self._vault, login, shop)

    def enrol(self, session: Session, code: str) -> list[str]:
        """Let the codes count from the first one on; the recovery codes, told once. `Refused` where it is wrong."""
        now, login = self._clock(), session.actor.name
        with self._db.connection() as connection:
            made = codes.enrol(connection, self._vault, login, code, now)
            self._note(connection, "EnrolCodes", session.actor, now, login=login,
                       decision="refused" if made is None else "allowed")  # fmt: skip
            if made is not None:
                self._whole(connection, session, now)
        if made is None:
            raise Refused(_WRONG)
        return made

    def drop_codes(self, session: Session) -> None:
        """No one-time codes any more, where the role does not need them."""
        if self._rules().needs_codes(session.actor.role):
            raise Refused("this role needs one-time codes")
        with self._db.connection() as connection:
            codes.forget(connection, session.actor.name)
            self._note(connection, "DropCodes", session.actor, self._clock(), login=session.actor.name,
                       decision="allowed")  # fmt: skip

    def change_password(self, session: Session, old: str, new: str) -> None:
        """A new password; all other sessions end."""
        login, now = session.actor.name, self._clock()
        if why := weakness(new, login):
            raise Refused(why)
        with self._db.connection() as connection:
            row = connection.execute(
                "select password_hash, locked_until from staff where login = %s", [login]
            ).fetchone()
        if row is None or not row[0] or row[1] > now or not self._fits(row[0], old):
            with self._db.connection() as connection:
                self._note(connection, "ChangePassword", session.actor, now, login=login, decision="refused")
                self._count_failure(connection, login, now)
            raise Refused("the former password does not fit")
        with self._checking:
            made = self._hasher.hash(new)
        with self._db.connection() as connection:
            connection.execute("update staff set password_hash = %s where login = %s", [made, login])
            connection.execute(
                "delete from session where login = %s and token_hash <> %s", [login, hashed(session.token)]
            )
            self._note(connection, "ChangePassword", session.actor, now, login=login, decision="allowed")

    def end_session(self, session: Session, named: str) -> None:
        """End one of one's own sessions."""
        login = session.actor.name
        with self._db.connection() as connection:
            connection.execute(
                "delete from session where login = %s and left(encode(token_hash, 'hex'), 16) = %s", [login, named]
            )
            self._note(connection, "EndSession", session.actor, self._clock(), login=login, decision="allowed")

    def _whole(self, connection: Connection, session: Session, now: int) -> None:
        connection.execute(
            "update session set lacks = '', proved_at = %s where token_hash = %s", [now, hashed(session.token)]
        )
        connection.execute("update staff set failed = 0, locked_until = 0 where login = %s", [session.actor.name])

    def _fits(self, kept: str, password: str) -> bool:
        with self._checking:  # each takes 64 MB
            try:
                return self._hasher.verify(kept, password)
            except argon2.exceptions.VerificationError:
                return False

    def _count_failure(self, connection: Connection, login: str, now: int) -> bool:
        """Note a wrong proof; whether the login is locked by it."""
        row = connection.execute(
            "update staff set failed = (failed + 1) %% %s,"
            " locked_until = case when failed + 1 >= %s then %s else locked_until end where login = %s"
            " returning locked_until > %s",
            [TRIES, TRIES, now + LOCKED, login, now],
        ).fetchone()
        return row is not None and bool(row[0])

    def _note(
        self,
        connection: Connection,
        command: str,
        actor: Actor,
        now: int,
        *,
        login: str,
        decision: Literal["allowed", "refused"],
        payload: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        fingerprint = self._vault.fingerprint(login.encode())
        change = trail.Change(
            at=now, actor=actor, command=command, fingerprint=fingerprint, decision=decision, payload=dict(payload)
        )
        trail.write_change(connection, change)


def hashed(token: str) -> bytes:
    """What is kept of a token: whoever reads the table cannot use it."""
    return hashlib.sha256(token.encode()).digest()
