"""The reader: a process beside the writer that reads the log and prepares chunks, each before the writer asks for it.

The two speak over pipes. The writer says where to start (`s` and a position) and asks for the next chunk (`n`) or the
next frame alone (`f`); every question has one answer: a chunk, nothing, or why there is none now. When the writer is
gone its pipe ends, and the reader with it. A reader that died, or does not answer, is replaced by the next question.

Where readers end at one position again and again, something in the log ends them, past every net for single events.
From there on frames are read one by one; of a frame that ends its reader the records that do it are found by halving,
and refused unread.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import struct
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from typing import IO, NoReturn, Protocol

import msgspec

from itda.base.errors import ItdaError, Unavailable
from itda.engine.ahead import Source
from itda.engine.reading import Reading
from itda.workspace.definition import Workspace

_log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "itda.engine.reader_process")
PATIENCE_S = 30.0
"""A reader that gives no byte of its answer for so long is replaced."""
_DEATHS = 3
"""So many readers that end at one position, none having answered, are no accident."""
_ALONE_FRAMES = 1_000
"""Frames read one by one, where none of them ends its reader."""
_START, _NEXT, _ALONE = b"s", b"n", b"f"
_CHUNK, _NOTHING, _AWAY = b"c", b"-", b"u"
_POSITION = struct.Struct("<q")
_ANSWER = struct.Struct("<cI")
_COLLECT_EVERY = 64
_END_S = 10.0
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Reading).decode
_unread = msgspec.json.Decoder(list[int] | None).decode


class Frames(Source, Protocol):
    """What a reader reads from."""

    def alone(self, unread: Collection[int] | None) -> Reading | None:
        """The next frame alone, its records with these numbers (None: all) refused unread."""
        ...


class _LostError(Unavailable):
    """The reader ended, or does not answer."""


class Task(msgspec.Struct, frozen=True):
    """What a reader is told first, as one line of JSON: the workspace, as the writer knows it."""

    folder: str
    url: str
    """Of its database."""
    digest: str
    """Of its definitions: a reader that finds others prepares nothing."""
    key: str = ""
    """The workspace key, where it is not in an open file: the environment's, or as the KMS opened it."""

    def __repr__(self) -> str:
        return f"Task({self.folder})"


def task(workspace: Workspace, url: str, key: str = "") -> Task:
    """The task for a workspace as it was read."""
    return Task(str(workspace.path), url, workspace.digest, key)


