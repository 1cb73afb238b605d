"""Events that came twice: 128-bit hashes of (source, id), remembered for three days of log time.

What is known is a function of two kinds of rows that move with the cursor: blocks (one a chunk) and files (blocks
folded, sorted, one or more an hour). So a crash at any moment leaves nothing to mend: files without a row are removed
at start, blocks without a file are read again. Memory is bounded: ids of blocks up to `OPEN_KEYS`, filters of files up
to `FILTER_BYTES`; more files make the filters coarser, never wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import xxhash

from itda.base.instant import DAY, HOUR
from itda.engine.dedupe_file import OpenFile, masks, merge, split, write
from itda.store.ports import DedupeBlock, DedupeFile, DedupeSwap
from itda.store.vault import Vault

KEY_BYTES = 16
WINDOW_HOURS = 3 * DAY // HOUR
OPEN_KEYS = 400_000
FILTER_BYTES = 96 << 20
_MERGE_AT = 8
_MERGED_ROWS = 16_000_000


def key(source: str, event_id: str, seed: int) -> bytes:
    """The 16 bytes an event is remembered by. `seed` is the workspace's, so that nobody outside can make two meet."""
    return xxhash.xxh3_128_digest(f"{source}\0{event_id}".encode(), seed)


def seed_of(vault: Vault) -> int:
    """The workspace's seed for `key`."""
    return int.from_bytes(vault.fingerprint(b"dedupe")[:8], "little")


