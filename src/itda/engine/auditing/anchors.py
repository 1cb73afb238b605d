"""Anchors: what a chain had come to at a time, written where whoever owns the database cannot change it.

A file is only ever added to, and each of its lines holds the SHA-256 of the line before. A bucket holds the same
lines, each as an object of its own under a lock (see `bucket`).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Protocol

import msgspec

from itda.access import chain
from itda.base.errors import Unavailable
from itda.engine.auditing.streams import STREAMS, head
from itda.store.database import Connection, Database

FILE = "anchors.jsonl"


class Point(msgspec.Struct, frozen=True):
    """What one stream had come to: its last sealed row, that row's link, and the root over the links of that day."""

    stream: str
    seq: int
    links: int
    day: int
    hash: str
    root: str


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `at` is in microseconds UTC; `before` the SHA-256 of the line before it, empty for the first."""

    at: int
    streams: list[Point]
    before: str = ""
    is_restored: bool = False
    """The database was put back to these points from a backup: later ones of before are void."""


class Read(msgspec.Struct, frozen=True):
    """The anchors of a place, oldest first. `fault`: it cannot be read, or lines were altered or taken out."""

    anchors: list[Anchor]
    fault: str = ""


class Place(Protocol):
    """Where anchors are kept."""

    @property
    def name(self) -> str:
        """What it is called when something is told of it."""
        ...

    def read(self) -> Read:
        """Every anchor there is."""
        ...


class AnchorFile:
    """The file in a folder that is best on another disk, and best not writable by whoever owns the database."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def lines(self) -> list[bytes]:
        """The lines as they are, oldest first."""
        try:
            return self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be read: {error.strerror}") from error

    def read(self) -> Read:
        """Every anchor there is."""
        try:
            return told(self.lines())
        except Unavailable as error:
            return Read([], str(error))

    def add(self, anchor: Anchor) -> bytes:
        """Add an anchor, durable when this returns; its line. `Unavailable` where the file cannot be written."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                lines = self.lines()
                before = hashlib.sha256(lines[-1]).hexdigest() if lines else ""
                line = msgspec.json.encode(msgspec.structs.replace(anchor, before=before))
                file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be written: {error.strerror}") from error
        return line


def told(lines: list[bytes], *, is_whole: bool = True) -> Read:
    """What lines say; the first that cannot be read, or follows no line before it, is the fault.

    Of a file each follows the one before it, and nothing after a fault counts. Those that are not the whole may begin
    anywhere, each follows one of those before it, and all count: nobody can have altered them.
    """
    anchors: list[Anchor] = []
    before, fault = {""} if is_whole else set[str](), ""
    for number, line in enumerate(lines, 1):
        try:
            anchor = msgspec.json.decode(line, type=Anchor)
        except msgspec.MsgspecError:
            return Read(anchors, f"line {number} is no anchor")
        if anchor.before not in before and (is_whole or number > 1):
            fault = fault or f"line {number} does not follow the one before it: lines were altered or taken out"
            if is_whole:
                break
        own = hashlib.sha256(line).hexdigest()
        before = {own} if is_whole else before | {own}
        anchors.append(anchor)
    return Read(anchors, fault)


def note(connection: Connection, lines: list[bytes], *, is_anew: bool = False) -> None:
    """Keep what the file has now. Where something of it is gone, what was kept stays, unless it begins `is_anew`."""
    if is_anew or not lost(connection, lines):
        connection.execute(
            "insert into anchored (anchors, first_sha256) values (%s, %s) on conflict (is_only)"
            " do update set anchors = excluded.anchors, first_sha256 = excluded.first_sha256",
            [len(lines), hashlib.sha256(lines[0]).digest()],
        )


def lost(connection: Connection, lines: list[bytes]) -> str:
    """What is wrong where the file has not all the anchors that were written to it; empty where it has."""
    row = connection.execute("select anchors, first_sha256 from anchored").fetchone()
    if row is None:
        return ""
    anchors, first = row
    if lines and hashlib.sha256(lines[0]).digest() != bytes(first):
        return "it begins with another anchor than was written first: the file was replaced"
    if len(lines) < anchors:
        return f"{anchors:,} anchors were written, {len(lines):,} are there: the file, or the end of it, is gone"
    return ""


def points(db: Database) -> list[Point]:
    """What every stream has come to by now."""
    with db.connection(is_of_one_moment=True) as connection:
        return points_in(connection)


def points_in(connection: Connection) -> list[Point]:
    """What every stream has come to, as this transaction sees it."""
    found = []
    for stream in STREAMS:
        at = head(connection, stream)
        if at is None:  # nothing is known to be anchored of it; whoever verifies is told
            continue
        root = chain.root(_roots(connection, stream.name, at.day, at.seq, at.unblocked))
        found.append(Point(stream.name, at.seq, at.links, at.day, at.hash.hex(), root.hex()))
    return found


def _roots(connection: Connection, stream: str, day: int, last: int, unblocked: int) -> list[bytes]:
    """The roots of a day's blocks, and that of the links under none yet."""
    blocks = connection.execute(
        "select root from chain_block where stream = %s and day = %s order by first_seq", [stream, day]
    ).fetchall()
    rest = connection.execute(
        "select hash from chain_link where stream = %s and seq <= %s order by seq desc limit %s",
        [stream, last, unblocked],
    ).fetchall()[::-1]
    roots = [bytes(one) for (one,) in blocks]
    return [*roots, chain.root([bytes(one) for (one,) in rest])] if rest else roots
