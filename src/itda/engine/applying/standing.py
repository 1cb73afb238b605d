"""Which definitions hold: those applied last, whatever the files say since; before anything was applied, the files.

Whoever first processes or decides for a shop applies what the files say then. Processes that run look once a second
whether something else was applied, and go on by that.

Where what was applied suits itda.yaml no more it still holds, as it was meant when it was applied, and nothing is sent.
Where it cannot be read at all nothing is processed, decided or sent. Both end by themselves with their cause.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from itda.base.errors import Refused, Unavailable
from itda.engine.applying import difference
from itda.store import releases
from itda.store.database import Database
from itda.store.releases import Release
from itda.workspace.definition import Workspace
from itda.workspace.kept import as_kept, kept, with_kept
from itda.workspace.load import load

_LOOK_S = 1.0
_READ_S = 5.0
"""How often the files are looked at while what was applied does not suit them: reading them is work."""


class InForce(msgspec.Struct, frozen=True):
    """What holds."""

    workspace: Workspace
    position: int | None
    """Of the release; None where nothing was applied yet."""


def in_force(db: Database, written: Workspace) -> InForce:
    """What holds in a shop whose files say this; where that does not suit itda.yaml, with the reasons beside it."""
    with db.connection() as connection:
        position = releases.position(connection)
        if position is None:
            return InForce(written, None)
        try:
            texts = releases.latest(connection)[0].texts
        except Refused as unread:
            return InForce(_lost(written, unread), position)
    try:
        return InForce(with_kept(written, texts), position)
    except Refused as refused:
        return InForce(_unsuited(written, texts, refused), position)


def _unsuited(written: Workspace, texts: dict[str, str], refused: Refused) -> Workspace:
    """What was applied as it was meant then; it sends nothing."""
    try:
        workspace = as_kept(written, texts)
    except Refused:
        return _lost(written, refused)
    return msgspec.structs.replace(workspace, unsuited=refused.faults)


def _lost(written: Workspace, refused: Refused) -> Workspace:
    return msgspec.structs.replace(written, unsuited=refused.faults, is_lost=True)


def apply_first(db: Database, workspace: Workspace, at: int) -> bool:
    """Apply what is found, where nothing ever was, from the first position on; whether nothing was."""
    with db.connection() as connection:
        releases.alone(connection)
        if releases.position(connection) is not None:
            return False
        releases.add(connection, Release(0, difference.version(workspace), kept(workspace), at))
        return True


class Opened(Protocol):
    """What is needed of an open shop. `applied_at` is the position of the release it works by."""

    db: Database
    workspace: Workspace
    applied_at: int | None


class Watch:
    """Set when asked to stop, and when other definitions hold by now than those that a shop works by."""

    def __init__(self, shop: Opened, is_stopping: Callable[[], bool], read_s: float = _READ_S) -> None:
        self._shop = shop
        self._read_s = read_s
        self._is_stopping = is_stopping
        self._looked = self._read = time.monotonic()
        self.is_superseded = False

    def is_set(self) -> bool:
        """Whether to stop; the database is asked once a second."""
        if self._is_stopping() or self.is_superseded:
            return True
        now = time.monotonic()
        if now - self._looked >= _LOOK_S:
            self._looked = now
            self.is_superseded = self.look()
        return self.is_superseded

    def look(self) -> bool:
        """Whether other definitions were applied, by the database now; not as long as it does not answer.

        Where what was applied did not suit the files: also whether it does by now.
        """
        try:
            with self._shop.db.connection() as connection:
                is_other = releases.position(connection) not in (None, self._shop.applied_at)
            return is_other or (bool(self._shop.workspace.unsuited) and self._is_cured())
        except Unavailable:
            return False

    def _is_cured(self) -> bool:
        if time.monotonic() - self._read < self._read_s:
            return False
        self._read = time.monotonic()
        try:
            return not in_force(self._shop.db, load(self._shop.workspace.path)).workspace.unsuited
        except Refused:
            return False
