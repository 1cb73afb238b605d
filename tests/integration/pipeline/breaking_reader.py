"""A reader that a record can end, past every net for single events: `… HOW`, its task on standard input.

A record whose body says `end me` has it killed (`kill`) or makes it hang (`hang`).
By `N:FILE` whatever is read has it killed until N such readers have died, as FILE counts.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from itda.engine.reader import Task, serve
from itda.engine.reader_process import of_task


class Ending:
    """The real decoder, but for records that say so."""

    def __init__(self, decoder, how: str) -> None:
        self._decoder = decoder
        self._how = how

    def frame(self, frame):
        """Everything a frame holds, unless a record of it ends the process."""
        deaths, _, counted = self._how.partition(":")
        if counted:
            _die_until(int(deaths), Path(counted))
        if any(b"end me" in record.body for record in frame.records):
            if self._how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(3600)
        return self._decoder.frame(frame)


def _die_until(deaths: int, counted: Path) -> None:
    died = counted.read_text(encoding="utf-8") if counted.exists() else ""
    if len(died) < deaths:
        counted.write_text(died + ".", encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """As `itda.engine.reader_process`, with the decoder changed."""
    source = of_task(msgspec.json.decode(sys.stdin.buffer.readline(), type=Task))
    source._decoder = Ending(source._decoder, sys.argv[1])
    serve(source, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
