"""The reader: a process beside the writer that reads the log and prepares chunks, each before the writer asks for it.

The two speak over pipes. The writer says where to start (`s` and a position) and asks for the next chunk (`n`); every
`n` has one answer: a chunk, nothing, or why there is none now. When the writer is gone its pipe ends, and the reader
with it. A reader that died is started again by the next question.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import struct
import subprocess
import sys
from pathlib import Path
from typing import IO, NoReturn

import msgspec

from itda.base.errors import Unavailable
from itda.engine.ahead import Source
from itda.engine.reading import Reading
from itda.workspace.load import FILES, FOLDERS

_START, _NEXT = b"s", b"n"
_CHUNK, _NOTHING, _AWAY = b"c", b"-", b"u"
_POSITION = struct.Struct("<q")
_ANSWER = struct.Struct("<cI")
_COLLECT_EVERY = 64
_END_S = 10.0
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Reading).decode


class Task(msgspec.Struct, frozen=True):
    """What a reader is told first, as one line of JSON: the workspace, as the writer knows it."""

    folder: str
    url: str
    """Of its database."""
    digest: str
    """Of its definitions: a reader that finds others prepares nothing."""


def task(folder: Path, url: str) -> Task:
    """The task for a workspace as it stands."""
    return Task(str(folder), url, digest(folder))


def digest(folder: Path) -> str:
    """What tells one state of a workspace's definitions from another."""
    found = hashlib.sha256()
    written = [folder / name for name in FILES]
    for name in FOLDERS:
        written += sorted((folder / name).glob("*.y*ml"))
    for path in written:
        if path.is_file():
            found.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


class Reader:
    """The writer's end: a `Source` whose chunks another process makes."""

    def __init__(self, told: Task) -> None:
        self._told = told
        self._process: subprocess.Popen[bytes] | None = None
        self._position = 0

    def start(self, position: int) -> None:
        """Go on after this frame; what was prepared is thrown away."""
        self._position = position
        if self._process is not None:
            self._say(_START + _POSITION.pack(position))

    def take(self) -> Reading | None:
        """The next chunk, None when nothing waits. `Unavailable` when the log, or the reader itself, is away."""
        if self._process is None:
            self._process = self._started()
            self._say(msgspec.json.encode(self._told) + b"\n")
            self._say(_START + _POSITION.pack(self._position))
        self._say(_NEXT)
        kind, said = self._heard()
        if kind == _AWAY:
            raise Unavailable(said.decode())
        return _decode(said) if kind == _CHUNK else None

    def close(self) -> None:
        """End the reader."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what a reader that died did not take is written once more
                    pipe.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "itda.engine.reader_process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def _say(self, said: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            self._lost()
        try:
            process.stdin.write(said)
            process.stdin.flush()
        except OSError:
            self._lost()

    def _heard(self) -> tuple[bytes, bytes]:
        process = self._process
        if process is None or process.stdout is None:
            self._lost()
        head = process.stdout.read(_ANSWER.size)
        if len(head) < _ANSWER.size:
            self._lost()
        kind, size = _ANSWER.unpack(head)
        said = process.stdout.read(size)
        if len(said) < size:
            self._lost()
        return kind, said

    def _lost(self) -> NoReturn:
        self.close()
        raise Unavailable("the process that reads the log ended; it is started again", 0.2)


def serve(source: Source, asked: IO[bytes], answers: IO[bytes]) -> None:
    """The reader's end: answer until nobody asks, preparing one chunk ahead."""
    prepared: bytes | None = None
    made = 0
    while (question := asked.read(1)) != b"":
        if question == _START:
            source.start(_POSITION.unpack(asked.read(_POSITION.size))[0])
            prepared = None
            continue
        answer = prepared or _next(source)
        answers.write(answer)
        answers.flush()
        prepared = None
        if answer[:1] == _CHUNK:
            made += 1
            if made % _COLLECT_EVERY == 0:
                gc.collect(0)
                gc.freeze()
            found = _next(source)
            prepared = found if found[:1] == _CHUNK else None


def _next(source: Source) -> bytes:
    try:
        reading = source.take()
    except Unavailable as error:
        return _answer(_AWAY, str(error).encode())
    return _answer(_NOTHING) if reading is None else _answer(_CHUNK, _encode(reading))


def _answer(kind: bytes, said: bytes = b"") -> bytes:
    return _ANSWER.pack(kind, len(said)) + said
