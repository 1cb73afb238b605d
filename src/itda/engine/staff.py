"""Staff: who may come in by the console. Passwords by argon2id (RFC 9106), sessions by random tokens kept as hashes.

Five wrong passwords in a row lock a login for a quarter of an hour. A caller cannot tell a wrong password from an
unknown or locked login, neither by the words nor by the time they take.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeVar

import argon2
import msgspec

from itda.access.actor import STAFF_ROLES, Actor
from itda.base.errors import Fault, Refused
from itda.base.instant import HOUR, MINUTE
from itda.engine import trail
from itda.engine.app import Clock
from itda.store.database import Connection, Database
from itda.store.vault import Vault

TRIES = 5
LOCKED = 15 * MINUTE
IDLE = HOUR
LONGEST = 12 * HOUR
SHORTEST_PASSWORD = 10
MOST_WAITING = 8
"""Logins that are checked or wait for it. A flood of them is refused and holds up no other page."""
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_REFUSAL = "login and password do not fit, or the login is locked for a quarter of an hour"
Proved = TypeVar("Proved")


class Login(NamedTuple):
    """A login of the console and its password."""

    login: str
    password: str


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


class Staff:
    """The logins and sessions of one workspace; thread-safe. One password is checked at a time: each takes 64 MB."""

    def __init__(
        self, db: Database, vault: Vault, clock: Clock, *, hasher: argon2.PasswordHasher | None = None
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._hasher = hasher or argon2.PasswordHasher()
        self._checking = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_WAITING)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    def hire(self, login: str, password: str, role: str, actor: Actor, *, language: str = "") -> None:
        """Make a login, or give an existing one a new password and role; its sessions end."""
        faults = []
        if not _LOGIN.fullmatch(login):
            faults.append(Fault(what=f"{login!r} is no login", cure="lower-case letters, digits and . _ @ + -"))
        if len(password) < SHORTEST_PASSWORD:
            faults.append(Fault(what=f"the password is shorter than {SHORTEST_PASSWORD} characters"))
        if role not in STAFF_ROLES:
            faults.append(Fault(what=f"{role!r} is no role", cure="one of " + ", ".join(STAFF_ROLES)))
        if faults:
            raise Refused(*faults)
        now = self._clock()
        with self._checking:
            hashed = self._hasher.hash(password)
        with self._db.connection() as connection:
            connection.execute(
                "insert into staff (login, password_hash, role, language, created_at) values (%s, %s, %s, %s, %s)"
                " on conflict (login) do update set password_hash = excluded.password_hash, role = excluded.role,"
                " failed = 0, locked_until = 0",
                [login, hashed, role, language, now],
            )
            connection.execute("delete from session where login = %s", [login])
            self._note(connection, "Hire", actor, now, login=login, decision="allowed")

    def first(self, actor: Actor) -> Login | None:
        """The administrator's login, made when nobody has one yet: its password is told only here. Else None."""
        if not self.is_empty():
            return None
        login = Login("admin", "-".join(secrets.token_hex(2) for _ in range(4)))
        self.hire(login.login, login.password, "admin", actor)
        return login

    def is_empty(self) -> bool:
        """Whether nobody has a login yet."""
        with self._db.connection() as connection:
            return connection.execute("select 1 from staff limit 1").fetchone() is None

    def enter(self, login: str, password: str, address: str = "") -> str:
        """A token for a new session; `Refused` when login and password do not fit or the login is locked."""
        actor = Actor(name="", role="none", address=address, system="console")
        return self._proven(
            login, password, actor, lambda connection, one: self._let_in(connection, one, self._clock())
        )

    def prove(self, login: str, password: str, *, system: str = "cli") -> Actor:
        """Who has this login and password, without a session; `Refused` as at `enter`, and counted as there."""
        return self._proven(login, password, Actor(name="", role="none", system=system), lambda _, one: one)

    def _proven(self, login: str, password: str, unknown: Actor, then: Callable[[Connection, Actor], Proved]) -> Proved:
        """What `then` makes of who proved to be this login, in one transaction with the audit."""
        login = login.strip().lower()
        login = login if _LOGIN.fullmatch(login) else ""
        if not self._places.acquire(blocking=False):
            raise Refused(_REFUSAL)
        try:
            made = self._check(login, password, unknown, then)
        finally:
            self._places.release()
        if made is None:
            raise Refused(_REFUSAL)
        return made

    def _check(
        self, login: str, password: str, unknown: Actor, then: Callable[[Connection, Actor], Proved]
    ) -> Proved | None:
        with self._checking:
            now = self._clock()
            with self._db.connection() as connection:
                row = connection.execute(
                    "select password_hash, role, locked_until from staff where login = %s", [login]
                ).fetchone()
            fits = self._fits(row[0] if row else self._nobodys, password)
            is_in = row is not None and fits and row[2] <= now
            actor = msgspec.structs.replace(unknown, name=login if row else "unknown", role=row[1] if row else "none")
            with self._db.connection() as connection:
                self._note(connection, "Login", actor, now, login=login, decision="allowed" if is_in else "refused")
                made = then(connection, actor) if is_in else None
                if is_in:
                    connection.execute("update staff set failed = 0, locked_until = 0 where login = %s", [login])
                elif row is not None and row[2] <= now:
                    self._count_failure(connection, login, now)
        if is_in and row is not None and self._hasher.check_needs_rehash(row[0]):
            self._rehash(login, password)
        return made

    def who(self, token: str, address: str = "") -> Session | None:
        """The session of a token; None when it has ended or never was. `address` is where the request came from."""
        now = self._clock()
        hashed = _hashed(token)
        with self._db.connection() as connection:
            row = connection.execute(
                "select login, role, language, seen_at, lacks, proved_at from session join staff using (login)"
                " where token_hash = %s and expires_at > %s and seen_at > %s",
                [hashed, now, now - IDLE],
            ).fetchone()
            if row is None:
                return None
            login, role, language, seen_at, lacks, proved_at = row
            if now - seen_at > MINUTE:
                connection.execute("update session set seen_at = %s where token_hash = %s", [now, hashed])
        actor = Actor(name=login, role=role, session=hashed.hex()[:16], address=address, system="console")
        csrf = self._vault.token("csrf", hashed)
        return Session(token=token, actor=actor, csrf=csrf, language=language, lacks=lacks, proved_at=proved_at)

    def forbid(self, actor: Actor, page: str) -> None:
        """Write down that somebody asked for a page that their role may not open."""
        look = trail.Access(
            at=self._clock(), actor=actor, question=page, fingerprint=self._vault.fingerprint(page.encode()),
            decision="forbidden",
        )  # fmt: skip
        with self._db.connection() as connection:
            trail.write_access(connection, look)

    def leave(self, token: str) -> None:
        """End a session."""
        now = self._clock()
        with self._db.connection() as connection:
            row = connection.execute(
                "delete from session using staff where session.login = staff.login and token_hash = %s"
                " returning session.login, role, address",
                [_hashed(token)],
            ).fetchone()
            if row is not None:
                actor = Actor(name=row[0], role=row[1], address=row[2], system="console")
                self._note(connection, "Logout", actor, now, login=row[0], decision="allowed")

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except argon2.exceptions.VerificationError:
            return False

    def _let_in(self, connection: Connection, who: Actor, now: int) -> str:
        token = secrets.token_urlsafe(32)
        connection.execute("delete from session where expires_at <= %s or seen_at <= %s", [now, now - IDLE])
        connection.execute(
            "insert into session (token_hash, login, created_at, seen_at, expires_at, address, proved_at)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [_hashed(token), who.name, now, now, now + LONGEST, who.address, now],
        )
        return token

    def _count_failure(self, connection: Connection, login: str, now: int) -> None:
        connection.execute(
            "update staff set failed = (failed + 1) %% %s,"
            " locked_until = case when failed + 1 >= %s then %s else locked_until end where login = %s",
            [TRIES, TRIES, now + LOCKED, login],
        )

    def _rehash(self, login: str, password: str) -> None:
        with self._checking:
            hashed = self._hasher.hash(password)
        with self._db.connection() as connection:
            connection.execute("update staff set password_hash = %s where login = %s", [hashed, login])

    def _note(
        self,
        connection: Connection,
        command: str,
        actor: Actor,
        now: int,
        *,
        login: str,
        decision: Literal["allowed", "refused"],
    ) -> None:
        fingerprint = self._vault.fingerprint(login.encode())
        trail.write_change(
            connection,
            trail.Change(at=now, actor=actor, command=command, fingerprint=fingerprint, decision=decision),
        )


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
