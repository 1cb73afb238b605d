"""Carries what the chains have come to out of the database: into the anchors' file, and into the bucket."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import msgspec

from itda.access.bucket import Bucket
from itda.base.errors import Unavailable
from itda.base.instant import DAY
from itda.engine.auditing.anchors import Anchor, AnchorFile, Place, Point, note, points, told
from itda.engine.auditing.bucket import LockedBucket
from itda.engine.auditing.sealer import Sealer
from itda.store.database import Database
from itda.workspace.definition import Workspace

_BACK = 31
"""So many of the file's last lines are carried into a bucket that was away."""
_log = logging.getLogger(__name__)


class Made(msgspec.Struct, frozen=True):
    """An anchor that was made: its line's place in words, and why the bucket has it not (empty: it has, or is none)."""

    at: int
    file: str
    bucket: str
    lacking: str
    streams: list[Point]


class Anchoring:
    """The anchors of one workspace. `clock` gives microseconds UTC."""

    def __init__(self, db: Database, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._db, self._clock = db, clock
        self._file = AnchorFile(workspace.anchors_dir)
        self._settings = workspace.bucket
        self.sealer = Sealer(db, clock)

    @property
    def places(self) -> list[Place]:
        """Where anchors are, for whoever verifies."""
        return [self._file, *([LockedBucket(self._settings)] if self._settings else [])]

    def make(self) -> Made:
        """Seal what there is and anchor it now. `Unavailable` where the file cannot be written."""
        self.sealer.catch_up()
        return self._add(Anchor(at=self._clock(), streams=points(self._db)))

    def restored(self, to: Sequence[Point]) -> Made:
        """Write down that the database was put back from a backup: what was anchored beyond these points is void."""
        return self._add(Anchor(at=self._clock(), streams=list(to), is_restored=True))

    def daily(self) -> Made | None:
        """Anchor once a day (UTC), and carry what a bucket lacks into it; what was made, if the day had none yet."""
        lines = self._file.lines()
        anchors = told(lines[-1:], is_whole=False).anchors
        if not anchors or anchors[-1].at // DAY < self._clock() // DAY:
            return self.make()
        if self._settings is not None:
            _carry(self._settings, lines)
        return None

    def _add(self, anchor: Anchor) -> Made:
        self._file.add(anchor)
        with self._db.connection() as connection:
            note(connection, self._file.lines(), is_anew=anchor.is_restored)
        name = lacking = ""
        if self._settings is not None:
            name = f"s3://{self._settings.name}/{self._settings.prefix}"
            lacking = _carry(self._settings, self._file.lines())
        return Made(anchor.at, self._file.name, name, lacking, anchor.streams)


def _carry(settings: Bucket, lines: Sequence[bytes]) -> str:
    """Put the last lines into the bucket that are not there; why that cannot be done, empty where it is."""
    try:
        bucket = LockedBucket(settings)
        for line in bucket.lacking(lines[-_BACK:]):
            bucket.add(line)
    except Unavailable as error:
        _log.warning("anchors wait for their bucket: %s", error)
        return str(error)
    return ""
