"""The gate of a restored workspace: nobody opens it until who was erased since the backup is erased again.

It is a row of `meta`, written with what was put back and taken away with the last erasure; every way in looks at it.
"""

from __future__ import annotations

import msgspec

from itda.base import instant
from itda.base.errors import Fault, Refused
from itda.store.database import Connection, Database

_KEY = "restored"


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was put back. Times are microseconds UTC."""

    made_at: int
    """Of the backup."""
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


def check(db: Database) -> None:
    """`Refused` while the gate is shut."""
    with db.connection() as connection:
        found = state(connection)
    if found is not None and not found.is_open:
        what = (
            f"put back from a backup of {instant.text(found.made_at)[:16]}, and who was erased since is not yet again"
        )
        cure = "itda -w DIR reopen --erasures FILE, with .itda/erasures.log of the workspace that was lost"
        raise Refused(Fault(what=what, cure=cure))


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
