"""The reader's process: its task is the first line of its standard input, questions follow (see `engine/reader.py`)."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Collection
from pathlib import Path

import msgspec

from itda.base.errors import ItdaError, Unavailable
from itda.engine.applying.standing import in_force
from itda.engine.former import with_former
from itda.engine.lean import without_pandas
from itda.engine.processing import source
from itda.engine.reader import Frames, Task, serve
from itda.engine.reading import Reading
from itda.store import workspace_key
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.workspace.load import load


class Refusing:
    """A source of one sentence: why nothing can be read."""

    def __init__(self, why: str) -> None:
        self._why = why

    def start(self, position: int) -> None:
        """Nothing starts."""

    def take(self) -> Reading | None:
        """Say why."""
        raise Unavailable(self._why, 5.0)

    def alone(self, unread: Collection[int] | None) -> Reading | None:
        """Say why."""
        del unread
        return self.take()

    def close(self) -> None:
        """Nothing to let go of."""


def of_task(told: Task) -> Frames:
    """What a reader with this task reads from."""
    try:
        written = load(Path(told.folder))
        database = Database(told.url, written.schema)
        workspace = in_force(database, written).workspace
        vault = workspace_key.load(workspace.data_dir, told.key)
    except ItdaError as error:
        return Refusing(f"the reader cannot start: {error}")
    if workspace.digest != told.digest:
        return Refusing("the files of the workspace changed since `itda serve` started: restart it to take them up")
    return source(PostgresIntake(database, vault), with_former(database, workspace), vault)


def main() -> int:
    """Read and prepare until nobody asks any more."""
    without_pandas()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    found = of_task(msgspec.json.decode(sys.stdin.buffer.readline(), type=Task))
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        serve(found, sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
