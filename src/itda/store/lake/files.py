"""Parquet files of the lake: written once, durable before the manifest names them, never changed after.

A file holds the rows of one local day or one month, sorted by (fragment, position). Row groups are small and carry
the least and greatest fragment, so that one fragment is found by reading one group.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from itda.base.errors import Unavailable
from itda.base.instant import date_to_day, day_to_date
from itda.store.lake import filter as fragment_filter
from itda.store.lake.block import FORMAT, SCHEMA, newer
from itda.store.lake.sorting import distinct, halves, numbers

GROUP_ROWS = 4096
"""Rows of a row group: about 2 ms to read one, 220 kB of footer in a file of 800,000 rows (73 MB)."""

DAY_LEVEL = 0
MONTH_LEVEL = 1
_FORMAT_KEY = "itda.lake"
_STATISTICS = ["position", "fragment", "occurred_at", "received_at", "local_date"]
_DICTIONARY = ["source", "channel", "name", "type", "local_date", "context", "flags"]
_PACKED = [name for name in SCHEMA.names if name != "sealed"]  # what is encrypted cannot be made smaller
_Codec = Literal["gzip", "brotli", "lz4", "zstd", "snappy", "none"]
_COMPRESSION: dict[str, _Codec] = dict.fromkeys(_PACKED, "zstd")
_COMPRESSION["sealed"] = "none"


class LakeFile(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the manifest: `path` under the lake's folder, `size` in bytes, local days, positions of the log."""

    path: str
    first_day: int
    last_day: int
    level: int
    rows: int
    size: int
    min_position: int
    max_position: int
    fragment_filter: bytes
    sha256: bytes


class Unreadable(Unavailable):
    """A file of the lake is gone, damaged, or of a newer format; others may be well."""

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        super().__init__(f"the lake's file {path} {what}", retry_after_s=10)


class _Summary:
    """What the manifest says of a file, gathered while its rows pass."""

    def __init__(self) -> None:
        self.rows = 0
        self.days = (1 << 31, -(1 << 31))
        self.positions = (1 << 62, -1)
        self.ids: list[np.ndarray] = []

    def add(self, rows: pa.Table) -> None:
        days, positions = numbers(rows["local_date"]), numbers(rows["position"])
        self.rows += rows.num_rows
        self.days = (min(self.days[0], int(days.min())), max(self.days[1], int(days.max())))
        self.positions = (min(self.positions[0], int(positions.min())), max(self.positions[1], int(positions.max())))
        self.ids.append(distinct(halves(rows["fragment"])))


def first_of_month(day: int) -> int:
    """The first day of the day's month."""
    return date_to_day(day_to_date(day).replace(day=1))


def new_path(level: int, day: int) -> str:
    """An unused name: 2026/2026-11-22-<chance>.parquet for a day, 2026/2026-11-<chance>.parquet for a month."""
    when: date = day_to_date(day)
    stem = when.strftime("%Y-%m-%d") if level == DAY_LEVEL else when.strftime("%Y-%m")
    return f"{when.year:04d}/{stem}-{secrets.token_hex(8)}.parquet"


def write(lake_dir: Path, path: str, level: int, parts: Iterable[pa.Table]) -> LakeFile:
    """Write rows, which come sorted by (fragment, position), and return when file and folder are on disk."""
    target = lake_dir / path
    try:
        return _written(target, path, level, parts)
    except BaseException as error:
        with contextlib.suppress(OSError):
            target.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise Unavailable(f"the lake cannot write {path}: {error.strerror or error}", retry_after_s=10) from error


def _written(target: Path, path: str, level: int, parts: Iterable[pa.Table]) -> LakeFile:
    _make_folder(target.parent)
    summary = _Summary()
    with target.open("xb") as sink:
        with pq.ParquetWriter(
            sink, SCHEMA, compression=_COMPRESSION, compression_level=dict.fromkeys(_PACKED, 1),
            write_statistics=_STATISTICS, use_dictionary=_DICTIONARY,  # type: ignore[arg-type] # takes names too
            store_schema=False,
        ) as writer:  # fmt: skip
            for rows in _in_groups(parts):
                summary.add(rows)
                writer.write_table(rows, row_group_size=GROUP_ROWS)
            writer.add_key_value_metadata({_FORMAT_KEY: str(FORMAT)})
        sink.flush()
        os.fsync(sink.fileno())
    sync_folder(target.parent)
    return LakeFile(
        path=path,
        first_day=summary.days[0],
        last_day=summary.days[1],
        level=level,
        rows=summary.rows,
        size=target.stat().st_size,
        min_position=summary.positions[0],
        max_position=summary.positions[1],
        fragment_filter=fragment_filter.build(np.concatenate(summary.ids)),
        sha256=checksum(target),
    )


@contextlib.contextmanager
def readable(*paths: Path, errors: tuple[type[Exception], ...] = (OSError, pa.ArrowInvalid)) -> Iterator[None]:
    """What goes wrong while these files are read, in one line that names the file and the cure: `Unreadable`."""
    try:
        yield
    except errors as error:
        for path in paths:
            if not path.is_file():
                raise Unreadable(path, "is gone: put it back from a backup") from error
        line = next(iter(str(error).splitlines()), type(error).__name__)
        for path in paths:
            if len(paths) == 1 or path.name in str(error):
                what = f"cannot be read ({line}): where it is damaged, put it back from a backup"
                raise Unreadable(path, what) from error
        raise Unavailable(f"the lake cannot be asked: {line}") from error


def opened(path: Path, footer: pq.FileMetaData | None = None) -> pq.ParquetFile:
    """A file of the lake, for reading; `Unreadable` where it is gone, damaged or of a newer format. To be closed."""
    with readable(path):
        file = pq.ParquetFile(path, metadata=footer)
    fault = newer(int((file.metadata.metadata or {}).get(_FORMAT_KEY.encode(), FORMAT)))
    if fault is not None:
        file.close()
        raise Unreadable(path, fault)
    return file


def _in_groups(parts: Iterable[pa.Table]) -> Iterable[pa.Table]:
    """The same rows in tables of whole row groups: only the last may hold fewer."""
    held: pa.Table | None = None
    for part in parts:
        rows = part if held is None else pa.concat_tables([held, part])
        whole = rows.num_rows // GROUP_ROWS * GROUP_ROWS
        if whole:
            yield rows.slice(0, whole).combine_chunks()
        held = rows.slice(whole) if whole < rows.num_rows else None
    if held is not None:
        yield held.combine_chunks()


def checksum(path: Path) -> bytes:
    """The SHA-256 of a file as it is on disk."""
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").digest()


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the folder's names durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def on_disk(lake_dir: Path) -> list[str]:
    """Every Parquet file under the lake's folder, relative to it."""
    return [str(path.relative_to(lake_dir)) for path in lake_dir.glob("*/*.parquet")]
