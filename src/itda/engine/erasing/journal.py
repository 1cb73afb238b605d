"""Every erasure in a file beside the keys: what a restored backup brings back is destroyed again from it.

One line an erasure, sealed under a key of the workspace's own, written and flushed before the log is told. It names
fragments, which lead to nobody once their keys are gone, and the blind indexes of what is refused from then on; it is
kept apart from the backups of the database.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from itda.base.errors import Fault, Refused
from itda.store.vault import NO_FRAGMENT, Cipher, Unsealable, Vault

NAME = "erasures.log"
_LABEL = "erasure"
_BLOCK = 1 << 14
"""Bytes that are read at once from the end."""


class Value(msgspec.Struct, frozen=True):
    """A value of who was erased: its blind index (hex), and the generation that it had."""

    blind: str
    kind: str
    generation: int


class Entry(msgspec.Struct, frozen=True):
    """One erasure. `request` and `fragments` are hex, `at` is log time."""

    request: str
    at: int
    fragments: tuple[str, ...]
    values: tuple[Value, ...] = ()
    """As their keys were there; whoever restores may have none of them."""


def note(data_dir: Path, vault: Vault, entries: Sequence[Entry]) -> None:
    """Write erasures down, durable when this returns. Once more is no harm: each is one erasure by its request.

    A last line that was cut short is taken out first: nobody was told of it, and what follows it would be lost with it.
    """
    cipher = _cipher(vault)
    lines = [base64.b64encode(cipher.seal(NO_FRAGMENT, _LABEL, msgspec.json.encode(entry))) for entry in entries]
    descriptor = os.open(data_dir / NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate(len(whole(file.read())))
        file.write(b"\n".join([*lines, b""]))
        file.flush()
        os.fsync(file.fileno())


def noted(data_dir: Path, vault: Vault) -> Iterator[Entry]:
    """Every erasure of a workspace, as `read`."""
    yield from read(data_dir / NAME, vault)


def read(path: Path, vault: Vault) -> Iterator[Entry]:
    """Every erasure, the oldest first. A last line that was cut short is passed over; `Refused` for any other."""
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    cipher, seen = _cipher(vault), set[str]()
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            entry = _opened(cipher, line)
        except (ValueError, Unsealable) as error:
            if number == len(lines):
                return
            cure = "put back your copy of it: without it a restored backup brings erased people back"
            raise Refused(Fault(what=f"line {number} cannot be read: {error}", file=str(path), cure=cure)) from None
        if entry.request not in seen:
            seen.add(entry.request)
            yield entry


def latest(path: Path, vault: Vault) -> Iterator[Entry]:
    """Every erasure, the newest first and as often as it was noted; of a long file no more is read than is asked for.

    Lines that do not open are passed over, be they cut short, damaged or of another workspace. `Refused` where whoever
    asks may not read the file.
    """
    cipher = _cipher(vault)
    for line in _backwards(path):
        entry = None
        with contextlib.suppress(ValueError, Unsealable):
            entry = _opened(cipher, line)
        if entry is not None:
            yield entry


def whole(content: bytes) -> bytes:
    """A journal's lines that were written to their end."""
    return content[: content.rfind(b"\n") + 1]


def _opened(cipher: Cipher, line: bytes) -> Entry:
    sealed = base64.b64decode(line, validate=True)
    return msgspec.json.decode(cipher.open(NO_FRAGMENT, _LABEL, sealed), type=Entry)


def _backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file, the last first; none where there is no file."""
    if not path.exists():
        return
    try:
        opened = path.open("rb")
    except OSError as error:
        cure = "open the workspace as the user who serves it"
        raise Refused(Fault(what=f"cannot be read: {error.strerror}", file=str(path), cure=cure)) from None
    with opened as file:
        end, first = file.seek(0, os.SEEK_END), b""
        while end:
            start = max(0, end - _BLOCK)
            file.seek(start)
            first, *lines = (file.read(end - start) + first).split(b"\n")
            yield from reversed(lines)
            end = start
        yield first


def _cipher(vault: Vault) -> Cipher:
    return vault.cipher(vault.seed("erasures"), "erasures")
