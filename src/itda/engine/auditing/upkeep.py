"""The audit's part of the upkeep: sealed every few seconds, anchored and verified once a day, reviewed once a month."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from itda.engine.auditing import noting, reviewing
from itda.engine.auditing.anchoring import Anchoring
from itda.engine.auditing.sealer import EVERY_S
from itda.engine.auditing.verifying import verify
from itda.engine.obliging import yearly
from itda.store.database import Database
from itda.workspace.definition import Workspace

_log = logging.getLogger(__name__)


class AuditUpkeep:
    """What is done for the audit of one workspace. `clock` gives microseconds UTC, `many` is as in `yearly.owe`."""

    def __init__(self, db: Database, workspace: Workspace, clock: Callable[[], int], many: int = yearly.MANY) -> None:
        self._db, self._zone, self._clock, self._country = db, workspace.zone, clock, workspace.country
        self._many = many
        self._anchoring = Anchoring(db, workspace, clock)
        self._sealed_s = 0.0

    def seal(self) -> None:
        """Give every row its link that can have it, where the last time is some seconds ago."""
        if time.monotonic() - self._sealed_s >= EVERY_S:
            self._anchoring.sealer.step()
            self._sealed_s = time.monotonic()

    def daily(self, now: int) -> None:
        """Once a day; the rest of the day nothing. What is altered is told in the log of the process, and kept."""
        if self._anchoring.daily() is None:
            return
        with self._db.connection() as connection:
            reviewing.owe(connection, self._zone, now)
            yearly.owe(connection, self._country, self._zone, now, self._many)
        found = verify(self._db, self._anchoring.places, now)
        with self._db.connection() as connection:
            noting.note(connection, found)
        for fault in found.faults:
            _log.error("the audit was altered: %s", fault)
