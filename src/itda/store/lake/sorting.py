"""Lake rows in the order of a lake file: by fragment, then position, so one customer's rows lie together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Halves = npt.NDArray[np.uint64]
"""(n, 2): the big-endian halves of 16-byte ids."""


def halves(column: pa.ChunkedArray[Any]) -> Halves:
    """The ids of a fixed_size_binary(16) column without nulls, as pairs of numbers in byte order."""
    parts = [
        np.frombuffer(
            memoryview(chunk.buffers()[1] or b""), dtype=">u8", offset=chunk.offset * 16, count=len(chunk) * 2
        )
        for chunk in column.chunks
        if len(chunk)
    ]
    if not parts:
        return np.empty((0, 2), dtype=np.uint64)
    return np.concatenate(parts).astype(np.uint64).reshape(-1, 2)


def numbers(column: pa.ChunkedArray[Any]) -> npt.NDArray[np.int64]:
    """An integer column without nulls."""
    return np.asarray(column.to_numpy(), dtype=np.int64)


def order(rows: pa.Table, first: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.int64]:
    """The indices that sort rows by (first, fragment, position); without `first`, by (fragment, position)."""
    ids = halves(rows["fragment"])
    keys: list[npt.NDArray[np.int64] | npt.NDArray[np.uint64]] = [numbers(rows["position"]), ids[:, 1], ids[:, 0]]
    if first is not None:
        keys.append(first)
    return np.lexsort(keys).astype(np.int64)


def distinct(ids: Halves) -> Halves:
    """Sorted ids without their repeats."""
    if not len(ids):
        return ids
    is_new = np.ones(len(ids), dtype=bool)
    is_new[1:] = np.any(ids[1:] != ids[:-1], axis=1)
    return np.ascontiguousarray(ids[is_new])
