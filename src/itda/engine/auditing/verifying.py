"""Looks at every row of the audit's tables, its link, the roots, and the anchors outside; names the first broken row.

What is changed, taken out, put in or put in another order by somebody who writes past Itda breaks a link. Whoever
makes all links anew as well is found by the anchors: what they name is no longer there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from itda.access import chain
from itda.engine.auditing.anchors import Anchor, AnchorFile, Place, Point, lost
from itda.engine.auditing.streams import STREAMS, Head, Stream, head
from itda.store.database import Connection, Database

_AT_ONCE = 2_000
_names = iter(range(1 << 62))


class Break(msgspec.Struct, frozen=True):
    """The first row of a stream that is not as it was written. `what` is a key of `_WORDS`."""

    table: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.table}, row {self.seq:,}: {_WORDS[self.what]}"


_WORDS = {
    "altered": "it was altered",
    "deleted": "it was taken out",
    "added": "it was put in past the chain, or its link was taken out",
    "link": "it was altered, or its link was",
    "root": "the root over it and those after it is not theirs",
    "head": "from here on the chain is not what its head says",
    "headless": "the head of the chain was taken out, and nobody can say up to where it was sealed",
}


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One stream looked through. `gaps` is of numbers that were never written: somebody's transaction did not end."""

    table: str
    rows: int
    sealed: int
    unsealed: int
    gaps: int
    broken: Break | None


class Misfit(msgspec.Struct, frozen=True):
    """An anchor that names what is not there. `since` is the last row that an earlier anchor still holds."""

    place: str
    at: int
    table: str
    seq: int
    since: int

    def __str__(self) -> str:
        return (
            f"{self.table}: row {self.seq:,} is not the one that was anchored in {self.place}: "
            f"the chain was made anew somewhere after row {self.since:,}"
        )


class Anchored(msgspec.Struct, frozen=True):
    """What one place outside the database holds. `last_at` is None where it holds nothing yet."""

    place: str
    anchors: int
    last_at: int | None
    fault: str = ""
    """Why it cannot be read, or what was done to it."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at everything found."""

    at: int
    streams: list[Checked]
    places: list[Anchored]
    misfits: list[Misfit]

    @property
    def faults(self) -> list[str]:
        """Everything that is wrong, in words; empty: all is as it was written."""
        return [
            *(str(one.broken) for one in self.streams if one.broken is not None),
            *(str(one) for one in self.misfits),
            *(f"{one.place}: {one.fault}" for one in self.places if one.fault),
        ]


def verify(db: Database, places: Sequence[Place], now: int, is_over: Callable[[], bool] = lambda: False) -> Verdict:
    """Look at all of it, in bounded memory. `now` is in microseconds UTC; what `is_over` is left where it stands."""
    with db.connection(is_of_one_moment=True) as connection:
        streams = [_checked(connection, stream, is_over) for stream in STREAMS]
        anchored, misfits = [], []
        for place in places:
            read = place.read()
            fault = read.fault or (lost(connection, place.lines()) if isinstance(place, AnchorFile) else "")
            last_at = read.anchors[-1].at if read.anchors else None
            anchored.append(Anchored(place.name, len(read.anchors), last_at, fault))
            misfits += _misfits(connection, place.name, read.anchors)
    return Verdict(at=now, streams=streams, places=anchored, misfits=misfits)


def _checked(connection: Connection, stream: Stream, is_over: Callable[[], bool]) -> Checked:
    at = head(connection, stream)
    if at is None:
        gone = Break(stream.table, 1, "headless")
        return Checked(table=stream.table, rows=0, sealed=0, unsealed=0, gaps=0, broken=gone)
    look = _Look(stream, at)
    broken: Break | None = None
    for row in _rows(connection, stream):
        broken = look.at(row)
        if broken is not None or (look.rows % _AT_ONCE == 0 and is_over()):
            break
    else:
        broken = look.end()
    root = _wrong_root(connection, stream, broken.seq if broken else at.seq + 1)
    if root is not None:
        broken = Break(stream.table, root, "root")
    return Checked(
        table=stream.table, rows=look.rows, sealed=look.links, unsealed=look.rows - look.links,
        gaps=look.gaps, broken=broken,
    )  # fmt: skip


