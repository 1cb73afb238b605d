"""Staff: who may come in by the console. Passwords by argon2id (RFC 9106), sessions by random tokens kept as hashes.

Five wrong passwords in a row lock a login for a quarter of an hour. A caller cannot tell a wrong password from an
unknown or locked login, neither by the words nor by the time they take.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeVar

import argon2
import msgspec

from itda.access.actor import ROLES, STAFF_ROLES, Actor
from itda.access.staffing import StaffRules, weakness
from itda.base.errors import Fault, Refused
from itda.base.instant import HOUR, MINUTE
from itda.engine import trail
from itda.engine.app import Clock
from itda.engine.people import codes, invitations
from itda.engine.people.account import IDLE, LOCKED, TRIES, Account, Session, hashed
from itda.engine.people.outside import Known, Outside
from itda.store.database import Connection, Database
from itda.store.vault import NO_FRAGMENT, Vault

__all__ = ["IDLE", "LOCKED", "LONGEST", "MOST_WAITING", "TRIES", "Login", "Session", "Staff"]

LONGEST = 12 * HOUR
MOST_WAITING = 8
"""Logins that are checked or wait for it. A flood of them is refused and holds up no other page."""
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_END = "where a session ends"
_REFUSAL = "login and password do not fit, or the login is locked for a quarter of an hour"
Proved = TypeVar("Proved")


class Login(NamedTuple):
    """A login of the console and its password."""

    login: str
    password: str


class Staff(Account):
    """The logins and sessions of one workspace; thread-safe. One password is checked at a time: each takes 64 MB."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock,
        *,
        hasher: argon2.PasswordHasher | None = None,
        rules: Callable[[], StaffRules] = StaffRules,
    ) -> None:
        super().__init__(db, vault, clock, hasher or argon2.PasswordHasher(), rules)
        self._places = threading.BoundedSemaphore(MOST_WAITING)
        self._nobodys = _nobodys(self._hasher)
        self._sealing = vault.cipher(vault.seed("staff sessions"), "staff")
        self._known_outside: Outside | None = None

    def hire(self, login: str, password: str, role: str, actor: Actor, *, language: str = "") -> None:
        """Make a login, or give an existing one a new password and role; its sessions end."""
        faults = login_faults(login, role)
        if why := weakness(password, login):
            faults.append(Fault(what=why))
        if faults:
            raise Refused(*faults)
        now = self._clock()
        with self._checking:
            made = self._hasher.hash(password)
        with self._db.connection() as connection:
            connection.execute(
                "insert into staff (login, password_hash, role, language, created_at) values (%s, %s, %s, %s, %s)"
                " on conflict (login) do update set password_hash = excluded.password_hash, role = excluded.role,"
                " failed = 0, locked_until = 0, disabled_at = null",
                [login, made, role, language, now],
            )
            connection.execute("delete from session where login = %s", [login])
            self._note(connection, "Hire", actor, now, login=login, decision="allowed", payload={"login": login})

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
        """A token for a new session; `Refused` when login and password do not fit or the login is locked.

        Where the login has one-time codes, or its role needs them, the session opens nothing before those are given.
        """
        unknown = Actor(name="", role="none", address=address, system="console")
        return self._proven(login, password, unknown, self.let_in)

    def prove(self, login: str, password: str, code: str = "", *, system: str = "cli") -> Actor:
        """Who has this login, password and, where it has codes, this code; no session. `Refused` as at `enter`."""

        def second(connection: Connection, actor: Actor) -> tuple[Actor, str]:
            lacks = self._lacks(connection, actor)
            if lacks == "code" and code and codes.fits(connection, self._vault, actor.name, code, self._clock()):
                lacks = ""
            return actor, lacks

        actor, lacks = self._proven(login, password, Actor(name="", role="none", system=system), second)
        if lacks == "code":
            with self._db.connection() as connection:
                self._count_failure(connection, actor.name, self._clock())
            raise Refused(
                Fault(what=f"{actor.name} needs a one-time code", cure="give the one of now, each counts once")
            )
        if lacks:
            raise Refused(Fault(what=f"{actor.name} needs one-time codes", cure="set them up in the console first"))
        return actor

    def accept(self, token: str, password: str) -> str:
        """Choose the password an invitation is for; the login. `Refused` where it was used, or its time is over."""
        now = self._clock()
        with self._db.connection() as connection:
            login = invitations.login_of(connection, token, now)
        if login is None:
            raise Refused(invitations.GONE)
        if why := weakness(password, login):
            raise Refused(why)
        with self._checking:
            made = self._hasher.hash(password)
        with self._db.connection() as connection:
            if invitations.use(connection, token, now) is None:
                raise Refused(invitations.GONE)
            connection.execute(
                "update staff set password_hash = %s, failed = 0, locked_until = 0 where login = %s", [made, login]
            )
            connection.execute("delete from session where login = %s", [login])
            actor = Actor(name=login, role="none", system="console")
            self._note(connection, "Accept", actor, now, login=login, decision="allowed")
        return login

    def invited(self, token: str) -> str | None:
        """Whom an invitation is for; None where it was used, or its time is over."""
        with self._db.connection() as connection:
            return invitations.login_of(connection, token, self._clock())

    def who(self, token: str, address: str = "") -> Session | None:
        """The session of a token; None when it has ended or never was. `address` is where the request came from."""
        now = self._clock()
        kept = hashed(token)
        with self._db.connection() as connection:
            row = connection.execute(
                "select login, staff.role, language, seen_at, lacks, proved_at, coalesce((select max(until_at)"
                " from break_glass where break_glass.login = session.login and until_at > %s), 0)"
                " from session join staff using (login) where token_hash = %s and expires_at > %s and seen_at > %s"
                " and disabled_at is null",
                [now, kept, now, now - IDLE],
            ).fetchone()
            if row is None:
                return None
            login, role, language, seen_at, lacks, proved_at, glass = row
            if now - seen_at > MINUTE:
                connection.execute("update session set seen_at = %s where token_hash = %s", [now, kept])
        granted = ROLES.get(role, frozenset()) | {"customer.personal"} if glass else None
        actor = Actor(name=login, role=role, session=kept.hex()[:16], address=address, system="console",
                      granted=granted)  # fmt: skip
        csrf = self._vault.token("csrf", kept)
        return Session(token=token, actor=actor, csrf=csrf, language=language, lacks=lacks, proved_at=proved_at,
                       glass_until=glass)  # fmt: skip

    def forbid(self, actor: Actor, page: str) -> None:
        """Write down that somebody asked for a page that their role may not open."""
        look = trail.Access(
            at=self._clock(), actor=actor, question=page, fingerprint=self._vault.fingerprint(page.encode()),
            decision="forbidden",
        )  # fmt: skip
        with self._db.connection() as connection:
            trail.write_access(connection, look)

    def leave(self, token: str) -> str:
        """End a session. Where the browser goes to end it at the provider as well; empty: nowhere."""
        now = self._clock()
        with self._db.connection() as connection:
            row = connection.execute(
                "delete from session using staff where session.login = staff.login and token_hash = %s"
                " returning session.login, role, address, outside_sealed",
                [hashed(token)],
            ).fetchone()
            if row is None:
                return ""
            actor = Actor(name=row[0], role=row[1], address=row[2], system="console")
            self._note(connection, "Logout", actor, now, login=row[0], decision="allowed")
        return "" if row[3] is None else self._sealing.open(NO_FRAGMENT, _END, row[3]).decode()

    @property
    def provider(self) -> str | None:
        """What the provider is called that staff may sign in with; None where there is none."""
        found = self._rules().provider
        return None if found is None else found.name or found.issuer.partition("://")[2]

    def begin_outside(self, redirect: str, target: str) -> tuple[str, str]:
        """Where the browser goes to be told who it is, and what it carries meanwhile."""
        return self._outside().begin(redirect, target)

    def enter_outside(self, carried: str, said: Mapping[str, str], redirect: str, address: str) -> tuple[str, str]:
        """A token for who the provider knows, and where they were going. `Refused` as `Outside.finish`.

        Somebody who comes for the first time gets a login; their role is what the provider says each time. A login
        that has a password here is never taken over, whatever name the provider has for somebody.
        """
        known = self._outside().finish(carried, said, redirect)
        now = self._clock()
        unknown = Actor(name="unknown", role="none", address=address, system="console")
        with self._db.connection() as connection:
            connection.execute("lock table staff in share row exclusive mode")
            login = self._login_of(connection, known, now)
            actor = unknown if login is None else msgspec.structs.replace(unknown, name=login, role=known.role)
            decision: Literal["allowed", "refused"] = "refused" if login is None else "allowed"
            self._note(connection, "LoginOutside", actor, now, login=known.outside, decision=decision)
            if login is not None:
                token = self.let_in(connection, actor)
                sealed = self._sealing.seal(NO_FRAGMENT, _END, known.end.encode()) if known.end else None
                connection.execute(
                    "update session set lacks = '', outside_sealed = %s where token_hash = %s", [sealed, hashed(token)]
                )
                return token, known.next
        raise Refused("this login is disabled")

    def _login_of(self, connection: Connection, known: Known, now: int) -> str | None:
        """The login of somebody the provider knows, made where there is none; None where it is disabled."""
        row = connection.execute(
            "select login, disabled_at, role from staff where outside = %s", [known.outside]
        ).fetchone()
        if row is not None:
            if row[1] is None and row[2] != known.role:
                connection.execute("update staff set role = %s where login = %s", [known.role, row[0]])
                connection.execute("delete from session where login = %s", [row[0]])
            return None if row[1] is not None else str(row[0])
        other = hashlib.sha256(known.outside.encode()).hexdigest()[:6]
        for login in (known.login, f"{known.login}-{other}"):
            made = connection.execute(
                "insert into staff (login, password_hash, role, created_at, outside) values (%s, '', %s, %s, %s)"
                " on conflict do nothing returning login",
                [login, known.role, now, known.outside],
            ).fetchone()
            if made is not None:
                return login
        return None

    def _outside(self) -> Outside:
        found = self._rules().provider
        if found is None:
            raise Refused("no provider is named in itda.yaml")
        if self._known_outside is None or self._known_outside.provider != found:
            self._known_outside = Outside(found, os.environ.get(found.secret_from, ""), self._vault, self._clock)
        return self._known_outside

    def let_in(self, connection: Connection, who: Actor) -> str:
        """A token for a new session of somebody who proved who they are."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        connection.execute("delete from session where expires_at <= %s or seen_at <= %s", [now, now - IDLE])
        connection.execute(
            "insert into session (token_hash, login, created_at, seen_at, expires_at, address, lacks, proved_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [hashed(token), who.name, now, now, now + LONGEST, who.address, self._lacks(connection, who), now],
        )
        return token

    def _lacks(self, connection: Connection, who: Actor) -> str:
        row = connection.execute("select totp_since from staff where login = %s", [who.name]).fetchone()
        if row is not None and row[0] is not None:
            return "code"
        return "enrol" if self._rules().needs_codes(who.role) else ""

    def _proven(self, login: str, password: str, unknown: Actor, then: Callable[[Connection, Actor], Proved]) -> Proved:
        """What `then` makes of who proved to be this login, in one transaction with the audit."""
        login = login.strip().lower()
        login = login if LOGIN.fullmatch(login) else ""
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
                    "select password_hash, role, locked_until, disabled_at from staff where login = %s", [login]
                ).fetchone()
            has_password = row is not None and bool(row[0])
            fits = self._fits(row[0] if row is not None and has_password else self._nobodys, password)
            is_in = row is not None and has_password and fits and row[2] <= now and row[3] is None
            actor = msgspec.structs.replace(unknown, name=login if row else "unknown", role=row[1] if row else "none")
            with self._db.connection() as connection:
                self._note(connection, "Login", actor, now, login=login, decision="allowed" if is_in else "refused")
                made = then(connection, actor) if is_in else None
                if is_in and not self._lacks(connection, actor):
                    connection.execute("update staff set failed = 0, locked_until = 0 where login = %s", [login])
                elif not is_in and row is not None and row[2] <= now:
                    self._count_failure(connection, login, now)
        if is_in and row is not None and self._hasher.check_needs_rehash(row[0]):
            self._rehash(login, password)
        return made

    def _rehash(self, login: str, password: str) -> None:
        with self._checking:
            made = self._hasher.hash(password)
        with self._db.connection() as connection:
            connection.execute("update staff set password_hash = %s where login = %s", [made, login])


def _nobodys(hasher: argon2.PasswordHasher) -> str:
    """What an unknown login's password is checked against: a hash made of chance, as long in the checking as any."""
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, made = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v={argon2.low_level.ARGON2_VERSION}${costs}${salt}${made}"


def login_faults(login: str, role: str) -> list[Fault]:
    """What is wrong with a login and the role it is to have."""
    faults = []
    if not LOGIN.fullmatch(login):
        faults.append(Fault(what=f"{login!r} is no login", cure="lower-case letters, digits and . _ @ + -"))
    if role not in STAFF_ROLES:
        faults.append(Fault(what=f"{role!r} is no role", cure="one of " + ", ".join(STAFF_ROLES)))
    return faults