class Reader:
    """The writer's end: a `Source` whose chunks another process makes. `patience_s` is in seconds."""

    def __init__(self, told: Task, command: Sequence[str] = COMMAND, patience_s: float = PATIENCE_S) -> None:
        self._told = told
        self._command = command
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None
        self._polled = select.poll()
        self._position = 0
        """Of the last frame handed over, or where to start."""
        self._lost_at = -1
        self._deaths = 0
        """Readers that ended at `_lost_at`, none having answered."""
        self._alone = 0
        """Frames still to be read one by one."""

    def start(self, position: int) -> None:
        """Go on after this frame; what was prepared is thrown away."""
        self._position = position
        if self._process is not None:
            self._say(_START + _POSITION.pack(position))

    def take(self) -> Reading | None:
        """The next chunk, None when nothing waits. `Unavailable` when the log, or the reader itself, is away."""
        reading = self._careful() if self._alone else self._ask(_NEXT)
        self._deaths = 0
        if reading is not None:
            self._position = reading.position
        return reading

    def close(self) -> None:
        """End the reader."""
        self._end(_END_S)

    # ── a log that ends its readers ──

    def _careful(self) -> Reading | None:
        """The next frame alone, without those of its records that end whoever reads them."""
        try:
            reading = self._one([])
        except _LostError:
            return self._without_guilty()
        self._alone = self._alone - 1 if reading is not None else 0
        return reading

    def _without_guilty(self) -> Reading | None:
        opened = self._one(None)
        every = range(len(opened.refusals) if opened is not None else 0)
        guilty = self._guilty(every, every)
        _log.error("records %s of the frame after %s end whoever reads them: refused", guilty, self._position)
        reading = self._one(guilty)
        self._alone = 0
        return reading

    def _guilty(self, some: Sequence[int], every: Sequence[int]) -> list[int]:
        """Those of some of a frame's records that end their reader. One alone is asked more than once."""
        if not self._ends(some, every, _DEATHS if len(some) == 1 else 1):
            return []
        if len(some) == 1:
            return list(some)
        half = len(some) // 2
        found = self._guilty(some[:half], every) + self._guilty(some[half:], every)
        return found or (list(some) if self._ends(some, every, _DEATHS) else [])

    def _ends(self, some: Sequence[int], every: Sequence[int], times: int) -> bool:
        """Whether each of so many readers ends that reads of the frame these records alone."""
        unread = [number for number in every if number not in set(some)]
        for _ in range(times):
            try:
                self._one(unread)
            except _LostError:
                self._one(None)  # where even an unread frame ends it, no record is to blame, and nothing is decided
            else:
                return False
        return True

    def _one(self, unread: list[int] | None) -> Reading | None:
        """The next frame alone, its records with these numbers, None for all, refused unread."""
        if self._process is not None:
            self._say(_START + _POSITION.pack(self._position))
        return self._ask(_ALONE + msgspec.json.encode(unread) + b"\n")

    # ── the process ──

    def _ask(self, question: bytes) -> Reading | None:
        if self._process is None:
            self._process = process = self._started()
            self._polled = select.poll()
            if process.stdout is not None:
                self._polled.register(process.stdout, select.POLLIN)
            self._say(msgspec.json.encode(self._told) + b"\n")
            self._say(_START + _POSITION.pack(self._position))
        self._say(question)
        kind, size = _ANSWER.unpack(self._heard(_ANSWER.size))
        said = self._heard(size)
        if kind == _AWAY:
            raise Unavailable(said.decode())
        return _decode(said) if kind == _CHUNK else None

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own command
            self._command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def _say(self, said: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            self._lost("is not there")
        try:
            process.stdin.write(said)
        except OSError:
            self._lost("ended")

    def _heard(self, size: int) -> bytearray:
        process = self._process
        if process is None or process.stdout is None:
            self._lost("is not there")
        said, at, pipe = bytearray(size), 0, process.stdout.fileno()
        with memoryview(said) as view:
            while at < size:
                if not self._polled.poll(self._patience_s * 1000):
                    self._lost("does not answer")
                taken = os.readv(pipe, [view[at:]])
                if taken == 0:
                    self._lost("ended")
                at += taken
        return said

    def _lost(self, how: str) -> NoReturn:
        self._end(0.0)
        self._deaths = self._deaths + 1 if self._lost_at == self._position else 1
        self._lost_at = self._position
        if self._deaths >= _DEATHS:
            self._alone = _ALONE_FRAMES
        raise _LostError(f"the process that reads the log {how}; it is started again", 0.2)

    def _end(self, wait_s: float) -> None:
        """End the reader: by the end of its questions, or by force where it takes longer than this."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(source: Frames, asked: IO[bytes], answers: IO[bytes]) -> None:
    """The reader's end: answer until nobody asks, preparing one chunk ahead."""
    prepared: bytes | None = None
    made = 0
    while (question := asked.read(1)) != b"":
        if question == _START:
            source.start(_POSITION.unpack(asked.read(_POSITION.size))[0])
            prepared = None
            continue
        is_alone = question == _ALONE
        if is_alone:
            unread = _unread(asked.readline())
            answer = _found(lambda: source.alone(unread))  # noqa: B023 - called at once
        else:
            answer = prepared or _found(source.take)
        answers.write(answer)
        answers.flush()
        prepared = None
        if answer[:1] == _CHUNK and not is_alone:
            made += 1
            if made % _COLLECT_EVERY == 0:
                gc.collect(0)
                gc.freeze()
            found = _found(source.take)
            prepared = found if found[:1] == _CHUNK else None


def _found(read: Callable[[], Reading | None]) -> bytes:
    """What reading gives, as an answer. What breaks it ends the process: whoever asks finds out what it was."""
    try:
        reading = read()
    except ItdaError as error:
        return _answer(_AWAY, str(error).encode())
    return _answer(_NOTHING) if reading is None else _answer(_CHUNK, _encode(reading))


def _answer(kind: bytes, said: bytes = b"") -> bytes:
    return _ANSWER.pack(kind, len(said)) + said
