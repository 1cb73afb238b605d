"""The columns of the lake, and the block of them that a chunk of the pipeline leaves behind.

A block is a sequence of parts. A part is two Arrow IPC streams after its format and their lengths: what some events
say themselves (compressed with zstd, written where they are decoded), and whose they are, with the number of the row
that each accepted one has in the first. Personal fields are sealed already; rows carry fragment ids and log positions,
never a blind index.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from itda.base.errors import Unavailable

_FIELDS: list[tuple[str, pa.DataType]] = [
    ("position", pa.int64()),  # log position of the event: frame position * ORDINALS + ordinal
    ("event_id", pa.string()),
    ("source", pa.string()),  # begins with OWN_MARK for what we write ourselves, which no measure of customers counts
    ("channel", pa.string()),
    ("name", pa.string()),
    ("type", pa.string()),
    ("occurred_at", pa.int64()),
    ("received_at", pa.int64()),
    ("local_date", pa.int32()),
    ("fragment", pa.binary(16)),  # of the event's strongest identifier
    ("others", pa.binary()),  # 16 bytes each: fragments of its other identifiers
    ("properties", pa.string()),  # JSON of the plain fields
    ("context", pa.string()),  # JSON of the plain fields
    ("sealed", pa.binary()),  # one blob of the sealed fields, or null
    ("flags", pa.uint8()),
]

SCHEMA = pa.schema(_FIELDS)

LATE = 1
CLAMPED = 2
PERMANENT = 4
OWN_ID = 8
EXPIRED = 16
"""What is left of an event whose term is over: on nobody."""

OWN_MARK = "@"
"""The sources of rows that are no events of customers begin so: decisions of stewards, moves of journeys."""
STEWARD_SOURCE = "@steward"
STEWARD_CHANNEL = "console"
JOURNEYS_SOURCE = "@journeys"
JOURNEYS_CHANNEL = "journey"
RETENTION_SOURCE = "@retention"
RETENTION_CHANNEL = "retention"

Row = tuple[int, str, str, str, str, str, int, int, int, bytes, bytes, bytes, bytes, bytes | None, int]
"""One row in the order of SCHEMA; JSON as UTF-8 bytes."""

FirstRow = tuple[int, str, str, str, str, str, int, int, int, bytes, bytes, int]
"""What an event says of its row before anybody knows whose it is: SCHEMA without the owner's columns."""

_OWNERS = ("fragment", "others", "sealed")
_FIRST = pa.schema([field for field in SCHEMA if field.name not in _OWNERS])
_SECOND = pa.schema([("row", pa.int32()), *((name, SCHEMA.field(name).type) for name in _OWNERS)])
_PACKED = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1), use_threads=False)
_BARE = pa.ipc.IpcWriteOptions(use_threads=False)
FORMAT = 1
"""Of the columns, and of blocks and files that hold them; what carries none was written before there was a mark."""
_HEAD = struct.Struct("<III")
_UNMARKED = struct.Struct("<II")
_MARK = 0xFFFF_0000
"""Upper half of a part's first number: no length of an unmarked part comes near it."""


def first_half(rows: Sequence[FirstRow]) -> bytes:
    """The columns of some events that do not depend on whose they are."""
    turned = zip(zip(*rows, strict=True), _FIRST, strict=True) if rows else (((), field) for field in _FIRST)
    return _stream([pa.array(values, type=field.type) for values, field in turned], _FIRST, _PACKED)


def part(
    first: bytes,
    rows: Sequence[int],
    fragments: Sequence[bytes],
    others: Sequence[bytes],
    sealed: Sequence[bytes | None],
) -> bytes:
    """One part of a block: of a first half the rows with these numbers, each with its owner's columns."""
    columns = zip((rows, fragments, others, sealed), _SECOND, strict=True)
    second = _stream([pa.array(values, type=field.type) for values, field in columns], _SECOND, _BARE)
    return b"".join((_HEAD.pack(_MARK | FORMAT, len(first), len(second)), first, second))


def only(first: bytes, rows: Sequence[int]) -> bytes:
    """A first half with these of its rows alone, in this order: nothing is left of the others."""
    left = _read(pa.py_buffer(first), _FIRST, _FIRST.names).take(pa.array(rows, type=pa.int32()))
    return _stream([left[field.name].combine_chunks() for field in _FIRST], _FIRST, _PACKED)


def of_rows(rows: Sequence[Row]) -> bytes:
    """A block of whole rows."""
    return part(
        first_half([(*row[:9], *row[11:13], row[14]) for row in rows]),
        range(len(rows)),
        [row[9] for row in rows],
        [row[10] for row in rows],
        [row[13] for row in rows],
    )


def _stream(columns: list[pa.Array[Any]], schema: pa.Schema, options: pa.ipc.IpcWriteOptions) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=options) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return bytes(sink.getvalue().to_pybytes())


def decode(block: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a block, in log order; only these columns, in this order, where named.

    `Unavailable` where a newer Itda wrote it.
    """
    names = SCHEMA.names if columns is None else list(columns)
    held, at, parts = pa.py_buffer(block), 0, []
    while at < held.size:
        mark, first, second = _HEAD.unpack_from(block, at)
        if mark & _MARK == _MARK:
            if (fault := newer(mark ^ _MARK)) is not None:
                raise Unavailable(f"a block of the lake's tail {fault}", retry_after_s=10)
            at += _HEAD.size
        else:
            first, second = _UNMARKED.unpack_from(block, at)
            at += _UNMARKED.size
        parts.append(_part(held.slice(at, first), held.slice(at + first, second), names))
        at += first + second
    return pa.concat_tables(parts) if len(parts) != 1 else parts[0]


def newer(written: int) -> str | None:
    """What to say of what has a newer format than this Itda knows; None where it is known."""
    if written <= FORMAT:
        return None
    return f"has format {written}, this Itda knows {FORMAT}: use the newer Itda that wrote it"


def _part(first: pa.Buffer, second: pa.Buffer, names: list[str]) -> pa.Table:
    owners = _read(second, _SECOND, _SECOND.names)
    said = _read(first, _FIRST, [name for name in names if name not in _OWNERS] or ["position"])
    rows = owners["row"]
    if len(rows) != said.num_rows:
        said = said.take(rows)
    schema = pa.schema([SCHEMA.field(name) for name in names])
    return pa.table([(owners if name in _OWNERS else said)[name] for name in names], schema=schema)


def _read(stream: pa.Buffer, schema: pa.Schema, names: Sequence[str]) -> pa.Table:
    options = pa.ipc.IpcReadOptions(included_fields=sorted(schema.get_field_index(name) for name in names))
    with pa.ipc.open_stream(stream, options=options) as reader:
        return reader.read_all()


def others_of(packed: bytes) -> list[bytes]:
    """The fragment ids in the column `others`."""
    return [packed[start : start + 16] for start in range(0, len(packed), 16)]
