"""The lake in log order from a place on, a portion at a time: for whoever follows the log behind the pipeline.

Who keeps up reads blocks of the tail, and of those the few columns that tell whether a row is wanted at all. What the
compactor has put into files meanwhile is read from them, a range of the log at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from itda.events.event import ORDINALS
from itda.store.lake import manifest
from itda.store.lake.block import decode
from itda.store.lake.reader import LakeReader, Snapshot
from itda.store.lake.sorting import numbers

LIGHT = ("position", "received_at", "name", "channel", "source", "type", "fragment", "flags")
FULL = ("position", "event_id", "source", "channel", "name", "type", "occurred_at", "received_at", "local_date",
        "fragment", "others", "properties", "flags")  # fmt: skip
_GUESSES = 8


class Portion(msgspec.Struct):
    """Every row of the frames after `after` up to `position`, in log order, as tables of LIGHT."""

    after: int
    position: int
    log_time: int
    """Received no earlier than any row here, and no later than any after."""
    is_end: bool
    """Whether nothing more was processed when it was read."""
    tables: list[pa.Table] = []
    full: list[Callable[[], pa.Table]] = []
    """Of each table the same rows with the columns FULL."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(table.num_rows for table in self.tables)

    def chosen(self, wanted: Callable[[pa.Table], npt.NDArray[np.bool_]]) -> list[dict[str, Any]]:
        """The wanted rows in full, in log order."""
        found: list[dict[str, Any]] = []
        for table, full in zip(self.tables, self.full, strict=True):
            places = np.flatnonzero(wanted(table))
            if len(places):
                found += full().take(places).to_pylist()
        return found

    def until(self, log_time: int) -> Portion:
        """The frames received no later than that."""
        if log_time >= self.log_time:
            return self
        tables, full, position = [], [], self.after
        for table, load in zip(self.tables, self.full, strict=True):
            kept = int(np.searchsorted(numbers(table["received_at"]), log_time, side="right"))
            if kept:
                tables.append(table.slice(0, kept))
                full.append(_first_of(load, kept))
                position = int(table["position"][kept - 1].as_py()) // ORDINALS
        return Portion(self.after, position, log_time, False, tables, full)

    def first(self, rows: int) -> Portion:
        """As many of its first frames as hold about so many rows; one frame at least."""
        tables, full, left = [], [], rows
        for place, table in enumerate(self.tables):
            frames = numbers(table["position"]) // ORDINALS
            if table.num_rows < left:
                tables.append(table)
                full.append(self.full[place])
                left -= table.num_rows
                continue
            last = int(frames[left - 1])
            kept = int(np.searchsorted(frames, last, side="right"))
            if kept == table.num_rows and place + 1 == len(self.tables):
                break
            received = int(numbers(table["received_at"])[:kept].max())
            return Portion(
                self.after,
                last,
                received,
                False,
                [*tables, table.slice(0, kept)],
                [*full, _first_of(self.full[place], kept)],
            )
        return self


def _first_of(load: Callable[[], pa.Table], rows: int) -> Callable[[], pa.Table]:
    return lambda: load().slice(0, rows)


