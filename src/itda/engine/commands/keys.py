"""Making and revoking keys of machines."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Done
from itda.engine.people import keys
from itda.engine.people.keys import KeyView
from itda.engine.work import Work


class KeyMade(msgspec.Struct, frozen=True):
    """A new key: `key` is told here, and never again."""

    view: KeyView
    key: str


class AddKey(msgspec.Struct, frozen=True):
    """Make a key with these scopes, for so many microseconds."""

    permission: ClassVar[str] = "keys.manage"
    name: str
    scopes: tuple[str, ...]
    lasting: int

    def carry_out(self, work: Work) -> Done[KeyMade]:
        """Make it; the audit keeps its number, not the key."""
        view, key = keys.make(work.connection, self.name, self.scopes, work.actor.name, work.now, self.lasting)
        told = {"key": view.id, "name": view.name, "scopes": list(view.scopes), "expires_at": view.expires_at}
        return Done(KeyMade(view, key), audit=told)


class RevokeKey(msgspec.Struct, frozen=True):
    """Let a key open nothing from now on, by its id."""

    permission: ClassVar[str] = "keys.manage"
    id: str

    def carry_out(self, work: Work) -> Done[KeyView]:
        """Revoke it."""
        view = keys.revoke(work.connection, self.id, work.now)
        return Done(view, audit={"key": view.id, "name": view.name})
