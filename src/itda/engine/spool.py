"""Groups rows that may stand anywhere in a file, and puts the events in order of time, within bounded memory.

Rows go to parts by a hash of their group, one part at a time is grouped, and its events wait in a file of their own
with an index of times. The folder is private (mode 0700) and goes away with the import.
"""

from __future__ import annotations

import contextlib
import shutil
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self

import msgspec

from itda.engine.waiting import Waiting
from itda.sources.mapping import Mapped, Mapper
from itda.sources.rows import RefusedRow, Row

PARTS = 64
_LENGTH = 4
_BUFFERED = 1 << 18


class _Spooled(msgspec.Struct, array_like=True, gc=False):
    group: str
    line: int
    values: list[Any]


# Decimals go as doubles: they came as numbers of at most 15 digits, which doubles give back exactly.
_encoder = msgspec.msgpack.Encoder(decimal_format="number")
_decoder = msgspec.msgpack.Decoder(_Spooled)


class Spool:
    """One import's rows on their way to events, in a folder that only this import uses. Use it in a `with` block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[BinaryIO] = []

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)  # what a killed import of the same file left
        self._folder.mkdir(mode=0o700, parents=True)
        with contextlib.ExitStack() as stack:
            self._parts = [stack.enter_context((self._folder / f"part-{n}").open("w+b")) for n in range(PARTS)]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, mapper: Mapper, rows: Iterable[Row | RefusedRow]) -> Iterator[RefusedRow]:
        """Take the rows in; those that belong to no group come out."""
        buffers = [bytearray() for _ in range(PARTS)]
        for row in rows:
            group = mapper.group(row) if isinstance(row, Row) else row
            if isinstance(row, RefusedRow) or isinstance(group, RefusedRow):
                yield row if isinstance(row, RefusedRow) else group  # type: ignore[misc]  # one of them is refused
                continue
            packed = _encoder.encode(_Spooled(group, row.line, list(row.values)))
            buffer = buffers[zlib.crc32(group.encode()) % PARTS]
            buffer += len(packed).to_bytes(_LENGTH, "little")
            buffer += packed
            if len(buffer) > _BUFFERED:
                self._flush(buffers)
        self._flush(buffers)

    def events(self, mapper: Mapper) -> Iterator[Mapped | RefusedRow]:
        """The groups' events in order of time, equal times in order of the file; refused ones come first."""
        with Waiting(self._folder / "events") as waiting:
            for part in self._parts:
                for group, rows in self._groups(part).items():
                    waiting.add(rows[0].line, mapper.event(rows, group))
            yield from waiting

    def _flush(self, buffers: list[bytearray]) -> None:
        for part, buffer in zip(self._parts, buffers, strict=True):
            part.write(buffer)
            buffer.clear()

    def _groups(self, part: BinaryIO) -> dict[str, list[Row]]:
        groups: dict[str, list[Row]] = {}
        for spooled in _packed(part):
            row = Row(spooled.line, spooled.values)
            rows = groups.get(spooled.group)
            if rows is None:
                groups[spooled.group] = [row]
            else:
                rows.append(row)
        return groups


def _packed(part: BinaryIO) -> Iterator[_Spooled]:
    part.seek(0)
    data = part.read()
    at = 0
    while at < len(data):
        end = at + _LENGTH + int.from_bytes(data[at : at + _LENGTH], "little")
        yield _decoder.decode(data[at + _LENGTH : end])
        at = end
