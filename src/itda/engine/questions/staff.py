"""Who has a login, with what role, and who is signed in."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.people.account import IDLE
from itda.engine.work import Work

_STAFF = """
select login, role, created_at, disabled_at is not null, locked_until > %(now)s, password_hash <> '',
       totp_since is not null, split_part(outside, ' ', 1),
       (select max(seen_at) from session s where s.login = staff.login),
       (select count(*) from session s where s.login = staff.login and lacks = '' and expires_at > %(now)s
          and seen_at > %(idle)s)::integer,
       (select max(expires_at) from invitation i where i.login = staff.login and expires_at > %(now)s)
from staff order by disabled_at is not null, login
"""
_SESSIONS = """
select left(encode(token_hash, 'hex'), 16), login, role, session.created_at, seen_at, address
from session join staff using (login)
where lacks = '' and expires_at > %(now)s and seen_at > %(idle)s order by seen_at desc
"""


class StaffMember(msgspec.Struct, frozen=True):
    """One login. Times are microseconds UTC."""

    login: str
    role: str
    created_at: int
    is_disabled: bool
    is_locked: bool
    has_password: bool
    has_codes: bool
    provider: str
    """Who says who this is, in place of a password; empty: a password does."""
    seen_at: int | None
    """When they were last seen in a session that is not forgotten yet."""
    sessions: int
    invited_until: int | None


class StaffSession(msgspec.Struct, frozen=True):
    """Somebody who is signed in now. `id` names the session and opens nothing."""

    id: str
    login: str
    role: str
    created_at: int
    seen_at: int
    address: str


class StaffView(msgspec.Struct, frozen=True):
    """Who may come in, and who is in."""

    people: list[StaffMember]
    sessions: list[StaffSession]


class StaffList(msgspec.Struct, frozen=True):
    """The logins and their sessions."""

    permission: ClassVar[str] = "staff.read"

    def answer(self, work: Work) -> Answer[StaffView]:
        """All of them."""
        values = {"now": work.now, "idle": work.now - IDLE}
        people = [StaffMember(*row) for row in work.connection.execute(_STAFF, values).fetchall()]
        sessions = [StaffSession(*row) for row in work.connection.execute(_SESSIONS, values).fetchall()]
        return Answer(StaffView(people, sessions), count=len(people))
