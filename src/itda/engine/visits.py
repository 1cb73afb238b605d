"""Who is in the privacy centre: random tokens kept as hashes, ended half an hour after the last look."""

from __future__ import annotations

import hashlib

import msgspec

from itda.access.actor import Actor
from itda.base.instant import HOUR, MINUTE
from itda.engine.app import Clock
from itda.store import visits
from itda.store.database import Database
from itda.store.vault import Vault

IDLE = 30 * MINUTE
LONGEST = 4 * HOUR
_NAME = "visitor"
_GRANTED = frozenset({"centre.read", "centre.change", "customer.personal"})
"""What a customer may: see what is theirs, whole, and change it. Whose it is, the questions themselves hold to."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who is in. `csrf` must come with each of their forms."""

    name: bytes
    """The hash of their token."""
    fragments: tuple[bytes, ...]
    """Of the addresses they proved, the first one first."""
    csrf: str
    actor: Actor


class Visits:
    """The visits of one workspace; thread-safe."""

    def __init__(self, db: Database, vault: Vault, clock: Clock) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock

    def who(self, token: str) -> Visitor | None:
        """Whoever holds this token; None when their visit has ended or never was."""
        name, now = hashed(token), self._clock()
        with self._db.connection() as connection:
            found = visits.visit(connection, name, now)
            if found is None:
                return None
            if now - found.seen_at > MINUTE:
                visits.seen(connection, name, now, until(now, found.opened_at + LONGEST))
        actor = Actor(name=_NAME, role="customer", session=name.hex()[:16], system="centre", granted=_GRANTED)
        csrf = self._vault.token("centre csrf", name)
        return Visitor(name=name, fragments=tuple(found.fragments), csrf=csrf, actor=actor)

    def leave(self, token: str) -> None:
        """End a visit."""
        with self._db.connection() as connection:
            visits.close(connection, hashed(token))


def until(now: int, longest: int) -> int:
    """Until when a visit lasts from now on."""
    return min(now + IDLE, longest)


def hashed(token: str) -> bytes:
    """How a token is kept."""
    return hashlib.sha256(token.encode()).digest()
