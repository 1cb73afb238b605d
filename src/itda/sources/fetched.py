"""Rows that a source is asked for, in the order of its cursor column: told apart, gathered, mapped.

Rows with one value of the cursor and one group are one fact; a fact is known again by the digest of all its rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from decimal import Decimal
from itertools import groupby
from typing import Any

import msgspec

from itda.sources import marks
from itda.sources.mapping import Mapped, Mapper
from itda.sources.marks import Mark
from itda.sources.rows import RefusedRow, Row

_json = msgspec.json.Encoder(enc_hook=str)
_AS_THEY_ARE = (str, bool, int, float, Decimal, date, time, dict, list)


class Fact(msgspec.Struct, gc=False):
    """The rows of one event, not mapped yet."""

    mark: Mark
    digest: bytes
    """16 bytes: the same rows give the same, in any reading of this workspace; of nobody else's."""
    group: str | RefusedRow
    rows: list[Row]


def plain(value: Any) -> Any:
    """A value as mappings read it: what no file could hold is text; bytes are text in UTF-8, else hexadecimal."""
    if value is None or isinstance(value, _AS_THEY_ARE):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.hex()
    return str(value)


def facts(mapper: Mapper, read: Iterable[tuple[Any, Sequence[Any]]], key: bytes) -> Iterator[Fact]:
    """The facts of rows: each the value of the cursor column, and the values of the mapper's columns.

    `key` is the workspace's, so that a digest that is kept tells nobody else what it is of. `ValueError` where a
    cursor's value has no order.
    """
    for (mark, group), rows in groupby(_rows(mapper, read), key=lambda row: (row[0], row[1])):
        if mapper.is_grouped and isinstance(group, str):
            together = [row for _, _, row in rows]
            yield Fact(mark, _digest(key, mark, together), group, together)
        else:
            for _, _, row in rows:
                yield Fact(mark, _digest(key, mark, [row]), group, [row])


def mapped(mapper: Mapper, fact: Fact) -> Mapped | RefusedRow:
    """The event of a fact, or why it gives none."""
    return fact.group if isinstance(fact.group, RefusedRow) else mapper.event(fact.rows, fact.group)


def _rows(mapper: Mapper, read: Iterable[tuple[Any, Sequence[Any]]]) -> Iterator[tuple[Mark, str | RefusedRow, Row]]:
    for value, values in read:
        row = Row(0, [plain(one) for one in values])
        yield marks.of(plain(value)), mapper.group(row) if mapper.is_grouped else "", row


def _digest(key: bytes, mark: Mark, rows: Sequence[Row]) -> bytes:
    return hashlib.blake2b(_json.encode((mark, [row.values for row in rows])), digest_size=16, key=key).digest()
