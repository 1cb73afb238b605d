"""Events that wait on disk until all are there, and come out in order of time, equal times in order of the file."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec
import numpy as np

from itda.sources.mapping import Mapped
from itda.sources.rows import RefusedRow

_LATE = (1 << 62) - 1
_REFUSED = -(1 << 62)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(RefusedRow)


class Waiting:
    """A file of them, with 32 bytes an event in memory. Refused ones come out first, those without time last."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b", buffering=1 << 20)
        self._times, self._lines = array("q"), array("q")
        self._ends, self._rows = array("q", [0]), array("q")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, line: int, item: Mapped | RefusedRow) -> None:
        """Let an event wait; `line` is its first in the file."""
        if isinstance(item, RefusedRow):
            at, body = _REFUSED, _encoder.encode(item)
        else:
            at, body = _LATE if item.at is None else item.at, item.former + item.body
        self._times.append(at)
        self._lines.append(line)
        self._rows.append(item.rows)
        self._ends.append(self._ends[-1] + self._file.write(body))

    def __iter__(self) -> Iterator[Mapped | RefusedRow]:
        self._file.flush()
        number, times, ends, rows = self._file.fileno(), self._times, self._ends, self._rows
        order = np.lexsort((np.asarray(self._lines), np.asarray(times)))
        for index in map(int, order):
            body = os.pread(number, ends[index + 1] - ends[index], ends[index])
            at = times[index]
            if at == _REFUSED:
                yield _decoder.decode(body)
            else:
                former, brace, rest = body.partition(b"{")
                yield Mapped(None if at == _LATE else at, brace + rest, rows[index], former)
