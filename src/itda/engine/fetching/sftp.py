"""SFTP as far as files are listed and read: protocol version 3 (draft-ietf-secsh-filexfer-02) over `ssh`.

The system's `ssh` signs in and checks the server's key; here the two programs' pipes are all that is spoken to.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812 - a class
from typing import IO, Self

import msgspec

from itda.base.errors import Fault, Refused, Unavailable
from itda.base.instant import SECOND
from itda.sources.origins import SftpOrigin

_INIT, _VERSION, _OPEN, _CLOSE, _READ, _OPENDIR, _READDIR = 1, 2, 3, 4, 5, 11, 12
_STATUS, _HANDLE, _DATA, _NAME = 101, 102, 103, 104
_EOF, _NO_SUCH_FILE, _DENIED = 1, 2, 3
"""SSH_FX codes."""
_SIZE, _IDS, _MODE, _TIMES, _MORE = 1, 2, 4, 8, 1 << 31
"""Flags of a file's attributes."""
_REGULAR = 0o100000
_KIND = 0o170000
_BLOCK = 32_768
_AHEAD = 16
"""Blocks that are asked for before the first of them is there."""
_LARGEST = 1 << 20
"""Bytes of one packet: no answer to our questions is larger."""
_GRACE_S = 1.0
_UNREADABLE = "the SFTP server gives answers that are none"
_U32, _U64 = Struct(">I"), Struct(">Q")


class Remote(msgspec.Struct, frozen=True):
    """A file of the other machine. `modified_at` in microseconds UTC, to the second."""

    name: str
    bytes: int
    modified_at: int


def command(origin: SftpOrigin, key: str) -> list[str]:
    """How `ssh` is started: never asking anybody, never trusting a server it does not know."""
    options = [
        "BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=10", "ServerAliveInterval=15",
        "ServerAliveCountMax=4", "ClearAllForwardings=yes",
    ]  # fmt: skip
    if origin.known_hosts:
        options.append(f"UserKnownHostsFile={_one_path(origin.known_hosts)}")
    if key:
        options += ["IdentitiesOnly=yes", f"IdentityFile={_one_path(key)}"]
    told = [word for option in options for word in ("-o", option)]
    return ["ssh", *told, "-p", str(origin.port), "-l", origin.user, "-s", "--", origin.host, "sftp"]


def _one_path(path: str) -> str:
    """A path as ssh_config(5) takes it: as one word, and without signs that stand for something else."""
    quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{quoted}"'


