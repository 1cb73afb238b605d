"""A source's mapping: rows of its files become wire events with ids that the same fact has for ever.

An event's id comes from the source's business key, else from the file's hash and the row (or the group) in it. Key and
group may be of a person (an e-mail), and ids are kept plain: they stand in it as a hash that is keyed, so that nobody
without the workspace's key can tell by guessing. The lines of a group become one event; what is said once of it is
read from its first line in the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from itda.sources.definition import Column, FileMapping, SourceDef
from itda.sources.rows import SHOWN, RefusedRow, Row
from itda.sources.values import Moments, as_is, as_json, as_text, exact_number, json_number, reach, reader, written_time

USE = "event ids"
"""What the key of ids is derived for."""
_json = msgspec.json.Encoder()
Values = Sequence[Any]


class Mapped(msgspec.Struct, gc=False):
    """One event, ready for the log. `at` is None where rows have no time; `rows` is how many gave it."""

    at: int | None
    body: bytes
    rows: int
    former: bytes = b""
    """The id that it had when ids were hashed without a key; empty: the same. By it a fact is known that came then."""


class Gathered(msgspec.Struct, gc=False):
    """The rows of one event. Where `lines` are written and `totals` summed already, `rows` may be empty."""

    line: int
    first: Values
    count: int
    group: str = ""
    rows: Sequence[Values] = ()
    totals: Mapping[str, Any] = {}
    """Sums by column, as JSON values."""
    lines: msgspec.Raw | None = None
    """The JSON of the list of lines."""


_Part = Callable[[Gathered], Any]
"""Reads one property of an event."""


class _Fault(ValueError):
    def __init__(self, column: str, what: object) -> None:
        super().__init__(f"{column}: {what}")


class Mapper:
    """One source's mapping, compiled for one file. `imported_at` is the time of rows that have none.

    `key` is the workspace's, of at most 64 bytes, derived for `USE`.
    """

    def __init__(self, source: SourceDef, zone: str, file_hash: bytes, imported_at: int, *, key: bytes) -> None:
        mapping = source.mapping
        if mapping is None:
            raise ValueError(f"the source {source.name} has no mapping")
        self._mapping = mapping
        self._zone = ZoneInfo(zone)
        self._file = file_hash.hex()[:32]
        self._imported_at = imported_at
        self._secret = key
        self.columns: list[str] = []
        self._key = [self._place(name) for name in mapping.key]
        self._group = self._place(mapping.group_by) if mapping.group_by else None
        self._event = self._place(mapping.event_column) if mapping.event_column else None
        self._moments = Moments(mapping.occurred_at, self._zone) if mapping.occurred_at else None
        self._at = self._place(mapping.occurred_at.column) if mapping.occurred_at else -1
        self._identifiers = [(kind, self._part(column, as_text)) for kind, column in mapping.identifiers.items()]
        self._properties = [(name, self._part(column)) for name, column in mapping.properties.items()]
        self._listed = self._place(mapping.lines.of) if mapping.lines is not None and mapping.lines.of else None
        self._line_columns: list[str] = self.columns if self._listed is None else []
        """The columns of a line: of a row, or of an object of a list."""
        self._lines = (
            [(name, self._line_part(column)) for name, column in mapping.lines.fields.items()]
            if (mapping.lines is not None)
            else []
        )

    @property
    def is_grouped(self) -> bool:
        """Whether several rows make one event."""
        return self._group is not None

    @property
    def mapping(self) -> FileMapping:
        """What was compiled."""
        return self._mapping

    @property
    def sums(self) -> list[str]:
        """The columns that are summed over the rows of a group."""
        return list(dict.fromkeys(column.sum for column in self._mapping.properties.values() if column.sum))

    def group(self, row: Row) -> str | RefusedRow:
        """The group a row belongs to."""
        if self._group is None:
            return ""
        try:
            value = as_text(row.values[self._group])
        except ValueError as error:
            return self.refused(row, f"{self._mapping.group_by}: {error}")
        return self.refused(row, f"{self._mapping.group_by}: is empty") if value is None else value

    def event(self, rows: Sequence[Row], group: str = "") -> Mapped | RefusedRow:
        """The event that these rows are: one row, or all rows of a group in the order of the file."""
        values = [row.values for row in rows]
        return self.gathered(Gathered(rows[0].line, values[0], len(values), group, values))

    def gathered(self, rows: Gathered) -> Mapped | RefusedRow:
        """The event of rows that were gathered elsewhere."""
        try:
            return self._mapped(rows)
        except _Fault as fault:
            refused = self.refused(Row(rows.line, rows.first), str(fault))
            return msgspec.structs.replace(refused, rows=rows.count)

    def refused(self, row: Row, detail: str) -> RefusedRow:
        """A row that gives no event, with its values for whoever may look."""
        told = {name: str(value) for name, value in zip(self.columns, row.values, strict=True) if value is not None}
        return RefusedRow(row.line, detail, _json.encode(told).decode()[:SHOWN])

    def _mapped(self, rows: Gathered) -> Mapped:
        mapping, first = self._mapping, rows.first
        identifiers = {kind: value for kind, part in self._identifiers if (value := part(rows)) is not None}
        if not identifiers:
            raise _Fault("identifiers", f"{', '.join(mapping.identifiers)}: all are empty")
        properties = {name: value for name, part in self._properties if (value := part(rows)) is not None}
        if mapping.lines is not None:
            properties[mapping.lines.into] = self._lines_of(rows) if rows.lines is None else rows.lines
        at = self._time(first)
        own_id, former = self._id(first, rows.line, rows.group)
        event: dict[str, Any] = {
            "type": mapping.type,
            "messageId": own_id,
            "timestamp": written_time(self._imported_at if at is None else at),
            "identifiers": identifiers,
        }
        if mapping.type == "identify":
            event["traits"] = properties
        else:
            event["event"] = mapping.event or self._name(first)
            event["properties"] = properties
        return Mapped(at, _json.encode(event), rows.count, former.encode())

    def _lines_of(self, rows: Gathered) -> list[dict[str, Any]]:
        """The lines: the rows of the group, or the objects of the list that the row holds."""
        if self._listed is None or self._mapping.lines is None:
            return self._written(rows.rows)
        name = self._mapping.lines.of
        try:
            found = as_json(rows.first[self._listed])
        except ValueError as error:
            raise _Fault(name, error) from None
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise _Fault(name, "is no list of objects")
        paths = [tuple(column.split(".")) for column in self._line_columns]
        return self._written([[reach(item, path) for path in paths] for item in found])

    def _written(self, rows: Sequence[Values]) -> list[dict[str, Any]]:
        lines = self._lines
        return [{name: value for name, read in lines if (value := read(values)) is not None} for values in rows]

    def _place(self, column: str, columns: list[str] | None = None) -> int:
        known = self.columns if columns is None else columns
        if column not in known:
            known.append(column)
        return known.index(column)

    def _id(self, first: Values, line: int, group: str) -> tuple[str, str]:
        """The id, and the one that it had when hashes had no key."""
        if self._key:
            parts = [_named(column, first[place]) for column, place in zip(self._mapping.key, self._key, strict=True)]
            if None in parts:
                raise _Fault(self._mapping.key[parts.index(None)], "is empty, and it names the row for ever")
            return self._hashed("k:", _json.encode(parts), 16)
        if self._group is not None:
            return self._hashed(f"g:{self._file}:", group.encode(), 12)
        return f"r:{self._file}:{line}", ""

    def _hashed(self, begin: str, named: bytes, size: int) -> tuple[str, str]:
        keyed, plain = (hashlib.blake2b(named, digest_size=size, key=key) for key in (self._secret, b""))
        return begin + keyed.hexdigest(), begin + plain.hexdigest()

    def _time(self, first: Values) -> int | None:
        if self._moments is None or self._mapping.occurred_at is None:
            return None
        value = first[self._at]
        if value is None or value == "":
            raise _Fault(self._mapping.occurred_at.column, "is empty, and it says when")
        try:
            return self._moments.read(value)
        except ValueError as error:
            raise _Fault(self._mapping.occurred_at.column, error) from None

    def _name(self, first: Values) -> str:
        mapping = self._mapping
        value = _named(mapping.event_column, first[self._event]) if self._event is not None else None
        if value is None:
            raise _Fault(mapping.event_column, "is empty, and it names the event")
        if not mapping.event_names:
            return value
        name = mapping.event_names.get(value)
        if name is None:
            raise _Fault(mapping.event_column, "names an event that the mapping does not know")
        return name

    def _part(self, column: Column, kind: Callable[[Any], Any] | None = None) -> _Part:
        if column.count:
            return lambda rows: rows.count
        if column.value is not None:
            constant = column.value
            return lambda _: constant
        read = kind or reader(column.type, self._zone)
        if column.sum:
            place, name = self._place(column.sum), column.sum
            return lambda rows: _total(rows, place, name)
        place, name = self._place(column.column), column.column

        def part(rows: Gathered) -> Any:
            try:
                return read(rows.first[place])
            except ValueError as error:
                raise _Fault(name, error) from None

        return part

    def _line_part(self, column: Column) -> Callable[[Values], Any]:
        if column.value is not None:
            constant = column.value
            return lambda _: constant
        place, name = self._place(column.column, self._line_columns), column.column
        read = as_is if column.type == "auto" else reader(column.type, self._zone)

        def part(values: Values) -> Any:
            try:
                return read(values[place])
            except ValueError as error:
                raise _Fault(name, error) from None

        return part


def _named(column: str, value: Any) -> str | None:
    try:
        return as_text(value)
    except ValueError as error:
        raise _Fault(column, error) from None


def _total(rows: Gathered, place: int, name: str) -> Any:
    if name in rows.totals:
        return rows.totals[name]
    total = Decimal(0)
    for values in rows.rows:
        value = values[place]
        if value is None or value == "":
            continue
        try:
            total += exact_number(value)
        except ValueError as error:
            raise _Fault(name, error) from None
    return json_number(total.normalize())
