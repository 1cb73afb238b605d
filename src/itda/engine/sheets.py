"""Groups the rows of a CSV file that may stand anywhere in it, column by column, within bounded memory.

Rows go to parts by a hash of their group; one part at a time is gathered into events. The order of what comes out
depends on the file and the mapping alone, not on the parts.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

import polars as pl

from itda.engine.waiting import Waiting
from itda.sources.csv_file import CsvFile, Plain
from itda.sources.gathering import GROUP, Gatherer
from itda.sources.mapping import Mapped
from itda.sources.rows import RefusedRow, Row

PART_BYTES = 4 << 20
"""Of the file, in one part."""
_MOST_PARTS = 256
_LENGTH = 8
_ROWS = 20_000
"""Rows read one by one that are put away at once."""


class Sheets:
    """One import's rows on their way to events, in a folder (mode 0700) that goes away with it. Use it with `with`."""

    def __init__(self, folder: Path, file_bytes: int, gatherer: Gatherer) -> None:
        self._folder = folder
        self._count = min(_MOST_PARTS, file_bytes // PART_BYTES + 1)
        self._gatherer = gatherer
        self._parts: list[BinaryIO] = []

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)  # what a killed import of the same file left
        self._folder.mkdir(mode=0o700, parents=True)
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self._parts = [
                stack.enter_context((self._folder / f"part-{n}").open("w+b")) for n in range(self._count)
            ]  # fmt: skip
            self._waiting = stack.enter_context(Waiting(self._folder / "events"))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def items(self, file: CsvFile, columns: list[str]) -> Iterator[Mapped | RefusedRow]:
        """All the file gives: first rows that belong to no event, then refused events, then events in order of time."""
        rows: list[Row] = []
        for piece in file.pieces(columns):
            if isinstance(piece, RefusedRow):
                yield piece
            elif isinstance(piece, Row):
                rows.append(piece)
            if rows and (len(rows) == _ROWS or isinstance(piece, Plain)):
                yield from self._put(self._gatherer.framed(rows))
                rows = []
            if isinstance(piece, Plain):
                yield from self._put(self._gatherer.parsed(piece, file.columns))
        if rows:
            yield from self._put(self._gatherer.framed(rows))
        for part in self._parts:
            frames = _frames(part)
            if frames:
                for event in self._gatherer.events(pl.concat(frames)):
                    self._waiting.add(*event)
        yield from self._waiting

    def _put(self, frame: pl.DataFrame) -> Iterator[RefusedRow]:
        yield from self._gatherer.nobodys(frame)
        numbered = frame.filter(pl.col(GROUP) != "").with_columns(part=pl.col(GROUP).hash(0) % self._count)
        for (number,), rows in numbered.partition_by("part", include_key=False, as_dict=True).items():
            written = io.BytesIO()
            rows.write_ipc_stream(written, compression="uncompressed")
            part = self._parts[number]
            part.write(written.tell().to_bytes(_LENGTH, "little"))
            part.write(written.getbuffer())


def _frames(part: BinaryIO) -> list[pl.DataFrame]:
    part.seek(0)
    frames = []
    while length := part.read(_LENGTH):
        frames.append(pl.read_ipc_stream(part.read(int.from_bytes(length, "little"))))
    return frames
