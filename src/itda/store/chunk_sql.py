"""What a chunk changes, as SQL: one statement a table, its rows as columns.

Rows that add to what is there are summed first. Rows of identifiers that are new are only inserted, sorted by key: to
look for what they could meet costs as much as to write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from operator import attrgetter, not_
from typing import Any

import msgspec

from itda.store.arrays import (
    Column,
    bigints,
    bigints_or_null,
    booleans,
    byteas,
    byteas_or_null,
    integers,
    integers_or_null,
    texts,
    texts_or_null,
)
from itda.store.ports import ChunkWrites, DedupeSwap, EvidenceRow, QualityRow

_KINDS: dict[str, Callable[[Any], Column]] = {
    "bytea": byteas,
    "text": texts,
    "bigint": bigints,
    "bigint?": bigints_or_null,
    "integer": integers,
    "integer?": integers_or_null,
    "bytea?": byteas_or_null,
    "text?": texts_or_null,
    "boolean": booleans,
}

Statement = tuple[Any, list[Any]]
_PORTION_BYTES = 1 << 20


class Table(msgspec.Struct, frozen=True):
    """How rows of one kind are written: their columns in the order of the table, and what meets what is there.

    The first `ends` columns are identifiers: a row is new when one of them is.
    """

    name: str
    columns: dict[str, str]
    conflict: str = ""
    ends: int = 0
    fields: dict[str, str] = {}
    """Columns that a row calls otherwise."""
    heavy: str = ""
    """The column that can be kilobytes a row: such rows are sent in portions, so that a chunk is not held thrice."""

    def statements(self, rows: Sequence[Any], new: set[bytes], *, is_first: bool = False) -> Iterator[Statement]:
        """What writes these rows; `new` are identifiers of which nothing is stored, of all of them where `is_first`."""
        if is_first and self.ends and rows:
            yield self.text(""), self._arrays(rows)
            return
        are_new: list[bool] = []
        if new and self.ends == 1:
            are_new = [row.fragment in new for row in rows]
        elif new and self.ends:
            are_new = [row.a in new or row.b in new for row in rows]
        fresh = list(compress(rows, are_new))
        others = list(compress(rows, map(not_, are_new))) if fresh else rows
        if fresh:
            yield self.text(f"order by {', '.join(list(self.columns)[: self.ends])}"), self._arrays(fresh)
        if others:
            text = self.text(self.conflict)
            for portion in self._portions(others):
                yield text, self._arrays(portion)

    def _portions(self, rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """The rows as they are, or cut where what they weigh has come to a portion."""
        start, weight = 0, 0
        for at, row in enumerate(rows if self.heavy else ()):
            weight += len(getattr(row, self.heavy))
            if weight >= _PORTION_BYTES:
                yield rows[start : at + 1]
                start, weight = at + 1, 0
        if start < len(rows):
            yield rows[start:] if start else rows

    def _arrays(self, rows: Sequence[Any]) -> list[Column]:
        called = self.fields.get
        return [_KINDS[kind](list(map(attrgetter(called(name, name)), rows))) for name, kind in self.columns.items()]

    def text(self, ending: str) -> str:
        """The statement that writes rows as columns."""
        names = ", ".join(self.columns)
        arrays = ", ".join(["%b"] * len(self.columns))
        return f"insert into {self.name} ({names}) select * from unnest({arrays}) as given ({names}) {ending}"


def replacing(key: str, *columns: str) -> str:
    """What a row does that is there already: these columns of it are replaced."""
    return f"on conflict ({key}) do update set " + ", ".join(f"{column} = excluded.{column}" for column in columns)


_KEYRING = Table("keyring", {
    "blind": "bytea", "generation": "integer", "retention": "text", "fragment": "bytea", "kind": "text",
    "wrapped_key": "bytea", "value_sealed": "bytea",
})  # fmt: skip
_IDENTIFIER = Table(
    "identifier",
    {"fragment": "bytea", "kind": "text", "first_at": "bigint", "component": "bytea", "customer": "bytea",
     "hub": "text", "is_blocked": "boolean"},
    replacing("fragment", "kind", "first_at", "component", "customer", "hub", "is_blocked"),
    ends=1,
)  # fmt: skip
_EDGE = Table(
    "edge",
    {"a": "bytea", "b": "bytea", "tier": "integer", "first_at": "bigint", "state": "text", "reason": "text",
     "only_day": "integer?", "sources": "text"},
    replacing("a, b", "tier", "first_at", "state", "reason", "only_day", "sources"),
    ends=2,
)  # fmt: skip
_EVIDENCE_COLUMNS = {
    "a": "bytea", "b": "bytea", "source": "text", "local_date": "integer", "count": "bigint", "first_at": "bigint",
    "last_at": "bigint", "sample": "bigint",
}  # fmt: skip
_EVIDENCE = Table("edge_evidence", _EVIDENCE_COLUMNS, (
    "on conflict (a, b, source, local_date) do update set count = edge_evidence.count + excluded.count,"
    " first_at = least(edge_evidence.first_at, excluded.first_at),"
    " last_at = greatest(edge_evidence.last_at, excluded.last_at),"
    " sample = least(edge_evidence.sample, excluded.sample)"
), ends=2)  # fmt: skip
_CORRECTED = Table(
    "edge_evidence", _EVIDENCE_COLUMNS,
    replacing("a, b, source, local_date", "count", "first_at", "last_at", "sample"),
)  # fmt: skip
_STEERED = Table(
    "steered",
    {"id": "bytea", "action": "text", "a": "bytea", "b": "bytea", "steward": "text", "at": "bigint",
     "reason_sealed": "bytea", "retracted_at": "bigint?"},
    replacing("id", "retracted_at"),
)  # fmt: skip
_FRAGMENT = Table(
    "fragment",
    {"fragment": "bytea", "state": "bytea", "events": "bigint", "first_at": "bigint", "last_at": "bigint",
     "is_spilled": "boolean"},
    replacing("fragment", "state", "events", "first_at", "last_at", "is_spilled"),
    ends=1,
    heavy="state",
)  # fmt: skip
_RECENT = Table(
    "fragment_recent", {"fragment": "bytea", "page": "integer", "refs": "bytea"}, replacing("fragment, page", "refs")
)
_NAME = Table("name_hash", {"hash": "integer", "fragment": "bytea"}, "on conflict do nothing")
_HOUSEHOLD = Table("household_hash", {"hash": "bigint", "fragment": "bytea"}, "on conflict do nothing")
_QUARANTINE = Table(
    "quarantine",
    {"position": "bigint", "source": "text", "channel": "text", "received_at": "bigint", "reason": "text",
     "detail": "text", "name": "text", "sealed": "bytea", "key_month": "integer",
     "cut_from": "bigint?"},
    "on conflict (position) do nothing",
)  # fmt: skip
_QUALITY = Table(
    "quality",
    {"local_date": "integer", "source": "text", "channel": "text", "measure": "text", "n": "bigint"},
    "on conflict (local_date, source, channel, measure) do update set n = quality.n + excluded.n",
)
_POLICY = Table(
    "policy_version",
    {"kind": "text", "position": "bigint", "version": "text", "body": "text", "at": "bigint", "reached": "bytea",
     "settled_at": "bigint?"},
    replacing("kind, position", "version", "body", "at", "reached", "settled_at"),
)  # fmt: skip
_DEDUPE_FILE = Table("dedupe_file", {"path": "text", "hour": "integer", "rows": "bigint", "max_position": "bigint"})


_FOLDED = ("fragment", "fragment_recent", "name_hash", "household_hash")
"""What is folded of a fragment's events."""


