"""One customer's events, newest first, a page at a time, opening only the files that can hold them.

Where every event of a fragment is referred to, the page is known before anything is opened, and only what holds its
rows is read. Else the search is best-first: files and row groups wait in the order of the latest time they can hold,
and it stops when no waiting one can hold anything later than the page's last event.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from itda.base.instant import DAY, HOUR
from itda.events.event import ORDINALS
from itda.store.lake.block import OWN_MARK, SCHEMA
from itda.store.lake.files import LakeFile, readable
from itda.store.lake.manifest import TailBlock
from itda.store.lake.reader import Snapshot
from itda.store.lake.sorting import numbers

NEWEST = (1 << 62, 1 << 62)
COLUMNS = (
    "position", "occurred_at", "fragment", "source", "channel", "name", "type", "received_at", "properties", "sealed",
)  # fmt: skip
_FRAGMENT = SCHEMA.get_field_index("fragment")
_OCCURRED = SCHEMA.get_field_index("occurred_at")
_AT_ONCE = 6
"""Files or row groups looked into together: two threads read while others wait for the disk."""

Key = tuple[int, int]
"""(occurred_at, log position): the order of a timeline."""


class Sought(msgspec.Struct, frozen=True):
    """A fragment whose events are wanted, with what is known of where they are.

    `refs` are the (occurred_at, log position) of its last events in log order, without gaps: every event at or after
    the first of them. `is_complete` says that there are no others.
    """

    fragment: bytes
    refs: tuple[Key, ...] = ()
    is_complete: bool = False


class _Place(NamedTuple):
    """Something to look into. `group` is None for a file not yet opened; `file` is None for a block of the tail."""

    latest: int
    file: LakeFile | None
    group: int | None
    block: TailBlock | None


class _Hit(NamedTuple):
    key: Key
    row: dict[str, Any]


def _key(hit: _Hit) -> Key:
    return hit.key


def page(
    snapshot: Snapshot, sought: Sequence[Sought], before: Key = NEWEST, limit: int = 50, *, channel: str = ""
) -> list[dict[str, Any]]:
    """The `limit` latest events of these fragments before `before`, newest first, as dicts of COLUMNS.

    Only those of `channel`, where it is not empty.
    """
    search = _Search(snapshot, sought, before, limit, channel)
    with ThreadPoolExecutor(2) as pool:
        while places := search.next():
            for hits, more in pool.map(search.look, places):
                search.take(hits, more)
    return search.rows()


class _Search:
    """The state of one page's search."""

    def __init__(self, snapshot: Snapshot, sought: Sequence[Sought], before: Key, limit: int, channel: str) -> None:
        if not channel and all(one.is_complete for one in sought):
            sought = _on_page(sought, before, limit)
        self._channel = channel
        self._snapshot = snapshot
        self._wanted = sorted({one.fragment for one in sought})
        self._set = pa.array(self._wanted, type=pa.binary(16))
        self._before = before
        self._limit = limit
        self._hits: list[_Hit] = []
        self._tail: dict[int, pa.Table] = {}
        self._inside: dict[str, list[bytes]] = {}
        places = [*self._files(sought), *self._blocks(sought)]
        self._waiting = [(-place.latest, number, place) for number, place in enumerate(places)]
        self._number = len(places)
        heapq.heapify(self._waiting)

    def next(self) -> list[_Place]:
        """The next places worth looking into; none when the page is found."""
        places: list[_Place] = []
        least = self._hits[self._limit - 1].key[0] if len(self._hits) >= self._limit else None
        while self._waiting and len(places) < _AT_ONCE:
            if least is not None and -self._waiting[0][0] < least:
                break
            places.append(heapq.heappop(self._waiting)[2])
        return places

    def take(self, hits: list[_Hit], more: list[_Place]) -> None:
        """What a place held, and the places inside it."""
        self._hits = heapq.nlargest(self._limit, [*self._hits, *hits], key=_key)
        for place in more:
            heapq.heappush(self._waiting, (-place.latest, self._number, place))
            self._number += 1

    def look(self, place: _Place) -> tuple[list[_Hit], list[_Place]]:
        """Look into a place."""
        if place.block is not None:
            return self._hits_in(self._tail[place.block.position]), []
        if place.file is None:
            return [], []
        with readable(self._snapshot.path(place.file)), self._snapshot.open(place.file) as file:
            if place.group is None:
                return [], self._groups(file, place.file)
            return self._hits_in(file.read_row_group(place.group, columns=list(COLUMNS), use_threads=False)), []

    def rows(self) -> list[dict[str, Any]]:
        """The page's rows, newest first."""
        return [hit.row for hit in self._hits]

    def _hits_in(self, rows: pa.Table) -> list[_Hit]:
        is_own = pc.starts_with(rows["source"], OWN_MARK)
        mask = pc.and_(pc.is_in(rows["fragment"], value_set=self._set), pc.invert(is_own))
        if self._channel:
            mask = pc.and_(mask, pc.equal(rows["channel"], pa.scalar(self._channel)))
        places = pc.indices_nonzero(mask)
        if not len(places):
            return []
        indices = places.to_numpy()
        at, position = numbers(rows["occurred_at"])[indices], numbers(rows["position"])[indices]
        is_before = (at < self._before[0]) | ((at == self._before[0]) & (position < self._before[1]))
        latest = np.lexsort((position, at))
        chosen = indices[latest[is_before[latest]][::-1][: self._limit]]
        found = rows.take(chosen).to_pylist()
        return [_Hit((row["occurred_at"], row["position"]), row) for row in found]

    def _groups(self, file: pq.ParquetFile, of: LakeFile) -> list[_Place]:
        """The row groups that may hold a wanted fragment: they are sorted, so each is found by halving."""
        metadata = file.metadata
        greatest = _Statistics(metadata, _FRAGMENT, is_max=True)
        least = _Statistics(metadata, _FRAGMENT, is_max=False)
        groups = set()
        for fragment in self._inside[of.path]:
            group = bisect_left(greatest, fragment)
            while group < metadata.num_row_groups and least[group] <= fragment:
                groups.add(group)
                group += 1
        latest = _Statistics(metadata, _OCCURRED, is_max=True)
        return [_Place(latest[group], of, group, None) for group in sorted(groups)]

    def _files(self, sought: Sequence[Sought]) -> Iterable[_Place]:
        """Files whose filter holds a wanted fragment, and whose days reach before the page's start."""
        tail_from = self._snapshot.tail_from
        before = [file for file in self._snapshot.files if _earliest(file) <= self._before[0]]
        chosen: dict[str, LakeFile] = {}
        for one in sought:
            files = before
            if one.is_complete:
                refs = [ref for ref in one.refs if ref[1] < tail_from and ref < self._before]
                files = [file for file in before if any(_can_hold(file, ref) for ref in refs)]
            for file in self._snapshot.files_with([one.fragment], files):
                chosen[file.path] = file
                self._inside.setdefault(file.path, []).append(one.fragment)
        return [_Place(_latest(file), file, None, None) for file in chosen.values()]

    def _blocks(self, sought: Sequence[Sought]) -> list[_Place]:
        """Blocks of the tail that hold wanted events: known from the references where they reach far enough."""
        tail = self._snapshot.tail
        if not tail:
            return []
        tail_from = self._snapshot.tail_from
        chosen: dict[int, TailBlock] = {}
        if all(one.is_complete or (one.refs and one.refs[0][1] < tail_from) for one in sought):
            here = {ref for one in sought for ref in one.refs if ref[1] >= tail_from and ref < self._before}
            ends = [block.position for block in tail]
            for _, position in here if self._channel else heapq.nlargest(self._limit, here):
                index = bisect_left(ends, position // ORDINALS)
                if index < len(tail):
                    chosen[tail[index].position] = tail[index]
        else:
            chosen = {block.position: block for block in tail}
        blocks = sorted(chosen.values(), key=lambda block: block.position)
        places = []
        for block, rows in zip(blocks, self._snapshot.tail_tables(COLUMNS, blocks), strict=True):
            mine = rows.filter(pc.is_in(rows["fragment"], value_set=self._set))
            if mine.num_rows:
                self._tail[block.position] = mine
                places.append(_Place(pc.max(mine["occurred_at"]).as_py(), None, None, block))
        return places


def _on_page(sought: Sequence[Sought], before: Key, limit: int) -> list[Sought]:
    """Of fragments whose every event is referred to, those on the page, each with the references of the page alone."""
    latest = set(heapq.nlargest(limit, {ref for one in sought for ref in one.refs if ref < before}))
    kept = [Sought(one.fragment, tuple(ref for ref in one.refs if ref in latest), is_complete=True) for one in sought]
    return [one for one in kept if one.refs]


class _Statistics(Sequence[Any]):
    """One bound of one column over the row groups, read as it is asked for."""

    def __init__(self, metadata: pq.FileMetaData, column: int, *, is_max: bool) -> None:
        self._metadata = metadata
        self._column = column
        self._is_max = is_max

    def __len__(self) -> int:
        return self._metadata.num_row_groups

    def __getitem__(self, group: Any) -> Any:
        statistics = self._metadata.row_group(group).column(self._column).statistics
        return None if statistics is None else statistics.max if self._is_max else statistics.min


def _earliest(file: LakeFile) -> int:
    """No event of the file occurred before: local days begin at most 14 hours before those of UTC."""
    return file.first_day * DAY - 14 * HOUR


def _latest(file: LakeFile) -> int:
    """No event of the file occurred after: local days end at most 12 hours after those of UTC."""
    return (file.last_day + 1) * DAY + 12 * HOUR


def _can_hold(file: LakeFile, ref: Key) -> bool:
    return file.min_position <= ref[1] <= file.max_position and _earliest(file) <= ref[0] <= _latest(file)
