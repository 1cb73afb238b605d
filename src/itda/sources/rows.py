"""Rows of a file: what every format gives, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Protocol

import msgspec

from itda.base.errors import Fault, Refused

CALL = "row"
"""The call of a log record that is a refused row: its body is a `RefusedRow`."""
SHOWN = 4_096
"""Signs of a refused row that are kept."""


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that gave no event. `line` counts from 1; `detail` names no value; `text` is the row as it came."""

    line: int
    detail: str
    text: str
    rows: int = 1
    """How many rows it stands for: those of a group are refused together."""


class Row(msgspec.Struct, gc=False):
    """One row: its line (CSV, JSON lines) or number (Parquet) from 1, and the values of the columns asked for."""

    line: int
    values: Sequence[Any]


class Rows(Protocol):
    """A file, opened and looked at."""

    columns: tuple[str, ...]
    """What the file has; for JSON lines, the fields of its first objects."""
    about: str
    """How it is read: its format and what was found out about it."""

    def read(self, wanted: Sequence[str]) -> Iterator[Row | RefusedRow]:
        """Every row with the values of these columns, None where one is missing."""
        ...


def require(columns: Sequence[str], wanted: Sequence[str], file: str) -> None:
    """`Refused` with every column that the mapping names and the file has not."""
    known = list(columns)
    faults = []
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, 1)
            cure = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(known[:40])}"
            faults.append(Fault(what=f"has no column {name!r} that the mapping names", cure=cure, file=file))
    if faults:
        raise Refused(*faults)
