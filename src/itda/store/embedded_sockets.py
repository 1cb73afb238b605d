"""Where the embedded server's Unix socket lives: its data folder, or a private short one in /tmp.

A server that is killed leaves its folder in /tmp behind. The next start of any shop of the same user takes it away.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import socket
import stat
from collections.abc import Collection
from pathlib import Path

from itda.base.errors import Fault, Refused
from itda.store.embedded_account import Account

_SHORT = Path("/tmp")  # noqa: S108 - owner and mode of what is made there are checked
_NAME = re.compile(r"itda-[0-9a-f]{16}")
_SOCKET = ".s.PGSQL.5432"
_PATH_LIMIT = 103
"""Bytes of a Unix socket's path: 107 on Linux, 103 on macOS."""
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
_YOUNG_S = 600
"""A folder touched so lately may be that of a server which is being started."""


def socket_folder(account: Account, data_dir: Path) -> Path:
    """The data folder, or a private short one where its path is too long or not plain."""
    if len(os.fsencode(data_dir / _SOCKET)) <= _PATH_LIMIT and _PLAIN_PATH.fullmatch(str(data_dir)):
        return data_dir
    folder = _SHORT / f"itda-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid not in (os.geteuid(), account.uid):
        raise Refused(Fault(what=f"{folder} belongs to somebody else", cure="remove it, or use a shorter path"))
    folder.chmod(0o700)
    os.utime(folder)  # young again: nobody takes it away while the server starts
    if account.must_switch:
        os.chown(folder, account.uid, account.gid)
    return folder


def left_behind(uids: Collection[int], now: float) -> list[Path]:
    """The socket folders of these users in which no server answers any more. `now` in seconds since 1970."""
    return sorted(folder for folder in _SHORT.glob("itda-*") if _NAME.fullmatch(folder.name)
                  and _is_ours(folder, uids, now) and not _is_answered(folder / _SOCKET))  # fmt: skip


def clear(uids: Collection[int], now: float) -> None:
    """Take away what killed servers left. A folder that holds anything else stays."""
    for folder in left_behind(uids, now):
        with contextlib.suppress(OSError):
            (folder / _SOCKET).unlink(missing_ok=True)
            (folder / f"{_SOCKET}.lock").unlink(missing_ok=True)
            folder.rmdir()


def _is_ours(folder: Path, uids: Collection[int], now: float) -> bool:
    try:
        state = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and state.st_uid in uids and now - state.st_mtime > _YOUNG_S


def _is_answered(path: Path) -> bool:
    """Whether somebody listens there, or may: only a clear no is a no."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(1)
        try:
            sock.connect(str(path))
        except OSError as error:
            return error.errno not in (errno.ECONNREFUSED, errno.ENOENT)
    return True
