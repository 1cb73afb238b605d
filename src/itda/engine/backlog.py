"""How far the log is ahead of the pipeline, and whether there is room for more of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from itda.base.errors import Broken
from itda.store.database import Database

LEAST_FREE = 512 << 20
"""Bytes that stay free on the disk: the database must be able to finish what it began."""
FARTHEST = 4 << 30
"""Bytes of frames that may wait for the pipeline."""


class Backlog(msgspec.Struct, frozen=True):
    """Where log and pipeline stand, as frame positions, and how much waits between them."""

    acknowledged: int
    processed: int
    waiting_bytes: int
    free_bytes: int

    @property
    def is_disk_full(self) -> bool:
        """No more is to be written."""
        return self.free_bytes < LEAST_FREE

    @property
    def is_too_long(self) -> bool:
        """The pipeline does not keep up, and the log would outgrow the disk."""
        return self.waiting_bytes > min(FARTHEST, self.free_bytes // 2)


def backlog(db: Database, data_dir: Path) -> Backlog:
    """Measure it. `Unavailable` when the database does not answer."""
    with db.connection() as connection:
        row = connection.execute(
            "select (select position from intake_head), c.position,"
            " (select coalesce(sum(octet_length(frame)), 0)::bigint from intake_frame where position > c.position)"
            " from cursor c where name = 'pipeline'"
        ).fetchone()
    if row is None:
        raise Broken("the pipeline has no cursor")
    return Backlog(row[0], row[1], row[2], shutil.disk_usage(data_dir).free)


def processed(db: Database) -> int:
    """The frame position up to which everything is in profiles and lake."""
    with db.connection() as connection:
        row = connection.execute("select position from cursor where name = 'pipeline'").fetchone()
    if row is None:
        raise Broken("the pipeline has no cursor")
    return int(row[0])


def acknowledged(db: Database) -> int:
    """The frame position up to which everything is in the log."""
    with db.connection() as connection:
        row = connection.execute("select position from intake_head").fetchone()
    return int(row[0]) if row else 0


def positions(db: Database) -> tuple[int, int]:
    """Frames processed and decided, and frames acknowledged, by position."""
    with db.connection() as connection:
        row = connection.execute(
            "select (select min(position) from cursor where name in ('pipeline', 'decider')),"
            " (select position from intake_head)"
        ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
