"""After a backup was put back: everybody who was erased since is erased again, before anybody may look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from itda.engine.erasing import journal
from itda.engine.erasing.journal import Entry
from itda.engine.erasing.told import Erasure, record
from itda.store.arrays import byteas
from itda.store.database import Connection, Database
from itda.store.intake import PostgresIntake
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

_BACK = (
    "select fragment from keyring where fragment = any(%b)"
    " union select fragment from identifier where fragment = any(%b) limit 1"
)
_AT_ONCE = 50


class Opened(Protocol):
    """What is needed of an open shop that nobody serves."""

    workspace: Workspace
    db: Database
    vault: Vault

    @property
    def intake(self) -> PostgresIntake:
        """The first part of its log."""
        ...

    def drain(self) -> int:
        """Process and decide what waits."""
        ...


def replay_erasures(shop: Opened, now: int, data_dir: Path | None = None) -> int:
    """Erase again whom the journal of erasures names and the database knows; how many erasures those were.

    `data_dir` holds the journal (the workspace's own data folder where None). Nobody may serve the shop meanwhile. Done
    twice it changes nothing the second time.
    """
    entries = list(journal.noted(data_dir or shop.workspace.data_dir, shop.vault))
    with shop.db.connection() as connection:
        waiting = [entry for entry in entries if _is_back(connection, entry)]
    for start in range(0, len(waiting), _AT_ONCE):
        records = [
            record(Erasure(entry.request, entry.fragments, "restore", entry.at))
            for entry in waiting[start : start + _AT_ONCE]
        ]
        shop.intake.append(records, now)
    if waiting:
        shop.drain()
    return len(waiting)


def _is_back(connection: Connection, entry: Entry) -> bool:
    own: Sequence[bytes] = [bytes.fromhex(one) for one in entry.fragments]
    return connection.execute(_BACK, [byteas(own), byteas(own)]).fetchone() is not None
