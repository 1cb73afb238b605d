"""A reader that a record can end, past every net for single events; forked, for a test of them starts many.

A record whose body says `end me` has it killed (`kill`) or makes it hang (`hang`); with `none` nothing ends it.
By `N:FILE` whatever is read has it killed until N such readers have died, as FILE counts.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
from tests.forked import started

from itda.engine.reader import Reader, Task, serve
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
            elif self._how == "hang":
                time.sleep(3600)
        return self._decoder.frame(frame)


def _die_until(deaths: int, counted: Path) -> None:
    died = counted.read_text(encoding="utf-8") if counted.exists() else ""
    if len(died) < deaths:
        counted.write_text(died + ".", encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)


def read(asked: Connection, answers: Connection, told: bytes, how: str) -> None:
    """As `itda.engine.reader_process`, with the decoder changed; ready before it is asked, and says so by a byte."""
    with os.fdopen(os.dup(asked.fileno()), "rb") as questions, os.fdopen(os.dup(answers.fileno()), "wb") as said:
        source = of_task(msgspec.json.decode(told, type=Task))
        source.start(0)
        source.take()  # what is slow the first time is not waited for by whoever has little patience
        source._decoder = Ending(source._decoder, how)
        said.write(b"!")
        said.flush()
        assert questions.readline() == told + b"\n"
        serve(source, questions, said)


class Forked:
    """What a `Reader` asks of a process."""

    def __init__(self, told: Task, how: str) -> None:
        (asked, ask), (heard, tell) = Pipe(duplex=False), Pipe(duplex=False)
        self._process = started(read, asked, tell, msgspec.json.encode(told), how)
        self.stdin, self.stdout = (io.FileIO(os.dup(one.fileno()), mode) for one, mode in ((ask, "w"), (heard, "r")))
        for one in (asked, ask, heard, tell):
            one.close()
        assert self.stdout.read(1) == b"!"

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a reader", timeout or 0.0)
        return self._process.exitcode


class Breaking(Reader):
    """The writer's end of such readers."""

    def __init__(self, told: Task, how: str, patience_s: float) -> None:
        super().__init__(told, patience_s=patience_s)
        self._how = how

    def _started(self):
        return Forked(self._told, self._how)