def statements(writes: ChunkWrites) -> Iterator[Statement]:
    """The statements of one chunk, in the order of writing."""
    if writes.refolded:
        own = byteas(writes.refolded)
        for folded in _FOLDED:
            yield f"delete from {folded} where fragment = any(%b)", [own]
    in_order: list[tuple[Table, Sequence[Any]]] = [
        (_KEYRING, writes.keys),
        (_IDENTIFIER, writes.nodes),
        (_EDGE, writes.edges),
        (_EVIDENCE, summed_evidence(writes.evidence)),
        (_CORRECTED, [row for row in writes.corrected if row.count]),
        (_STEERED, writes.steered),
        (_FRAGMENT, writes.fragments),
        (_RECENT, writes.recents),
        (_NAME, writes.names),
        (_HOUSEHOLD, writes.households),
        (_QUARANTINE, writes.quarantine),
        (_QUALITY, summed_quality(writes.quality)),
    ]
    new = {row.fragment for row in writes.keys}
    for table, rows in in_order:
        yield from table.statements(rows, new, is_first=writes.is_first)
    gone = [row for row in writes.corrected if not row.count]
    if gone:
        yield _GONE, [byteas([r.a for r in gone]), byteas([r.b for r in gone]), texts([r.source for r in gone]),
                      integers([r.local_date for r in gone])]  # fmt: skip
    yield from _resolutions(writes)
    if writes.permanent_ids:
        yield "insert into permanent_id select unnest(%b) on conflict do nothing", [byteas(writes.permanent_ids)]
    if writes.lake is not None:
        yield "insert into lake_tail values (%s, %s, %b)", list(msgspec.structs.astuple(writes.lake))
    if writes.dedupe is not None:
        yield "insert into dedupe_block values (%s, %s, %b)", list(msgspec.structs.astuple(writes.dedupe))
    if writes.dedupe_swap is not None:
        yield from _swap(writes.dedupe_swap)
    if writes.policy is not None:
        yield from _POLICY.statements([writes.policy], set())


