"""The gate of a restored workspace: nobody opens it until who was erased since the backup is erased again.

It is a row of `meta`, written with what was put back and opened after the last erasure; every way in looks at it. A
database that was put back past us (a dump, a snapshot of its disk) has no such row: it is older than the journal of
erasures beside it, which names one that it does not know of, and every way in looks for that, too.
"""

from __future__ import annotations

from itertools import islice, takewhile
from pathlib import Path

import msgspec

from itda.base import instant
from itda.base.errors import Fault, Refused
from itda.engine.erasing import journal
from itda.engine.erasing.journal import Entry
from itda.store import requests
from itda.store.database import Connection, Database
from itda.store.vault import Vault

_KEY = "restored"
_LOOKED_AT = 2_000
"""So many erasures of the journal's end are looked for at each opening: some hundredths of a second."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was put back. Times are microseconds UTC."""

    made_at: int | None
    """Of the backup; None where it was put back past us, and nobody knows."""
    restored_at: int
    position: int
    """Of the log: what came later is not there."""
    is_open: bool = False
    opened_at: int | None = None
    erased: int = 0
    """Erasures that were done again."""
    lost_consents: int | None = None
    """Acts of consent that were written after the backup, as far as anchors tell; None where none tells."""
    dropped: int = 0
    """Messages that waited to be sent: they may have been sent since, and are sent by nobody."""
    lost_frames: int = 0
    """Frames that nobody had processed and whose key had its time."""
    journal_until: int = 0
    """Log time of the latest erasure that the journal named when the gate was opened."""


def check(db: Database, data_dir: Path, vault: Vault) -> None:
    """`Refused` while the gate is shut, and where the database is older than the journal in that folder."""
    with db.connection() as connection:
        found = state(connection)
        is_shut = found is not None and not found.is_open
        unknown = None if is_shut else missing(connection, found, data_dir, vault)
    if found is not None and not found.is_open and found.made_at is not None:
        what = (
            f"put back from a backup of {instant.text(found.made_at)[:16]}, and who was erased since is not yet again"
        )
        cure = "itda -w DIR reopen --erasures FILE, with .itda/erasures.log of the workspace that was lost"
        raise Refused(Fault(what=what, cure=cure))
    if found is not None and not found.is_open:
        what = "an older database was put back, and who was erased since is not yet again"
        raise Refused(Fault(what=what, cure="itda -w DIR reopen"))
    if unknown is not None:
        file = data_dir / journal.NAME
        what = f"the database is older than this file: it does not know of the erasure of {instant.text(unknown.at)}"
        raise Refused(Fault(what=what, file=str(file), cure="itda -w DIR reopen, which erases them again"))


def missing(connection: Connection, found: Restored | None, data_dir: Path, vault: Vault) -> Entry | None:
    """An erasure that the journal names and the database does not know of; None where it is not older.

    A request is committed before its line is written, so that each line is of a request that is there: one whose step
    was not committed, as a crash leaves it, goes on by itself. That the last ones are known proves nothing of those
    before: they were written by a shop that went on while its database was put back under it. What the journal named
    when the gate was opened last was looked at then.
    """
    since = 0 if found is None else max(found.journal_until, found.opened_at or 0)
    newer = takewhile(lambda entry: entry.at > since, journal.latest(data_dir / journal.NAME, vault))
    last = list(islice(newer, _LOOKED_AT))
    there = requests.there(connection, [bytes.fromhex(entry.request) for entry in last])
    return next((entry for entry in last if bytes.fromhex(entry.request) not in there), None)


def settle(connection: Connection) -> tuple[int, int]:
    """What must not go on as it stood: messages that waited may have gone, frames whose key had its time are lost.

    How many of each. Nobody stays signed in.
    """
    connection.execute("delete from session")
    dropped = connection.execute(
        "update outbox set status = 'dropped', reasons = 'restored' where status in ('queued', 'held', 'retry')"
    ).rowcount
    lost = connection.execute(
        "delete from intake_frame where day not in (select day from intake_key)"
        " and position > (select position from cursor where name = 'pipeline')"
    ).rowcount
    return dropped, lost


def state(connection: Connection) -> Restored | None:
    """What was put back; None where nothing was."""
    row = connection.execute("select value from meta where key = %s", [_KEY]).fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=Restored)


def write(connection: Connection, restored: Restored) -> None:
    """Shut the gate, or write down that it is open."""
    connection.execute(
        "insert into meta values (%s, %s) on conflict (key) do update set value = excluded.value",
        [_KEY, msgspec.json.encode(restored).decode()],
    )