def _rows(connection: Connection, stream: Stream) -> Iterator[tuple[Any, ...]]:
    """Every row and every link of a stream by seq: seq, day and hash of the link, time, its own hash, its columns."""
    written = stream.written or "''::bytea"
    columns = ", ".join(f"r.{name}" for name in stream.columns)
    query = (
        f"select coalesce(r.seq, l.seq), l.day, l.hash, r.seq is not null, r.{stream.at}, {written}, {columns}"
        f" from (select * from chain_link where stream = '{stream.name}') l"
        f" full join {stream.table} r on r.seq = l.seq order by 1"
    )
    with connection.cursor(name=f"chain_{stream.name}_{next(_names)}") as rows:
        rows.itersize = _AT_ONCE
        yield from rows.execute(query.encode())


class _Look:
    """Goes along one stream."""

    def __init__(self, stream: Stream, at: Head) -> None:
        self._stream, self._head = stream, at
        self.rows = self.links = self.gaps = 0
        self._seq = self._day = 0
        self._hash = b""

    def at(self, row: tuple[Any, ...]) -> Break | None:
        """The next row or link; what is wrong with it."""
        seq, day, linked, is_there, when, written, *values = row
        what = ""
        if not is_there:
            what = "deleted"
        else:
            self.rows += 1
            own = self._stream.row_sha256(values)
            if self._stream.written and own != bytes(written):
                what = "altered"
            elif linked is None:
                what = "added" if seq <= self._head.until_seq else ""
            else:
                what = self._follow(seq, day, bytes(linked), chain.link(self._before(day), seq, when, own))
        return Break(self._stream.table, seq, what) if what else None

    def _before(self, day: int) -> bytes:
        if day == self._day:
            return self._hash
        return chain.beginning(self._stream.name, day, self._hash or chain.NOTHING)

    def _follow(self, seq: int, day: int, linked: bytes, expected: bytes) -> str:
        self.links += 1
        self.gaps += seq - self._seq - 1
        self._seq, self._day, self._hash = seq, day, linked
        return "" if linked == expected else "link"

    def end(self) -> Break | None:
        """Whether the stream ends where its head says."""
        if (self._seq, self._hash, self.links) == (self._head.seq, self._head.hash, self._head.links):
            return None
        return Break(self._stream.table, self._seq + 1, "head")


def _wrong_root(connection: Connection, stream: Stream, before: int) -> int | None:
    """The first row of the first block whose root is not its links'; None where all that end before are right."""
    blocks = connection.execute(
        "select first_seq, last_seq, links, root from chain_block where stream = %s and last_seq < %s order by 1",
        [stream.name, before],
    ).fetchall()
    for first, last, count, written in blocks:
        links = connection.execute(
            "select hash from chain_link where stream = %s and seq between %s and %s order by seq",
            [stream.name, first, last],
        ).fetchall()
        if len(links) != count or chain.root([bytes(one) for (one,) in links]) != bytes(written):
            return int(first)
    return None


def _misfits(connection: Connection, place: str, anchors: Sequence[Anchor]) -> list[Misfit]:
    """The first anchor of each stream that names another link than the one that is there."""
    found = []
    tables = {stream.name: stream.table for stream in STREAMS}
    for name, table in tables.items():
        since = 0
        for at, point in _points(anchors, name):
            row = connection.execute(
                "select hash from chain_link where stream = %s and seq = %s", [name, point.seq]
            ).fetchone()
            if row is None or bytes(row[0]).hex() != point.hash:
                found.append(Misfit(place, at, table, point.seq, since))
                break
            since = point.seq
    return found


def _points(anchors: Sequence[Anchor], stream: str) -> list[tuple[int, Point]]:
    """What the anchors name of a stream, without what a restored backup made void."""
    kept: list[tuple[int, Point]] = []
    for anchor in anchors:
        for point in anchor.streams:
            if point.stream == stream:
                if anchor.is_restored:
                    kept = [one for one in kept if one[1].seq <= point.seq]
                if point.links:
                    kept.append((anchor.at, point))
    return kept
