"""Sightings of any number, kept as columns that may spill to disk, and summed up in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from itda.engine.sightings import Sighting, gathered
from itda.identity.graph import NEVER, pair
from itda.store.ports import EvidenceRow, SteeredRow

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"
_AT_ONCE = 100_000
_ID: pa.DataType = pa.binary(16)
_SEEN = pa.schema(
    [("a", _ID), ("b", _ID), ("source", pa.string()), ("local_date", pa.int32()), ("count", pa.int64()),
     ("first_at", pa.int64()), ("last_at", pa.int64()), ("sample", pa.int64())]
)  # fmt: skip
_SIGHTED = pa.schema([("fragment", _ID), ("kind", pa.string()), ("first_at", pa.int64()), ("is_blocked", pa.bool_())])
_MAKE = """
create table seen (a blob, b blob, source varchar, local_date integer, count bigint, first_at bigint, last_at bigint,
  sample bigint);
create table sighted (fragment blob, kind varchar, first_at bigint, is_blocked boolean)
"""
_SUM = """
create table evidence as
select a, b, source, local_date, sum(count)::bigint as count, min(first_at) as first_at, max(last_at) as last_at,
  min(sample) as sample
from seen group by a, b, source, local_date;
drop table seen;
create table node as
select row_number() over (order by fragment) - 1 as id, * from (
  select fragment, any_value(kind) as kind, min(first_at) as first_at, bool_or(is_blocked) as is_blocked
  from sighted group by fragment
);
drop table sighted;
create table link as
select one.id as one, other.id as other, told.* from (
  select a, b, min(first_at) as first_at,
    case when min(local_date) = max(local_date) then min(local_date) end as only_day,
    case when min(source) = max(source) then min(source)
      else array_to_string(list_sort(list_distinct(list(source))), ' ') end as sources
  from evidence group by a, b
) as told join node as one on one.fragment = a join node as other on other.fragment = b
"""
NODES = "select fragment, kind, first_at, is_blocked from node order by id"
LINKS = "select one, other, a, b, first_at, only_day, sources from link order by one, other"
_EVIDENCE = "select * from evidence order by a, b, source, local_date"


class Gathering:
    """All sightings and decisions, in any portions. `close` it."""

    def __init__(self, spill: Path | None = None, memory: str = MEMORY) -> None:
        from itda.store.lake import duck  # noqa: PLC0415 - whoever rebuilds nothing does without

        self.connection: duckdb.DuckDBPyConnection = duck.connect(spill, memory=memory)
        self.connection.execute(_MAKE)
        self.steered: dict[bytes, SteeredRow] = {}
        self._seen: list[EvidenceRow] = []
        self._sighted: list[tuple[bytes, str, int, bool]] = []

    def take(
        self,
        sightings: Sequence[Sighting],
        steered: Sequence[SteeredRow],
        kinds: Mapping[bytes, str],
        blocked: Mapping[bytes, bool],
    ) -> None:
        """Some more, in the order of the log. `kinds` names those of steered identifiers."""
        first, seen_kinds, evidence, _ = gathered(sightings)
        self._seen += evidence.values()
        self._sighted += [(one, seen_kinds[one], at, one in blocked) for one, at in first.items()]
        for row in steered:
            earlier = self.steered.get(row.id)
            if row.action == "retract":
                if earlier is not None and earlier.retracted_at is None:
                    self.steered[row.id] = msgspec.structs.replace(earlier, retracted_at=row.at)
            elif earlier is None:
                a, b = pair(row.a, row.b)
                self.steered[row.id] = msgspec.structs.replace(row, a=a, b=b)
                self._sighted += [(one, kinds[one], NEVER, one in blocked) for one in {a, b}]
        if len(self._seen) + len(self._sighted) >= _AT_ONCE:
            self._put()

    def summed(self) -> None:
        """Everything told: sum it up. The tables `node` (numbered in the order of ids), `link` and `evidence`."""
        self._put()
        for statement in _SUM.split(";"):
            self.connection.execute(statement)

    def evidence(self, at_once: int) -> Iterator[list[EvidenceRow]]:
        """Every row of evidence, by its key, so many at a time."""
        for rows in batches(self.connection, _EVIDENCE, at_once):
            yield [EvidenceRow(*values) for values in rows]

    def fragments(self) -> pa.Array[Any]:
        """Every identifier, in the order of their numbers."""
        found: pa.Table = self.connection.sql("select fragment from node order by id").to_arrow_table()
        ids: pa.Array[Any] = found.column("fragment").combine_chunks()
        return ids

    def numbers(self, ends: Sequence[bytes]) -> dict[bytes, int]:
        """The numbers of these identifiers among all of them."""
        told = pa.table({"fragment": pa.array(ends, _ID)})
        self.connection.register("asked", told)
        found = self.connection.execute("select fragment, id from node join asked using (fragment)").fetchall()
        self.connection.unregister("asked")
        return dict(found)

    def close(self) -> None:
        """Let everything go."""
        self.connection.close()

    def _put(self) -> None:
        columns = [list(map(attrgetter(name), self._seen)) for name in _SEEN.names]
        self._add("seen", pa.table(columns, schema=_SEEN))
        if self._sighted:
            self._add(
                "sighted", pa.table([list(values) for values in zip(*self._sighted, strict=True)], schema=_SIGHTED)
            )
        self._seen, self._sighted = [], []

    def _add(self, name: str, rows: pa.Table) -> None:
        self.connection.register("given", rows)
        self.connection.execute(f"insert into {name} select * from given")
        self.connection.unregister("given")


def batches(connection: duckdb.DuckDBPyConnection, query: str, at_once: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query, so many at a time."""
    found = connection.execute(query)
    while rows := found.fetchmany(at_once):
        yield rows
