"""Inviting people, giving them another role, letting them in no more, and ending their sessions.

Nobody changes their own role or disables themselves, and the last administrator who can come in stays one.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.engine.app import Done
from itda.engine.people import codes, invitations
from itda.engine.staff import login_faults
from itda.engine.work import Work


class Invited(msgspec.Struct, frozen=True):
    """An invitation: `path` is behind the console's address, works once, and is told here and never again."""

    login: str
    role: str
    path: str
    expires_at: int


class AddStaff(msgspec.Struct, frozen=True):
    """Make a login, and an invitation to choose its password."""

    permission: ClassVar[str] = "staff.manage"
    login: str
    role: str
    language: str = ""

    def carry_out(self, work: Work) -> Done[Invited]:
        """Make it; `Refused` where there is one."""
        if faults := login_faults(self.login, self.role):
            raise Refused(*faults)
        made = work.connection.execute(
            "insert into staff (login, password_hash, role, language, created_at) values (%s, '', %s, %s, %s)"
            " on conflict do nothing returning login",
            [self.login, self.role, self.language, work.now],
        ).fetchone()
        if made is None:
            raise Refused(Fault(what=f"there is a login {self.login}", cure=f"itda staff reset {self.login}"))
        return _invited(work, self.login, self.role)


class ChangeRole(msgspec.Struct, frozen=True):
    """Give a login another role; its sessions end."""

    permission: ClassVar[str] = "staff.manage"
    login: str
    role: str

    def carry_out(self, work: Work) -> Done[str]:
        """The former role."""
        if faults := login_faults(self.login, self.role):
            raise Refused(*faults)
        former = _other(work, self.login)
        work.connection.execute("update staff set role = %s where login = %s", [self.role, self.login])
        if former == "admin":
            _still_administered(work)
        _out(work, self.login)
        return Done(former, audit={"login": self.login, "role": self.role, "former": former})


class DisableStaff(msgspec.Struct, frozen=True):
    """Let a login in no more, or with `is_back` let it in again; its sessions end."""

    permission: ClassVar[str] = "staff.manage"
    login: str
    is_back: bool = False

    def carry_out(self, work: Work) -> Done[str]:
        """Its role."""
        role = _other(work, self.login)
        at = None if self.is_back else work.now
        work.connection.execute("update staff set disabled_at = %s where login = %s", [at, self.login])
        if role == "admin":
            _still_administered(work)
        _out(work, self.login)
        return Done(role, audit={"login": self.login, "is_back": self.is_back})


class ResetStaff(msgspec.Struct, frozen=True):
    """Take password and one-time codes of a login away, end its sessions, and invite it to choose anew."""

    permission: ClassVar[str] = "staff.manage"
    login: str

    def carry_out(self, work: Work) -> Done[Invited]:
        """The new invitation."""
        role = _other(work, self.login)
        work.connection.execute(
            "update staff set password_hash = '', failed = 0, locked_until = 0 where login = %s", [self.login]
        )
        codes.forget(work.connection, self.login)
        _out(work, self.login)
        return _invited(work, self.login, role)


class ForgetCodes(msgspec.Struct, frozen=True):
    """Take the one-time codes of a login away: its phone was lost. The password stays."""

    permission: ClassVar[str] = "staff.manage"
    login: str

    def carry_out(self, work: Work) -> Done[str]:
        """Its role."""
        role = _other(work, self.login)
        codes.forget(work.connection, self.login)
        _out(work, self.login)
        return Done(role, audit={"login": self.login})


class EndSessions(msgspec.Struct, frozen=True):
    """End the sessions of a login, or only the one that is named."""

    permission: ClassVar[str] = "staff.manage"
    login: str
    session: str = ""

    def carry_out(self, work: Work) -> Done[int]:
        """How many ended."""
        ended = work.connection.execute(
            "delete from session where login = %s and (%s = '' or left(encode(token_hash, 'hex'), 16) = %s)",
            [self.login, self.session, self.session],
        ).rowcount
        return Done(ended, audit={"login": self.login, "ended": ended})


def _invited(work: Work, login: str, role: str) -> Done[Invited]:
    token = invitations.invite(work.connection, login, work.actor.name, work.now)
    made = Invited(login, role, invitations.PATH + token, work.now + invitations.VALID)
    return Done(made, audit={"login": login, "role": role, "expires_at": made.expires_at})


def _other(work: Work, login: str) -> str:
    """The role of a login that is not one's own; until this is done nobody else changes any."""
    work.connection.execute("lock table staff in share row exclusive mode")  # two may not disable each other at once
    row = work.connection.execute("select role from staff where login = %s", [login]).fetchone()
    if row is None:
        raise Refused(Fault(what=f"there is no login {login}", cure="see itda staff list"))
    if login == work.actor.name:
        raise Refused(Fault(what="that is your own login", cure="another administrator has to do it"))
    return str(row[0])


def _still_administered(work: Work) -> None:
    """`Refused` where nobody would be left who can administer."""
    row = work.connection.execute("select 1 from staff where role = 'admin' and disabled_at is null limit 1").fetchone()
    if row is None:
        raise Refused(Fault(what="nobody would administer the shop any more", cure="make another administrator first"))


def _out(work: Work, login: str) -> None:
    work.connection.execute("delete from session where login = %s", [login])
