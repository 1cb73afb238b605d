"""`shop.backup`: backups of an open shop, served or not."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from itda.access.actor import Actor, may
from itda.engine.app import App, Forbidden
from itda.engine.backup.making import KEPT_DAYS, Backup, Made, NoteBackup, Progress
from itda.store.database import Database
from itda.store.vault import Vault
from itda.workspace.definition import Workspace


class Opened(Protocol):
    """An open shop."""

    db: Database
    vault: Vault
    written: Workspace
    actor: Actor

    @property
    def app(self) -> App:
        """Where commands are carried out."""
        ...


def _silent(_done: int, _total: int | None) -> None:
    pass


class BackupDesk:
    """The backups of a shop."""

    def __init__(self, shop: Opened) -> None:
        self._shop = shop

    def make(self, to: Path, keys_to: Path, *, kept_days: int = KEPT_DAYS, progress: Progress = _silent) -> Made:
        """Back everything up: all but the keys to one folder, the keys to another. The audit says so."""
        if not may(self._shop.actor, NoteBackup.permission):
            raise Forbidden(self._shop.actor, NoteBackup.permission)
        own = Backup(self._shop.db, self._shop.written, self._shop.vault, self._shop.app.clock)
        made = own.make(to, keys_to, kept_days=kept_days, progress=progress)
        self._shop.app.act(NoteBackup(made), self._shop.actor)
        return made
