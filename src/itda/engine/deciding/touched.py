"""What a portion of the log asks for: which events are looked at, whose segments they may change, who may be new.

An event that nobody listens to costs one look at its kind, together with all others of that kind.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from itda.engine.deciding.definitions import Definitions, Listeners
from itda.engine.erasing.told import ERASED
from itda.engine.recent import Recent
from itda.engine.refolding.told import RETAINED
from itda.store.lake.block import LATE, OWN_MARK, STEWARD_SOURCE, others_of
from itda.store.lake.following import Portion

_KIND = ("name", "channel", "source", "type")


class Touched(msgspec.Struct):
    """What was found in a portion."""

    segments: dict[bytes, set[str]] = {}
    """Fragment → segments that an event on it may have changed."""
    strangers: set[bytes] = set()
    """Fragments of which it is not known that their customer was ever answered."""
    on_time: set[bytes] = set()
    """Of these, the fragments with an event that came in time."""
    rows: list[dict[str, Any]] = []
    """The events to be looked at, in log order."""
    erased: list[bytes] = []
    """Fragments of those who were erased."""
    refolded: set[bytes] = set()
    """Fragments whose profiles were folded anew, without what had had its time."""


def touched(definitions: Definitions, portion: Portion, known: Recent[bytes, bool]) -> Touched:
    """Look at a portion; `known` are fragments whose customers were answered lately."""
    found = Touched()
    if definitions.is_empty and not portion.rows:
        return found
    for table, full in zip(portion.tables, portion.full, strict=True):
        kinds, codes = _kinds(table)
        for name, add in ((ERASED, found.erased.extend), (RETAINED, found.refolded.update)):
            told = np.flatnonzero(_where(codes, [(kind[0], kind[2]) == (name, STEWARD_SOURCE) for kind in kinds]))
            if len(told):
                add([one for row in full().take(told).to_pylist() for one in others_of(row["others"])])
        listening = [_listeners(definitions, kind) for kind in kinds]
        wanted = np.flatnonzero(_where(codes, [one is not None and one.is_wanted for one in listening]))
        if len(wanted):
            found.rows += full().take(wanted).to_pylist()
        if definitions.shown:
            _segments(found, table, codes, listening, known)
    return found


def _segments(
    found: Touched,
    table: pa.Table,
    codes: npt.NDArray[np.int64],
    listening: list[Listeners | None],
    known: Recent[bytes, bool],
) -> None:
    ours = _where(codes, [one is not None for one in listening])
    in_time = np.asarray(table["flags"].to_numpy()) & LATE == 0
    fragments: Any = table["fragment"].to_pylist()
    names = [one.segments if one is not None else frozenset() for one in listening]
    for place in np.flatnonzero(ours):
        fragment = fragments[place]
        heard = names[codes[place]]
        if heard:
            own = found.segments.get(fragment)
            if own is None:
                found.segments[fragment] = set(heard)
            else:
                own |= heard
        elif known.get(fragment) is not None:
            continue
        if known.get(fragment) is None:
            found.strangers.add(fragment)
        if in_time[place]:
            found.on_time.add(fragment)


def _kinds(table: pa.Table) -> tuple[list[tuple[str, ...]], npt.NDArray[np.int64]]:
    """The distinct kinds of the rows, and of each row which of them it is."""
    total = np.zeros(table.num_rows, dtype=np.int64)
    words: list[list[str]] = []
    for name in _KIND:
        column: Any = pc.dictionary_encode(table[name].combine_chunks())
        words.append(column.dictionary.to_pylist())
        total = total * max(1, len(words[-1])) + np.asarray(column.indices.to_numpy(zero_copy_only=False))
    distinct, codes = np.unique(total, return_inverse=True)
    kinds = []
    for code in distinct.tolist():
        parts, rest = [], code
        for known in reversed(words):
            rest, place = divmod(rest, max(1, len(known)))
            parts.append(known[place])
        kinds.append(tuple(reversed(parts)))
    return kinds, codes


def _listeners(definitions: Definitions, kind: tuple[str, ...]) -> Listeners | None:
    """None for what we wrote ourselves."""
    name, channel, source, type_ = kind
    return None if source.startswith(OWN_MARK) else definitions.listeners((name, channel, source, type_))


def _where(codes: npt.NDArray[np.int64], is_so: list[bool]) -> npt.NDArray[np.bool_]:
    return np.asarray(is_so, dtype=bool)[codes]
