"""Where the processes of a served shop are forked from: `python -m itda.cli.nursery SOCKET WORKSPACE ROLE…`.

It loads once what they all need and parses the definitions, so that each starts in a fraction of a second and they
share the memory of it. It opens nothing and starts no thread: what is forked begins with a clean slate. The supervisor
tells over the socket what there is to know of the workspace key (it is in no environment, and no KMS is asked again),
then asks, one role a message, with the descriptors that process is to have; the answer is its process id. When it ends,
its exit code is written to the last of the descriptors. Without a supervisor there is nothing to do, and it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from struct import Struct
from typing import NoReturn

from itda.base.errors import ItdaError
from itda.engine.lean import without_pandas
from itda.store import workspace_key
from itda.workspace.load import load

CODE = Struct("!i")
"""An exit code, as it is told; a signal's number below 0."""
_LOADED = {
    "doors": ("itda.cli.doors", "itda.api.server"),
    "pipeline": ("itda.engine.processing",),
    "decider": ("itda.engine.sending.making", "itda.engine.deciding.making"),
    "compactor": ("itda.engine.fetching.keeping", "itda.engine.upkeep", "pyarrow"),
}
_FOR_ALL = ("itda.cli.child", "itda.engine.turns", "itda.messages.unparsed")
_LONGEST_KEY = 1 << 20
_MAPPED_FROM = 1 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def main(asked: int, workspace: str, *roles: str) -> int:
    """Serve one supervisor."""
    _call("nursery")
    _load(roles)
    _read(workspace)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended, wakes = os.pipe()
    for descriptor in (ended, wakes):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()  # a collection that marks what is shared would copy it
    telling: dict[int, int] = {}
    watched: list[socket.socket | int] = [ended]
    with socket.socket(fileno=asked) as supervisor:
        if not _told(supervisor):
            return 0
        watched.append(supervisor)
        while True:
            ready, _, _ = select.select(watched, [], [])
            if ended in ready:
                os.read(ended, 4096)
                _reap(telling)
            if supervisor in ready:
                message, given, _, _ = socket.recv_fds(supervisor, 64, 4)
                if not message:
                    return 0
                role = message.decode()
                pid = os.fork()
                if pid == 0:
                    for descriptor in (supervisor.detach(), ended, wakes, given.pop(), *telling.values()):
                        os.close(descriptor)
                    _become(role, workspace, given)
                telling[pid] = given.pop()
                for descriptor in given:
                    os.close(descriptor)
                supervisor.send(str(pid).encode())


def _load(roles: Sequence[str]) -> None:
    """Load what these roles need."""
    without_pandas()
    for name in dict.fromkeys((*_FOR_ALL, *(name for role in roles for name in _LOADED[role]))):
        importlib.import_module(name)


def _read(workspace: str) -> None:
    """Parse what the workspace defines: whoever is forked reads its files anew, and parses what changed since."""
    with contextlib.suppress(ItdaError):  # they say it themselves
        load(Path(workspace))


def _told(supervisor: socket.socket) -> bool:
    """Take what is told of the workspace key; False where the supervisor is gone before."""
    key = supervisor.recv(_LONGEST_KEY)
    if key:
        workspace_key.take(key)
    return bool(key)


def _reap(telling: dict[int, int]) -> None:
    while telling:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        descriptor = telling.pop(pid)
        with contextlib.suppress(OSError):  # nobody wants to know
            os.write(descriptor, CODE.pack(os.waitstatus_to_exitcode(status)))
        os.close(descriptor)


def _become(role: str, workspace: str, given: Sequence[int]) -> NoReturn:
    """Be one process of the shop: its input, its errors, and for the doors their socket."""
    from itda.cli import child  # noqa: PLC0415 - loaded already

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    reads, errors, *sockets = given
    for descriptor, place in ((reads, 0), (errors, 1), (errors, 2)):
        os.dup2(descriptor, place)
    os.close(reads)
    os.close(errors)
    _call(role)
    if role == "compactor":
        _give_back_at_once()
    _end(child.main(role, workspace, *map(str, sockets)))


def _end(code: int) -> NoReturn:
    """End at once. All that was open is closed; to take what was loaded apart would copy it all and free nothing."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _call(role: str) -> None:
    """The name that `top` and `pgrep` show."""
    with contextlib.suppress(OSError), open("/proc/self/comm", "w") as name:  # noqa: PTH123 - where there is one
        name.write(f"itda {role}")


def _give_back_at_once() -> None:
    """The compactor holds whole files for a moment: what is that large goes back the moment it is freed."""
    with contextlib.suppress(AttributeError, OSError):  # another C library has no such settings
        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_MMAP_THRESHOLD, _MAPPED_FROM)
        set_option(_M_TRIM_THRESHOLD, _MAPPED_FROM)


def _run() -> NoReturn:
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))


if __name__ == "__main__":
    _run()