class Dedupe:
    """The ids of the window. `epoch` is the writer's; file names carry it, so two writers never share a name."""

    def __init__(
        self, folder: Path, epoch: int, *, open_keys: int = OPEN_KEYS, filter_bytes: int = FILTER_BYTES
    ) -> None:
        self._folder = folder
        self._epoch = epoch
        self._open_limit = open_keys
        self._filter_bytes = filter_bytes
        self._open: dict[int, set[bytes]] = {}
        self._closed: dict[int, set[bytes]] = {}
        """In files already, whose swap is not durable yet."""
        self._open_count = 0
        self._open_position = 0
        self._files: list[OpenFile] = []
        self._merging: tuple[Iterator[None], DedupeFile, list[OpenFile]] | None = None
        self._made = 0

    def load(self, files: Iterable[DedupeFile], blocks: Iterable[DedupeBlock]) -> None:
        """Take up what the rows say, and remove files that no row names."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        rows = list(files)
        named = {row.path for row in rows}
        for path in self._folder.glob("*.keys"):
            if path.name not in named:
                path.unlink(missing_ok=True)
        self._files = [OpenFile(self._folder, row) for row in rows]
        self._fit_filters()
        for block in blocks:
            self.remember(block)

    def memory_bytes(self) -> int:
        """About what the filters and the ids of blocks take."""
        closed = sum(map(len, self._closed.values()))
        return sum(file.filter.nbytes for file in self._files) + (self._open_count + closed) * 100

    def known(self, hour: int, keys: Sequence[bytes]) -> list[bool]:
        """For each key in order, whether it was accepted in the window up to `hour` or stands earlier in `keys`."""
        first = hour - WINDOW_HOURS
        sets = [seen for part in (self._open, self._closed) for at, seen in part.items() if at >= first]
        here: set[bytes] = set()
        found: list[bool] = []
        fresh: list[int] = []
        for index, one in enumerate(keys):
            is_known = one in here
            for seen in sets:
                if one in seen:
                    is_known = True
            found.append(is_known)
            if not is_known:
                here.add(one)
                fresh.append(index)
        files = [file for file in self._files if file.row.hour >= first]
        if files and fresh:
            for index in self._in_files(files, keys, fresh):
                found[index] = True
        return found

    def _in_files(self, files: list[OpenFile], keys: Sequence[bytes], fresh: list[int]) -> list[int]:
        high, low = split(b"".join([keys[index] for index in fresh]))
        bits = masks(high)
        found = np.zeros(len(fresh), dtype=np.bool_)
        for file in files:
            found |= file.known(high, low, bits)
        return [fresh[place] for place in np.flatnonzero(found)]

    def remember(self, block: DedupeBlock) -> None:
        """Take the ids of a chunk, whose block is committed with it."""
        keys = block.keys
        seen = self._open.setdefault(block.hour, set())
        before = len(seen)
        seen.update([keys[start : start + KEY_BYTES] for start in range(0, len(keys), KEY_BYTES)])
        self._open_count += len(seen) - before
        self._open_position = max(self._open_position, block.position)

    def tidy(self, hour: int) -> DedupeSwap | None:
        """The next piece of housekeeping, to be committed with the next chunk; `swapped` must follow the commit."""
        removed = [file.row.path for file in self._files if file.row.hour < hour - WINDOW_HOURS]
        added: list[DedupeFile] = []
        folded_to = 0
        if self._open_count >= self._open_limit or (self._open and min(self._open) < hour):
            folded_to = self._open_position
            added += self._fold(hour)
        merged = self._merge_step(hour)
        if merged is not None:
            added.append(merged[0])
            removed += merged[1]
        if not (added or removed or folded_to):
            return None
        return DedupeSwap(added=added, removed=removed, folded_to=folded_to)

    def swapped(self, swap: DedupeSwap) -> None:
        """The swap is durable: read from its files from now on, and remove those it replaced."""
        removed = set(swap.removed)
        self._files = [file for file in self._files if file.row.path not in removed]
        self._files += [OpenFile(self._folder, row) for row in swap.added]
        self._files.sort(key=lambda file: (file.row.hour, file.row.max_position))
        if swap.folded_to:
            self._closed = {}
        for path in removed:
            (self._folder / path).unlink(missing_ok=True)
        self._fit_filters()

    def _name(self, hour: int, position: int) -> str:
        """A name that is not in use: memory is also read again within one epoch, and begins to count anew."""
        while True:
            self._made += 1
            name = f"{hour}-{self._epoch}-{position}-{self._made}.keys"
            if not (self._folder / name).exists():
                return name

    def _fold(self, hour: int) -> list[DedupeFile]:
        position = self._open_position
        added: list[DedupeFile] = []
        for at in sorted(self._open):
            seen = self._open[at]
            if at >= hour - WINDOW_HOURS and seen:
                row = DedupeFile(path=self._name(at, position), hour=at, rows=len(seen), max_position=position)
                write(self._folder, row, b"".join(seen))
                added.append(row)
        self._closed, self._open, self._open_count = self._open, {}, 0
        return added

    def _merge_step(self, hour: int) -> tuple[DedupeFile, list[str]] | None:
        if self._merging is None:
            self._merging = self._merge_start(hour)
        if self._merging is None:
            return None
        steps, row, files = self._merging
        for _ in steps:
            return None
        self._merging = None
        paths = {file.row.path for file in files}
        if not paths <= {file.row.path for file in self._files}:
            (self._folder / row.path).unlink(missing_ok=True)
            return None
        return row, sorted(paths)

    def _merge_start(self, hour: int) -> tuple[Iterator[None], DedupeFile, list[OpenFile]] | None:
        by_hour: dict[int, list[OpenFile]] = {}
        for file in self._files:
            if hour - WINDOW_HOURS < file.row.hour and file.row.rows < _MERGED_ROWS // 2:
                by_hour.setdefault(file.row.hour, []).append(file)
        for at, files in by_hour.items():
            chosen: list[OpenFile] = []
            rows = 0
            for file in files:
                if rows + file.row.rows <= _MERGED_ROWS:
                    chosen.append(file)
                    rows += file.row.rows
            if len(chosen) >= (_MERGE_AT if at >= hour else 2):
                position = max(file.row.max_position for file in chosen)
                row = DedupeFile(path=self._name(at, position), hour=at, rows=rows, max_position=position)
                return merge(self._folder, row, chosen), row, chosen
        return None

    def _fit_filters(self) -> None:
        while sum(file.filter.nbytes for file in self._files) > self._filter_bytes:
            largest = max(self._files, key=lambda file: len(file.filter))
            if len(largest.filter) == 1:
                return
            largest.halve()
