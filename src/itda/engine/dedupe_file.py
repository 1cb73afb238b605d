"""One file of event ids accepted in one hour: sorted for binary search, with a filter that says "surely not" in memory.

Layout, little-endian 64-bit words: magic, rows, filter words, then the high halves sorted, the low halves in the same
order, and the filter. The filter is a Bloom filter whose bits of one key share a word (Putze, Sanders, Singler 2007);
its size is a power of two, so it is halved by laying one half over the other, without reading a key.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from itda.base.errors import Broken
from itda.store.ports import DedupeFile

Words = NDArray[np.uint64]
Claims = NDArray[np.bool_]

_MAGIC = 0x31_50_44_41_44_54_49  # "ITDADP1"
_HEADER_WORDS = 3
_WORD_BYTES = 8
_BITS_PER_KEY = 12
_PROBES = 4
_SLICE_ROWS = 1_000_000


def split(keys: bytes) -> tuple[Words, Words]:
    """The high and low halves of concatenated 16-byte keys."""
    pairs = np.frombuffer(keys, dtype="<u8").reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


def masks(high: Words) -> Words:
    """The bits of each key in its filter word."""
    six = np.uint64(63)
    one = np.uint64(1)
    found = np.zeros_like(high)
    for probe in range(_PROBES):
        found |= one << ((high >> np.uint64(6 * probe)) & six)
    return found


class OpenFile:
    """A file of the window, mapped; only its filter lives in memory."""

    def __init__(self, folder: Path, row: DedupeFile) -> None:
        self.row = row
        path = folder / row.path
        expected = f"{path} is not the file of {row.rows} ids that the database names; restore it from a backup"
        try:
            words = np.memmap(path, dtype="<u8", mode="r")
        except (FileNotFoundError, ValueError) as error:
            raise Broken(expected) from error
        rows = row.rows
        if len(words) < _HEADER_WORDS or int(words[0]) != _MAGIC or int(words[1]) != rows:
            raise Broken(expected)
        if len(words) != _HEADER_WORDS + 2 * rows + int(words[2]):
            raise Broken(expected)
        self.high: Words = words[_HEADER_WORDS : _HEADER_WORDS + rows]
        self.low: Words = words[_HEADER_WORDS + rows : _HEADER_WORDS + 2 * rows]
        self.filter: Words = np.array(words[_HEADER_WORDS + 2 * rows :], dtype=np.uint64)

    def halve(self) -> None:
        """Make the filter half as large; it says "perhaps" more often and never a wrong "no"."""
        half = len(self.filter) // 2
        self.filter = self.filter[:half] | self.filter[half:]

    def known(self, high: Words, low: Words, bits: Words) -> Claims:
        """Which of the keys (halves and their filter bits) stand in this file."""
        place = low & np.uint64(len(self.filter) - 1)
        perhaps = np.flatnonzero((self.filter[place] & bits) == bits)
        found = np.zeros(len(high), dtype=np.bool_)
        if len(perhaps):
            found[perhaps] = self._stand(high[perhaps], low[perhaps])
        return found

    def _stand(self, high: Words, low: Words) -> Claims:
        first = np.searchsorted(self.high, high, side="left")
        end = np.searchsorted(self.high, high, side="right")
        found = np.zeros(len(high), dtype=np.bool_)
        offset = 0
        open_ = np.flatnonzero(first < end)
        while len(open_):
            found[open_] |= self.low[first[open_] + offset] == low[open_]
            offset += 1
            open_ = open_[~found[open_] & (first[open_] + offset < end[open_])]
        return found


def write(folder: Path, row: DedupeFile, keys: bytes) -> OpenFile:
    """Sort and write the keys of one file; durable on return."""
    high, low = split(keys)
    order = np.argsort(high, kind="stable")
    for _ in _write(folder, row, iter([(high[order], low[order])])):
        pass
    return OpenFile(folder, row)


def merge(folder: Path, row: DedupeFile, files: Sequence[OpenFile]) -> Iterator[None]:
    """Write several files as one, a slice of the key space at each step; durable when the iterator ends."""
    return _write(folder, row, _slices(files, row.rows))


def _slices(files: Sequence[OpenFile], rows: int) -> Iterator[tuple[Words, Words]]:
    count = max(1, -(-rows // _SLICE_ROWS))
    starts = [0] * len(files)
    for number in range(1, count + 1):
        bound = np.uint64(min((1 << 64) // count * number, (1 << 64) - 1))
        last = number == count
        ends = [len(file.high) if last else int(np.searchsorted(file.high, bound)) for file in files]
        cuts = list(zip(files, starts, ends, strict=True))
        high = np.concatenate([file.high[start:end] for file, start, end in cuts])
        low = np.concatenate([file.low[start:end] for file, start, end in cuts])
        order = np.argsort(high, kind="stable")
        yield high[order], low[order]
        starts = ends


def _write(folder: Path, row: DedupeFile, slices: Iterator[tuple[Words, Words]]) -> Iterator[None]:
    size = 1
    while size * 64 < row.rows * _BITS_PER_KEY:
        size *= 2
    words = np.zeros(size, dtype=np.uint64)
    place = _HEADER_WORDS
    with (folder / row.path).open("wb") as out:
        out.write(np.array([_MAGIC, row.rows, size], dtype="<u8").tobytes())
        for high, low in slices:
            np.bitwise_or.at(words, low & np.uint64(size - 1), masks(high))
            out.seek(place * _WORD_BYTES)
            out.write(high.tobytes())
            out.seek((place + row.rows) * _WORD_BYTES)
            out.write(low.tobytes())
            place += len(high)
            out.flush()
            os.fdatasync(out.fileno())
            yield
        out.seek((_HEADER_WORDS + 2 * row.rows) * _WORD_BYTES)
        out.write(words.tobytes())
        out.flush()
        os.fsync(out.fileno())
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
