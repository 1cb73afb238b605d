"""Columns as binary PostgreSQL arrays, built in one go.

Psycopg adapts a list element by element (about a microsecond each); a chunk of the pipeline has a hundred thousand
values. The layout is that of array_recv in PostgreSQL's source: dimensions, null flag, element type, length and lower
bound, then each element with its length, all big-endian.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEADER = Struct("!iiiii")
_LENGTH = Struct("!i")
_BYTEA, _BIGINT, _INTEGER, _TEXT, _BOOLEAN = 17, 20, 23, 25, 16
_LENGTHS = [_LENGTH.pack(size) for size in range(4096)]


class Column:
    """One column, ready to be sent: it is handed on as it is, for those of a chunk can have tens of megabytes."""

    __slots__ = ("data",)
    element = 0
    array = 0

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)


class Byteas(Column):
    """A value of type bytea[]."""

    __slots__ = ()
    element, array = _BYTEA, 1001


class Texts(Column):
    """A value of type text[]."""

    __slots__ = ()
    element, array = _TEXT, 1009


class Bigints(Column):
    """A value of type bigint[]."""

    __slots__ = ()
    element, array = _BIGINT, 1016


class Integers(Column):
    """A value of type integer[]."""

    __slots__ = ()
    element, array = _INTEGER, 1007


class Booleans(Column):
    """A value of type boolean[]."""

    __slots__ = ()
    element, array = _BOOLEAN, 1000


def byteas(values: Sequence[bytes]) -> Byteas:
    """A column of byte strings."""
    return Byteas(_joined(_BYTEA, values))


def texts(values: Iterable[str]) -> Texts:
    """A column of texts, as far as PostgreSQL can hold them: NUL becomes U+FFFD, half of a surrogate pair `?`."""
    return Texts(_joined(_TEXT, [value.replace("\0", "\ufffd").encode(errors="replace") for value in values]))


def kept(value: str) -> str:
    """A text as it comes back from a column of `texts`."""
    return value.replace("\0", "\ufffd").encode(errors="replace").decode()


def bigints(values: Sequence[int]) -> Bigints:
    """A column of 64-bit integers."""
    return Bigints(_fixed(_BIGINT, 8, ">i8", values))


def integers(values: Sequence[int]) -> Integers:
    """A column of 32-bit integers."""
    return Integers(_fixed(_INTEGER, 4, ">i4", values))


def booleans(values: Sequence[bool]) -> Booleans:
    """A column of truth values."""
    return Booleans(_fixed(_BOOLEAN, 1, ">i1", values))


def bigints_or_null(values: Sequence[int | None]) -> Bigints:
    """A column of 64-bit integers, some of them null."""
    if not values:
        return Bigints(_empty(_BIGINT))
    null = _LENGTH.pack(-1)
    parts = (null if value is None else _LENGTH.pack(8) + value.to_bytes(8, "big", signed=True) for value in values)
    return Bigints(_HEADER.pack(1, 1, _BIGINT, len(values), 1) + b"".join(parts))


def integers_or_null(values: Sequence[int | None]) -> Integers:
    """A column of 32-bit integers, some of them null."""
    if not values:
        return Integers(_empty(_INTEGER))
    null = _LENGTH.pack(-1)
    parts = (null if value is None else _LENGTH.pack(4) + value.to_bytes(4, "big", signed=True) for value in values)
    return Integers(_HEADER.pack(1, 1, _INTEGER, len(values), 1) + b"".join(parts))


def byteas_or_null(values: Sequence[bytes | None]) -> Byteas:
    """A column of byte strings, some of them null."""
    return Byteas(_joined_or_null(_BYTEA, values))


def texts_or_null(values: Sequence[str | None]) -> Texts:
    """A column of texts, some of them null; as `texts`."""
    kept = [None if value is None else value.replace("\0", "\ufffd").encode(errors="replace") for value in values]
    return Texts(_joined_or_null(_TEXT, kept))


def register(connection: psycopg.Connection[Any]) -> None:
    """Teach a connection to send columns as they are."""
    for kind in (Byteas, Texts, Bigints, Integers, Booleans):
        connection.adapters.register_dumper(kind, _DUMPERS[kind])


def _empty(element: int) -> bytes:
    return _HEADER.pack(0, 0, element, 0, 0)[:12]


def _joined(element: int, values: Sequence[bytes]) -> bytes:
    if not values:
        return _empty(element)
    parts: list[bytes] = [b""] * (2 * len(values) + 1)
    parts[0] = _HEADER.pack(1, 0, element, len(values), 1)
    parts[1::2] = [_LENGTHS[len(v)] if len(v) < 4096 else _LENGTH.pack(len(v)) for v in values]  # noqa: PLR2004
    parts[2::2] = values
    return b"".join(parts)


def _joined_or_null(element: int, values: Sequence[bytes | None]) -> bytes:
    if not values:
        return _empty(element)
    null = _LENGTH.pack(-1)
    parts = (null if value is None else _LENGTH.pack(len(value)) + value for value in values)
    return _HEADER.pack(1, int(None in values), element, len(values), 1) + b"".join(parts)


def _fixed(element: int, size: int, code: str, values: Sequence[int]) -> bytes:
    if not values:
        return _empty(element)
    import numpy as np  # noqa: PLC0415 - most processes send few numbers and do without

    rows = np.empty(len(values), dtype=[("length", ">i4"), ("value", code)])
    rows["length"] = size
    rows["value"] = values
    return _HEADER.pack(1, 0, element, len(values), 1) + rows.tobytes()


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        column: Column = obj
        return column.data


def _dumper(kind: type[Column]) -> type[_ColumnDumper]:
    return type(f"{kind.__name__}Dumper", (_ColumnDumper,), {"oid": kind.array})


_DUMPERS = {kind: _dumper(kind) for kind in (Byteas, Texts, Bigints, Integers, Booleans)}
