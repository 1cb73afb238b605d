"""Several sorted runs of rows into one, in bounded memory: slice by slice of the fragment ids.

Fragment ids are keyed hashes, hence spread evenly: a slice of 1/n of their range holds about 1/n of the rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from itda.store.lake.block import SCHEMA
from itda.store.lake.files import opened, readable
from itda.store.lake.sorting import halves, order

SLICE_ROWS = 40_000
"""About how many rows are in memory at once."""

_FRAGMENT = SCHEMA.get_field_index("fragment")


def partitioned(rows: pa.Table, partition: npt.NDArray[np.int64]) -> Iterator[tuple[int, pa.Table]]:
    """Rows (in one chunk) by partition, each sorted by (fragment, position)."""
    indices = order(rows, partition)
    ordered = rows.take(indices)
    del rows
    keys = partition[indices]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.empty(0, dtype=np.int64)
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
        yield int(keys[start]), ordered.slice(int(start), int(end - start))


def merged(paths: Sequence[Path], rows: int) -> Iterator[pa.Table]:
    """The rows of lake files, `rows` in all, sorted by (fragment, position), in tables of about SLICE_ROWS."""
    slices = max(1, -(-rows // SLICE_ROWS))
    bounds = [(number << 64) // slices for number in range(1, slices + 1)]
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(contextlib.closing(_Run(path))) for path in paths]
        for high in bounds:
            together = pa.concat_tables([run.until(high) for run in runs]).combine_chunks()
            if together.num_rows:
                yield together.take(order(together))


def _first_halves(statistics: pq.Statistics | None) -> tuple[int, int]:
    """The first halves of the least and greatest fragment of a row group; the whole range where it does not say."""
    if statistics is None or not statistics.has_min_max:
        return 0, (1 << 64) - 1
    least, most = bytes(statistics.min or b""), bytes(statistics.max or b"")
    return int.from_bytes(least[:8], "big"), int.from_bytes(most[:8], "big")


class _Run:
    """One sorted file, read forward: each row group once, what of it belongs to later slices is held until then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = opened(path)
        metadata = self._file.metadata
        self._ranges = [
            _first_halves(metadata.row_group(group).column(_FRAGMENT).statistics)
            for group in range(metadata.num_row_groups)
        ]
        self._next = 0
        self._held = SCHEMA.empty_table()

    def until(self, high: int) -> pa.Table:
        """The next rows, as far as their fragment's first half is below `high`."""
        start = self._next
        while self._next < len(self._ranges) and self._ranges[self._next][0] < high:
            self._next += 1
        rows = self._held
        if self._next > start:
            with readable(self._path):
                read = self._file.read_row_groups(list(range(start, self._next)), use_threads=False).cast(SCHEMA)
            rows = pa.concat_tables([rows, read])
        end = rows.num_rows
        if high < 1 << 64:
            end = int(np.searchsorted(halves(rows["fragment"])[:, 0], np.uint64(high)))
        self._held = rows.take(np.arange(end, rows.num_rows))  # a slice would hold all of what was read
        return rows.slice(0, end)

    def close(self) -> None:
        self._file.close()
