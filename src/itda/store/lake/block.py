"""The columns of the lake, and the block of them that a chunk of the pipeline leaves behind.

A block is an Arrow IPC stream of one record batch, its buffers compressed with zstd. Personal fields in it are sealed
already; rows carry fragment ids and log positions, never a blind index.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from itda.events.event import Event

_FIELDS: list[tuple[str, pa.DataType]] = [
    ("position", pa.int64()),  # log position of the event: frame position * ORDINALS + ordinal
    ("event_id", pa.string()),
    ("source", pa.string()),  # `@steward` for a steward's decision, which no measure of customers counts
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

STEWARD_SOURCE = "@steward"
STEWARD_CHANNEL = "console"

Row = tuple[int, str, str, str, str, str, int, int, int, bytes, bytes, bytes, bytes, bytes | None, int]
"""One row in the order of SCHEMA; JSON as UTF-8 bytes."""

_OPTIONS = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1), use_threads=False)


class LakeColumns:
    """The rows of one chunk, in log order, before they are a block."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def __len__(self) -> int:
        return len(self.rows)

    def add(
        self, event: Event, fragment: bytes, others: bytes, properties: bytes, context: bytes, sealed: bytes | None
    ) -> None:
        """One accepted event. `others` is 16 bytes each; `properties` and `context` are JSON of the plain fields."""
        self.rows.append((
            event.position, event.event_id, event.source, event.channel, event.name, event.type,
            event.occurred_at, event.received_at, event.local_date, fragment, others, properties, context, sealed,
            event.is_late | event.is_clamped << 1 | event.is_permanent << 2 | event.has_own_id << 3,
        ))  # fmt: skip

    def add_steward(
        self,
        *,
        position: int,
        event_id: str,
        name: str,
        at: int,
        received_at: int,
        local_date: int,
        a: bytes,
        b: bytes,
        properties: bytes,
        sealed: bytes | None,
    ) -> None:
        """A steward's decision about the fragments `a` and `b`; the reason is in `sealed`, under a's key."""
        self.rows.append((
            position, event_id, STEWARD_SOURCE, STEWARD_CHANNEL, name, "track",
            at, received_at, local_date, a, b, properties, b"{}", sealed, OWN_ID,
        ))  # fmt: skip


def batch(columns: LakeColumns) -> pa.RecordBatch:
    """The rows as one Arrow record batch."""
    if not columns.rows:
        return pa.RecordBatch.from_pylist([], schema=SCHEMA)
    turned = zip(zip(*columns.rows, strict=True), SCHEMA, strict=True)
    return pa.RecordBatch.from_arrays([pa.array(values, type=field.type) for values, field in turned], schema=SCHEMA)


def encode(columns: LakeColumns) -> bytes:
    """The block of these rows."""
    return encode_batch(batch(columns))


def encode_batch(rows: pa.RecordBatch) -> bytes:
    """The block of a record batch of SCHEMA."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA, options=_OPTIONS) as writer:
        writer.write_batch(rows)
    return bytes(sink.getvalue().to_pybytes())


def decode(block: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a block, in log order; only these columns, in this order, where named."""
    if columns is None:
        with pa.ipc.open_stream(pa.py_buffer(block)) as reader:
            return reader.read_all()
    options = pa.ipc.IpcReadOptions(included_fields=sorted(SCHEMA.get_field_index(name) for name in columns))
    with pa.ipc.open_stream(pa.py_buffer(block), options=options) as reader:
        return reader.read_all().select(list(columns))


def others_of(packed: bytes) -> list[bytes]:
    """The fragment ids in the column `others`."""
    return [packed[start : start + 16] for start in range(0, len(packed), 16)]
