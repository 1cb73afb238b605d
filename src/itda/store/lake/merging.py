"""Several sorted runs of rows into one, in bounded memory: slice by slice of the fragment ids.

Fragment ids are keyed hashes, hence spread evenly: a slice of 1/n of their range holds about 1/n of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from itda.store.lake.block import SCHEMA
from itda.store.lake.sorting import halves, order

SLICE_ROWS = 100_000
"""About how many rows are in memory at once."""

_FRAGMENT = SCHEMA.get_field_index("fragment")


def partitioned(rows: pa.Table, partition: npt.NDArray[np.int64]) -> Iterator[tuple[int, pa.Table]]:
    """Rows by partition, each sorted by (fragment, position)."""
    rows = rows.combine_chunks()
    indices = order(rows, partition)
    ordered = rows.take(indices).combine_chunks()
    keys = partition[indices]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.empty(0, dtype=np.int64)
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
        yield int(keys[start]), ordered.slice(int(start), int(end - start))


def merged(paths: Sequence[Path], rows: int) -> Iterator[pa.Table]:
    """The rows of lake files, `rows` in all, sorted by (fragment, position), in tables of about SLICE_ROWS."""
    slices = max(1, -(-rows // SLICE_ROWS))
    bounds = [(number << 64) // slices for number in range(slices + 1)]
    open_files = [_Run(path) for path in paths]
    try:
        for low, high in pairwise(bounds):
            parts = [part for run in open_files if (part := run.between(low, high)).num_rows]
            if parts:
                together = pa.concat_tables(parts).combine_chunks()
                yield together.take(order(together))
    finally:
        for run in open_files:
            run.close()


def _first_halves(statistics: pq.Statistics | None) -> tuple[int, int]:
    """The first halves of the least and greatest fragment of a row group; the whole range where it does not say."""
    if statistics is None or not statistics.has_min_max:
        return 0, (1 << 64) - 1
    least, most = bytes(statistics.min or b""), bytes(statistics.max or b"")
    return int.from_bytes(least[:8], "big"), int.from_bytes(most[:8], "big")


class _Run:
    """One sorted file, read forward by row groups."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        metadata = self._file.metadata
        self._ranges = [
            _first_halves(metadata.row_group(group).column(_FRAGMENT).statistics)
            for group in range(metadata.num_row_groups)
        ]

    def between(self, low: int, high: int) -> pa.Table:
        """Rows whose fragment's first half is in [low, high)."""
        groups = [number for number, (least, most) in enumerate(self._ranges) if least < high and most >= low]
        if not groups:
            return SCHEMA.empty_table()
        rows = self._file.read_row_groups(groups, use_threads=False).cast(SCHEMA)
        first = halves(rows["fragment"])[:, 0]
        start = int(np.searchsorted(first, np.uint64(low)))
        end = len(first) if high >= 1 << 64 else int(np.searchsorted(first, np.uint64(high)))
        return rows.slice(start, end - start)

    def close(self) -> None:
        self._file.close()
