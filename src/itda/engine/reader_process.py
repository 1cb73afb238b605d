"""The reader's process: its task is the first line of its standard input, questions follow (see `engine/reader.py`)."""

from __future__ import annotations

import contextlib
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

_AGAIN_S = 5.0


class Opening:
    """What a reader reads from, opened when it is first asked for: what cannot be opened now is tried again."""

    def __init__(self, told: Task) -> None:
        self._told = told
        self._position = 0
        self._found: Frames | None = None

    def start(self, position: int) -> None:
        """Go on after this frame."""
        self._position = position
        if self._found is not None:
            self._found.start(position)

    def take(self) -> Reading | None:
        """The next chunk, None when nothing waits; `Unavailable` while it cannot be opened, saying why."""
        return self.opened().take()

    def alone(self, unread: Collection[int] | None) -> Reading | None:
        """The next frame alone."""
        return self.opened().alone(unread)

    def close(self) -> None:
        """Let go of what was opened."""
        if self._found is not None:
            self._found.close()

    def opened(self) -> Frames:
        """It, opened; `Unavailable` where it cannot be now."""
        if self._found is None:
            found = of_task(self._told)
            found.start(self._position)
            self._found = found
        return self._found


def of_task(told: Task) -> Frames:
    """What a reader with this task reads from; `Unavailable` where nothing can be read now."""
    with contextlib.ExitStack() as undone:
        try:
            written = load(Path(told.folder))
            database = undone.enter_context(Database(told.url, written.schema))
            workspace = in_force(database, written).workspace
            vault = workspace_key.load(workspace.data_dir, told.key)
            found = source(PostgresIntake(database, vault), with_former(database, workspace), vault)
        except ItdaError as error:
            raise Unavailable(f"the reader cannot start: {error}", _AGAIN_S) from error
        if workspace.digest != told.digest:
            said = "the files of the workspace changed since `itda serve` started: restart it to take them up"
            raise Unavailable(said, _AGAIN_S)
        undone.pop_all()
        return found


def main() -> int:
    """Read and prepare until nobody asks any more."""
    without_pandas()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    opening = Opening(msgspec.json.decode(sys.stdin.buffer.readline(), type=Task))
    with contextlib.suppress(ItdaError):
        opening.opened()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        serve(opening, sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
