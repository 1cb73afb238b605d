"""JSON lines: one object a line. Numbers keep their text, so money is exact; `address.city` reaches into objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from itda.base import money
from itda.base.errors import Fault, Refused
from itda.sources.rows import SHOWN, RefusedRow, Row, require
from itda.sources.values import reach

LOOKED_AT = 1_000
"""Objects whose fields are taken for the file's columns; only for one that none of them has, the others are read."""
_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=money.written)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class JsonLines:
    """One file of JSON lines. `file` is binary, seekable and stays open while it is read."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self.about = "JSON lines"
        self.header: int | None = None
        fields: dict[str, None] = {}
        for item in islice(self._sound(), LOOKED_AT):
            fields.update(dict.fromkeys(_paths(item)))
        self.columns = tuple(fields)
        if not fields:
            raise Refused(Fault(what="has no object", cure='one a line, such as {"order": "1"}', file=name))

    def names(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """The fields of the first objects, and those of `wanted` that show later."""
        missing = {name for name in wanted if name not in self.columns}
        if missing:
            for item in self._sound():
                shown = {name for name in missing if _holds(item, name)}
                self.columns += tuple(shown)
                missing -= shown
                if not missing:
                    break
        return self.columns

    def read(self, wanted: Sequence[str]) -> Iterator[Row | RefusedRow]:
        """Every object with the values at these paths, None where one is missing."""
        require(self, wanted, self._name)
        paths = [tuple(name.split(".")) for name in wanted]
        for line, item in self._objects():
            if isinstance(item, RefusedRow):
                yield item
            else:
                yield Row(line, [item.get(path[0]) if len(path) == 1 else reach(item, path) for path in paths])

    def _sound(self) -> Iterator[dict[str, Any]]:
        return (item for _, item in self._objects() if isinstance(item, dict))

    def _objects(self) -> Iterator[tuple[int, dict[str, Any] | RefusedRow]]:
        self._file.seek(0)
        for line, raw in enumerate(self._file, 1):
            text = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
            if not text.strip():
                continue
            try:
                yield line, _decoder.decode(text)
            except _UNREADABLE as error:
                what = "is no object" if isinstance(error, msgspec.ValidationError) else "is no JSON in UTF-8"
                yield line, RefusedRow(line, what, raw[:SHOWN].decode("utf-8", "replace").rstrip("\r\n"))


def _paths(item: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in item.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _paths(value, f"{prefix}{key}.")


def _holds(item: Any, name: str) -> bool:
    """Whether the object has this path, be its value null."""
    *parts, last = name.split(".")
    within = reach(item, tuple(parts))
    return isinstance(within, dict) and last in within
