"""After a backup was put back: everybody who was erased since is erased again, before anybody may look.

It is the same erasure, with the same steps: what a law keeps of them is held again, as the backup may know nothing of
it, and values of theirs stay refused in what is dated up to the first time: also where the backup has their keys no
more, or knows of them only by what waits in its log.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from itda.base.errors import Unavailable
from itda.engine.app import App
from itda.engine.chunk import SUPPRESSED_FOR
from itda.engine.erasing import journal
from itda.engine.erasing.journal import Entry
from itda.engine.requests.carrying import AGAIN
from itda.engine.requests.stopping import stop
from itda.engine.requests.upkeep import keep_up
from itda.store import erasures, requests
from itda.store.arrays import byteas
from itda.store.database import Connection, Database
from itda.store.requests import RequestRow
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

_BACK = (
    "select fragment from keyring where fragment = any(%b)"
    " union select fragment from identifier where fragment = any(%b) limit 1"
)
_ROUNDS = 20


class Opened(Protocol):
    """What is needed of an open shop that nobody serves."""

    workspace: Workspace
    db: Database
    vault: Vault

    @property
    def app(self) -> App:
        """Where commands are carried out."""
        ...

    def drain(self) -> int:
        """Process and decide what waits."""
        ...


def replay_erasures(shop: Opened, now: int, data_dir: Path | None = None) -> int:
    """Erase again whom the journal of erasures names and the database knows; how many erasures those were.

    `data_dir` holds the journal (the workspace's own data folder where None). Nobody may serve the shop meanwhile. Done
    twice it changes nothing the second time. `Unavailable` where one of them does not come to its end.
    """
    entries = list(journal.noted(data_dir or shop.workspace.data_dir, shop.vault))
    with shop.db.connection() as connection:
        for entry in entries:
            _refuse(connection, entry, now)
        waiting = [entry for entry in entries if _is_back(connection, entry)]
        for entry in waiting:
            _open(connection, entry, now)
    for _ in range(_ROUNDS):
        if not _left(shop, waiting):
            return len(waiting)
        keep_up(shop, now)
        shop.drain()
    raise Unavailable("somebody who was erased could not be erased again; see itda request list")


def _refuse(connection: Connection, entry: Entry, now: int) -> None:
    until = entry.at + SUPPRESSED_FOR
    if until > now:
        values = [(bytes.fromhex(one.blind), one.kind, one.generation) for one in entry.values]
        erasures.suppress(connection, values, entry.at, until)


def _open(connection: Connection, entry: Entry, now: int) -> None:
    """The request as it was when it was stopped, whatever the backup knows of it."""
    own = [bytes.fromhex(one) for one in entry.fragments]
    row = RequestRow(
        id=bytes.fromhex(entry.request), kind="erase", subject=own, state="open", step="opened", opened_at=entry.at,
        due_at=now, law="", via=AGAIN, opened_by="restore",
    )  # fmt: skip
    requests.renew(connection, row)
    stop(connection, row, now)


def _left(shop: Opened, waiting: Iterable[Entry]) -> bool:
    with shop.db.connection() as connection:
        rows = [requests.one(connection, bytes.fromhex(entry.request)) for entry in waiting]
    return any(row is None or row.state != "done" for row in rows)


def _is_back(connection: Connection, entry: Entry) -> bool:
    own = byteas([bytes.fromhex(one) for one in entry.fragments])
    return connection.execute(_BACK, [own, own]).fetchone() is not None