class Client:
    """One session over the pipes of a program that speaks SFTP. `Unavailable` when it falls silent."""

    def __init__(self, program: Sequence[str], environment: Mapping[str, str], file: str) -> None:
        kept = {name: environment[name] for name in ("PATH", "HOME", "SSH_AUTH_SOCK", "LANG") if name in environment}
        self._file = file
        self._number = 0
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own words, and a checked host and user
                program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=kept
            )
        except FileNotFoundError:
            cure = "install the OpenSSH client"
            raise Refused(Fault(what="there is no program `ssh` here", cure=cure, file=file)) from None
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):  # what was not sent yet is sent to nobody
                _opened(pipe).close()

    def list(self, folder: str) -> list[Remote]:
        """The files of a folder, without its folders and links."""
        with _understood():
            return [*self._listed(folder)]

    def _listed(self, folder: str) -> Iterator[Remote]:
        handle = self._handle(_OPENDIR, _text(folder or "."), folder)
        while True:
            kind, body = self._ask(_READDIR, _text(handle))
            if kind == _STATUS:
                self._expect_end(body, folder)
                break
            if kind != _NAME:
                raise Unavailable(_UNREADABLE)
            yield from _names(body)
        self._ask(_CLOSE, _text(handle))

    def read(self, path: str) -> Iterator[bytes]:
        """A file's bytes, in order."""
        with _understood():
            yield from self._read(path)

    def _read(self, path: str) -> Iterator[bytes]:
        handle = self._handle(_OPEN, _text(path) + _U32.pack(1) + _U32.pack(0), path)
        asked: deque[tuple[int, int]] = deque()
        offset = 0
        while True:
            while len(asked) < _AHEAD:
                asked.append((self._request(_READ, _text(handle) + _U64.pack(offset) + _U32.pack(_BLOCK)), offset))
                offset += _BLOCK
            number, at = asked.popleft()
            kind, body = self._answer(number)
            if kind == _STATUS:
                self._expect_end(body, path)
                break
            data = body[4:]
            if kind != _DATA or not 0 < len(data) == _U32.unpack_from(body)[0] <= _BLOCK:
                raise Unavailable(_UNREADABLE)
            yield data
            if len(data) < _BLOCK:  # less than asked for is no end: what follows is asked for again (section 6.4)
                for later, _ in asked:
                    self._answer(later)
                asked.clear()
                offset = at + len(data)
        for later, _ in asked:
            self._answer(later)
        self._ask(_CLOSE, _text(handle))

    def _greet(self) -> None:
        self._send(_INIT, _U32.pack(3))
        if self._packet()[0] != _VERSION:
            raise self._gone()

    def _handle(self, kind: int, body: bytes, path: str) -> bytes:
        got, answer = self._ask(kind, body)
        if got not in (_HANDLE, _STATUS):
            raise Unavailable(_UNREADABLE)
        if got != _HANDLE:
            raise self._refused(answer, path)
        return answer[4:]

    def _ask(self, kind: int, body: bytes) -> tuple[int, bytes]:
        return self._answer(self._request(kind, body))

    def _request(self, kind: int, body: bytes) -> int:
        self._number += 1
        self._send(kind, _U32.pack(self._number) + body)
        return self._number

    def _answer(self, number: int) -> tuple[int, bytes]:
        kind, body = self._packet()
        if len(body) < _U32.size or _U32.unpack_from(body)[0] != number:
            raise self._gone()
        return kind, body[4:]

    def _send(self, kind: int, body: bytes) -> None:
        try:
            pipe = _opened(self._process.stdin)
            pipe.write(_U32.pack(1 + len(body)) + bytes([kind]) + body)
            pipe.flush()
        except OSError:
            raise self._gone() from None

    def _packet(self) -> tuple[int, bytes]:
        pipe = _opened(self._process.stdout)
        head = pipe.read(5)
        size = _U32.unpack_from(head)[0] - 1 if len(head) == 5 else -1  # noqa: PLR2004 - length and type
        if not 0 <= size <= _LARGEST:
            raise self._gone()
        body = pipe.read(size)
        if len(body) < size:
            raise self._gone()
        return head[4], body

    def _expect_end(self, status: bytes, path: str) -> None:
        if _U32.unpack_from(status)[0] != _EOF:
            raise self._refused(status, path)

    def _refused(self, status: bytes, path: str) -> Refused | Unavailable:
        code = _U32.unpack_from(status)[0]
        what = {_NO_SUCH_FILE: "is not there", _DENIED: "may not be read"}.get(code)
        if what is None:
            return Unavailable(f"{path}: the SFTP server says code {code}")
        cure = "see the path in sftp: address:, and what the user may read"
        return Refused(Fault(what=f"{path or 'its folder'} {what} on the server", cure=cure, file=self._file))

    def _gone(self) -> Unavailable:
        """Why nothing comes any more: what `ssh` says of it as it ends."""
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        said = _opened(self._process.stderr).read().decode(errors="replace").strip().splitlines()
        return Unavailable(f"the SFTP server does not answer: {said[-1].strip() if said else 'it hung up'}")


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    """An answer that is shorter than it says is none."""
    try:
        yield
    except StructError:
        raise Unavailable(_UNREADABLE) from None


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("a program without pipes")
    return pipe


def _text(value: str | bytes) -> bytes:
    raw = os.fsencode(value) if isinstance(value, str) else value
    return _U32.pack(len(raw)) + raw


def _names(body: bytes) -> Iterator[Remote]:
    """The regular files of an answer to READDIR."""
    place = 4
    for _ in range(_U32.unpack_from(body)[0]):
        name, place = _string(body, place)
        _, place = _string(body, place)
        flags = _U32.unpack_from(body, place)[0]
        place += 4
        size = mode = modified = 0
        if flags & _SIZE:
            size, place = _U64.unpack_from(body, place)[0], place + 8
        if flags & _IDS:
            place += 8
        if flags & _MODE:
            mode, place = _U32.unpack_from(body, place)[0], place + 4
        if flags & _TIMES:
            modified, place = _U32.unpack_from(body, place + 4)[0], place + 8
        if flags & _MORE:
            count, place = _U32.unpack_from(body, place)[0], place + 4
            for _ in range(2 * count):
                _, place = _string(body, place)
        if mode & _KIND == _REGULAR:
            yield Remote(os.fsdecode(name), size, modified * SECOND)


def _string(body: bytes, place: int) -> tuple[bytes, int]:
    end = place + 4 + _U32.unpack_from(body, place)[0]
    return body[place + 4 : end], end