class Following:
    """Reads portions of about `most_rows` rows and `most_bytes` of blocks as they are stored."""

    def __init__(self, reader: LakeReader, *, most_rows: int = 20_000, most_bytes: int = 8 << 20) -> None:
        self._reader = reader
        self._most_rows = most_rows
        self._most_bytes = most_bytes

    def after(self, position: int) -> Portion:
        """The next portion after the frame at `position`; an empty one at the end of what was processed."""
        with self._reader.snapshot() as snapshot:
            if position >= snapshot.position:
                return Portion(position, position, snapshot.log_time, True)
            in_files = snapshot.tail_from // ORDINALS - 1
            if position < in_files:
                return self._of_files(snapshot, position, in_files)
            return self._of_tail(snapshot, position)

    def of(self, fragments: Sequence[bytes], after: int, until: int) -> list[dict[str, Any]]:
        """The rows of these fragments in the frames after `after` up to `until`, in full, in log order."""
        wanted = pc.field("fragment").isin(pa.array(list(fragments), type=pa.binary(16)))
        wanted = wanted & (pc.field("position") < (until + 1) * ORDINALS)
        with self._reader.snapshot() as snapshot:
            low = (after + 1) * ORDINALS - 1
            files = snapshot.files_with(fragments, snapshot.files_after(low))
            rows = snapshot.table(FULL, wanted, after=low, files=files)
        found: list[dict[str, Any]] = rows.sort_by("position").to_pylist()
        return found

    def _of_tail(self, snapshot: Snapshot, position: int) -> Portion:
        blocks = [block for block in snapshot.tail if block.position > position]
        chosen: list[manifest.TailBlock] = []
        rows = size = 0
        for block in blocks:
            rows, size = rows + block.rows, size + block.size
            if chosen and (rows > self._most_rows or size > self._most_bytes):
                break
            chosen.append(block)
        if len(chosen) == len(blocks):
            end, log_time = snapshot.position, snapshot.log_time
        else:
            end, log_time = chosen[-1].position, 0
        made = Portion(position, end, log_time, len(chosen) == len(blocks))
        for block, encoded in zip(chosen, snapshot.encoded(chosen), strict=True):
            light = decode(encoded, LIGHT)
            if block.position > position and int(light["position"][0].as_py()) // ORDINALS <= position:
                _add(made, _after(decode(encoded, FULL), position))
            else:
                _add_light(made, light, encoded)
        if made.tables and not log_time:
            made.log_time = int(numbers(made.tables[-1]["received_at"]).max())
        return made

    def _of_files(self, snapshot: Snapshot, position: int, last: int) -> Portion:
        files = [file for file in snapshot.files if file.max_position // ORDINALS > position]
        total = sum(file.rows for file in files)
        span = last - position
        step = max(1, span * self._most_rows // max(1, total))
        rows = None
        for _ in range(_GUESSES):
            end = min(last, position + step)
            low, high = (position + 1) * ORDINALS, (end + 1) * ORDINALS
            here = [file for file in files if file.min_position < high and file.max_position >= low]
            inside = (pc.field("position") >= low) & (pc.field("position") < high)
            rows = snapshot.in_files(list(FULL), inside, here)
            if rows.num_rows > 4 * self._most_rows and step > 1:
                step = max(1, step * self._most_rows // rows.num_rows)
            elif rows.num_rows or end == last:
                break
            else:
                position_of_next = min((file.min_position for file in files if file.min_position >= high), default=0)
                step = max(step * 8, position_of_next // ORDINALS - position)
        made = Portion(position, end, 0, False)
        if rows is not None and rows.num_rows:
            _add(made, rows.sort_by("position"))
            made.log_time = int(numbers(rows["received_at"]).max())
        return made


def _after(rows: pa.Table, position: int) -> pa.Table:
    return rows.filter(pc.field("position") >= (position + 1) * ORDINALS)


def _add(portion: Portion, rows: pa.Table) -> None:
    """Add rows that are in memory with every column."""
    if rows.num_rows:
        portion.tables.append(rows.select(list(LIGHT)))
        portion.full.append(lambda: rows)


def _add_light(portion: Portion, light: pa.Table, encoded: bytes) -> None:
    """Add rows of which the other columns are decoded when they are asked for."""
    if light.num_rows:
        if not _is_sorted(light):
            _add(portion, decode(encoded, FULL).sort_by("position"))
            return
        portion.tables.append(light)
        portion.full.append(lambda: decode(encoded, FULL))


def _is_sorted(rows: pa.Table) -> bool:
    positions = numbers(rows["position"])
    return bool(np.all(positions[1:] >= positions[:-1]))
