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
_MAP_THEM = "name in the source's mapping the columns of this file"
_NAME_THEM = f"line 1 must name the columns: put such a line on top where there is none, else {_MAP_THEM}"
_SURE = 2
"""Columns whose names a row of data does not hold by chance."""


class Called(msgspec.Struct, frozen=True):
    """One item of a call as it came, to be mapped again after the cure."""

    item: msgspec.Raw
    headers: dict[str, str] = {}
    """Those that the mapping read, by their names in small letters."""
    is_of_many: bool = False
    """Others came in the same call."""


class RefusedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row that gave no event. `detail` names no value; `text` is the row as it came.

    `line` counts from 1; 0 where rows have no lines, as those of a database.
    """

    line: int
    detail: str
    text: str
    rows: int = 1
    """How many rows it stands for: those of a group are refused together."""
    called: Called | None = None
    """Of a call of another system: the item itself, in place of `text`."""


class Row(msgspec.Struct, gc=False):
    """One row: its line (CSV, JSON lines) or number (Parquet) from 1, and the values of the columns asked for."""

    line: int
    values: Sequence[Any]


class Rows(Protocol):
    """A file, opened and looked at."""

    columns: tuple[str, ...]
    """What the file has; for JSON lines, the fields of its first objects, and others that were asked for."""
    about: str
    """How it is read: its format and what was found out about it."""
    header: int | None
    """The line that names the columns; None where the format itself names them."""

    def names(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """The columns, once these were looked for wherever they may be."""
        ...

    def read(self, wanted: Sequence[str]) -> Iterator[Row | RefusedRow]:
        """Every row with the values of these columns, None where one is missing."""
        ...


def require(opened: Rows, wanted: Sequence[str], file: str) -> None:
    """`Refused` with every column that the mapping reads and the file has not, or has more than once.

    What a file names is told only where it has two of them at least: else it may have no header, and what stands in
    its first line is somebody's data.
    """
    known, line = list(opened.names(wanted)), opened.header
    missing = [name for name in wanted if name not in known]
    found = len(wanted) - len(missing)
    if missing and found < _SURE:
        what = f"has {'only one' if found else 'none'} of the columns that the mapping names: {', '.join(wanted)}"
        raise Refused(Fault(what=what, cure=_NAME_THEM if line else _MAP_THEM, file=file, line=line))
    faults = []
    for name in missing:
        near = get_close_matches(name, known, 1)
        cure = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(known[:40])}"
        what = f"has no column {name!r} that the mapping names"
        faults.append(Fault(what=what, cure=cure, file=file, line=line))
    for name in wanted:
        if known.count(name) > 1:
            cure = "name each column once"
            faults.append(
                Fault(what=f"has the column {name!r} {known.count(name)} times", cure=cure, file=file, line=line)
            )
    if faults:
        raise Refused(*faults)
