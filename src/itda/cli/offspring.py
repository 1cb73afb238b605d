"""The supervisor's side of the nursery: a process of the shop is asked for, looked at, told to stop."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import psutil

from itda.cli.nursery import CODE

_THRIFTY = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1"}
"""Processes that run for months give freed memory back instead of keeping it by thread."""
_LOADING_S = 60.0
"""Longest until the nursery has loaded all and answers, also on a machine that is busy."""
_LOOK_S = 0.02
UNTOLD = -1
"""The exit code of a process whose nursery died before it."""


class Running(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its process id."""
        ...

    def poll(self) -> int | None:
        """Its exit code once it has ended; a signal's number below 0."""
        ...

    def terminate(self) -> None:
        """Send SIGTERM."""
        ...

    def kill(self) -> None:
        """Send SIGKILL."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; `subprocess.TimeoutExpired` when that takes longer, in seconds."""
        ...

    def let_go(self) -> None:
        """Close what ties it to us; should it still live, it stops."""
        ...


class Offspring:
    """A process that the nursery forked."""

    def __init__(self, pid: int, ended: int, tie: int) -> None:
        self.pid = pid
        self._ended, self._tie = ended, tie
        self._code: int | None = None
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):  # it may have ended already
            self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        """Its exit code once it has ended; a signal's number below 0."""
        if self._code is None and select.select([self._ended], [], [], 0)[0]:
            told = os.read(self._ended, CODE.size)
            if told:
                (self._code,) = CODE.unpack(told)
            elif not self._lives():
                self._code = UNTOLD
        return self._code

    def _lives(self) -> bool:
        with contextlib.suppress(psutil.Error):
            return self._process is not None and self._process.status() != psutil.STATUS_ZOMBIE
        return False

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None and self._process is not None:
            with contextlib.suppress(psutil.Error):
                self._process.send_signal(number)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; `subprocess.TimeoutExpired` when that takes longer, in seconds."""
        until = time.monotonic() + (timeout if timeout is not None else float("inf"))
        while (code := self.poll()) is None:
            left = until - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            time.sleep(min(_LOOK_S, left))
        return code

    def let_go(self) -> None:
        """Close what ties it to us; should it still live, it stops."""
        os.close(self._ended)
        os.close(self._tie)


class Nursery:
    """Forks the processes of one workspace; where it was killed, the next one asked for starts it again.

    `key` gives what they are told of the workspace key (`workspace_key.handed`).
    """

    def __init__(self, workspace: Path, roles: Sequence[str], errors: Path, key: Callable[[], bytes]) -> None:
        self._command = [str(workspace), *roles]
        self._errors = errors
        self._key = key
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Start to load; nothing is waited for."""
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_LOADING_S)
        with theirs, self._errors.open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "itda.cli.nursery", str(theirs.fileno()), *self._command],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, pass_fds=(theirs.fileno(),),
                start_new_session=True, env=os.environ | _THRIFTY,
            )  # fmt: skip
        ours.send(self._key())
        self._socket = ours

    def start(self, role: str, errors: Path, descriptors: Sequence[int] = ()) -> Offspring:
        """Fork a process of a role, with its errors to a file; `OSError` where there is no nursery to be had."""
        try:
            return self._start(role, errors, descriptors)
        except OSError:
            self.open()
            return self._start(role, errors, descriptors)

    def _start(self, role: str, errors: Path, descriptors: Sequence[int]) -> Offspring:
        if self._socket is None:
            raise ConnectionResetError("there is no nursery")
        reads, tie = os.pipe()
        ended, tells = os.pipe()
        try:
            with errors.open("ab") as file:
                socket.send_fds(self._socket, [role.encode()], [reads, file.fileno(), *descriptors, tells])
            told = self._socket.recv(64)
            if not told:
                raise ConnectionResetError("the nursery ended")
        except OSError:
            os.close(tie)
            os.close(ended)
            raise
        finally:
            os.close(reads)
            os.close(tells)
        return Offspring(int(told), ended, tie)

    def close(self) -> None:
        """End it; what it forked lives on."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LOOK_S)
            self._process.kill()
            self._process.wait()
        self._socket = self._process = None
