"""Which definitions hold: those applied last, whatever the files say since; before anything was applied, the files.

Whoever first processes or decides for a shop applies what the files say then. Processes that run look once a second
whether something else was applied, and go on by that.
"""

from __future__ import annotations

import logging
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
from itda.workspace.kept import kept, with_kept

_log = logging.getLogger(__name__)

_LOOK_S = 1.0


class InForce(msgspec.Struct, frozen=True):
    """What holds."""

    workspace: Workspace
    position: int | None
    """Of the release; None where nothing was applied yet."""


def in_force(db: Database, written: Workspace) -> InForce:
    """What holds in a shop whose files say this. What no longer suits the rest of the workspace gives way to them."""
    with db.connection() as connection:
        found = releases.latest(connection)
    if not found:
        return InForce(written, None)
    try:
        return InForce(with_kept(written, found[0].texts), found[0].position)
    except Refused as refused:
        _log.warning("what was applied last suits the workspace no more, the files hold: %s", refused)
        return InForce(written, found[0].position)


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
    applied_at: int | None


class Watch:
    """Set when asked to stop, and when other definitions were applied than those that a shop works by."""

    def __init__(self, shop: Opened, is_stopping: Callable[[], bool]) -> None:
        self._shop = shop
        self._is_stopping = is_stopping
        self._looked = time.monotonic()
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
        """Whether other definitions were applied, by the database now; not as long as it does not answer."""
        try:
            with self._shop.db.connection() as connection:
                return releases.position(connection) not in (None, self._shop.applied_at)
        except Unavailable:
            return False