_GONE = (
    "delete from edge_evidence e using unnest(%b, %b, %b, %b) as gone (a, b, source, local_date)"
    " where (e.a, e.b, e.source, e.local_date) = (gone.a, gone.b, gone.source, gone.local_date)"
)


_RESOLUTIONS = (
    "insert into resolution_log (position, at, cause, before, after, policy_version, decision, members)"
    " select position, at, cause, before, after, policy_version, nullif(decision, ''),"
    " array(select substring(members from place for 16) from generate_series(1, length(members), 16) as place)"
    " from unnest(%b, %b, %b, %b, %b, %b, %b, %b)"
    " as told (position, at, cause, before, after, policy_version, decision, members)"
)


def _resolutions(writes: ChunkWrites) -> Iterator[Statement]:
    rows = writes.resolutions
    if rows:
        encode = msgspec.msgpack.encode
        yield (
            _RESOLUTIONS,
            [
                bigints([row.position for row in rows]),
                bigints([row.at for row in rows]),
                texts([row.cause for row in rows]),
                byteas([encode(row.before) for row in rows]),
                byteas([encode(row.after) for row in rows]),
                texts([row.policy_version for row in rows]),
                byteas([row.decision or b"" for row in rows]),
                byteas([b"".join(row.members) for row in rows]),
            ],
        )


def _swap(swap: DedupeSwap) -> Iterator[Statement]:
    if swap.removed:
        yield "delete from dedupe_file where path = any(%b)", [texts(swap.removed)]
    if swap.added:
        yield from _DEDUPE_FILE.statements(swap.added, set())
    if swap.folded_to:
        yield "delete from dedupe_block where position <= %s", [swap.folded_to]


def summed_evidence(rows: Sequence[EvidenceRow]) -> list[EvidenceRow]:
    """One row for each (a, b, source, local_date), with the sum of its counts and its widest times."""
    sums: dict[tuple[bytes, bytes, str, int], tuple[int, int, int, int]] = {}
    for row in rows:
        key = (row.a, row.b, row.source, row.local_date)
        was = sums.get(key)
        mine = (row.count, row.first_at, row.last_at, row.sample)
        if was is not None:
            mine = (was[0] + mine[0], min(was[1], mine[1]), max(was[2], mine[2]), min(was[3], mine[3]))
        sums[key] = mine
    return [EvidenceRow(*key, *value) for key, value in sums.items()]


def summed_quality(rows: Sequence[QualityRow]) -> list[QualityRow]:
    """One row for each (local_date, source, channel, measure), with the sum of its counts."""
    sums: dict[tuple[int, str, str, str], int] = {}
    for row in rows:
        key = (row.local_date, row.source, row.channel, row.measure)
        sums[key] = sums.get(key, 0) + row.n
    return [
        QualityRow(local_date=day, source=source, channel=channel, measure=measure, n=n)
        for (day, source, channel, measure), n in sums.items()
    ]
