"""What is due now, by rule: told by the columns that say when something was and what it was; nothing is opened."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from itda.base.calendar import add_months
from itda.base.instant import LocalDates
from itda.consent.retention import NEVER_DUE, Rule, cuts
from itda.engine.retaining.judging import LIGHT, Judge
from itda.measure.definition import BRAND_ACTS
from itda.profiles import orders
from itda.store import retention
from itda.store.database import Connection
from itda.store.lake.block import OWN_MARK, RETENTION_SOURCE, others_of
from itda.store.lake.expiring import Seen
from itda.store.lake.files import DAY_LEVEL, LakeFile, first_of_month
from itda.store.lake.reader import Snapshot
from itda.store.lake.sorting import numbers
from itda.workspace.definition import Workspace
from itda.workspace.retention import laws_of

_ROWS = 50_000
_PEOPLE = """
select customer, array_agg(fragment), array_agg(kind), array_agg(first_at) from identifier
where hub <> 'confirmed' and not is_blocked
  and not exists (select from stopped s where s.fragment = identifier.fragment and s.is_whole)
group by customer
"""
_GOING_ON = """
select json_extract_string(properties, '$.order_id') as number from lake
where name in ({names}) and json_type(properties, '$.order_id') not in ('BOOLEAN', 'OBJECT', 'ARRAY', 'NULL')
group by number having number <> '' and min(local_date) <= ? and max(local_date) > ?
"""
"""The same numbers as `orders.number` says."""


class Due(msgspec.Struct, frozen=True):
    """What a rule has due: events that it is about, people or identifiers."""

    n: int = 0
    oldest_day: int | None = None
    """The local day of the oldest event, or of when somebody was first seen."""

    def also(self, n: int, oldest_day: int) -> Due:
        """With more of it."""
        oldest = oldest_day if self.oldest_day is None else min(oldest_day, self.oldest_day)
        return Due(self.n + n, oldest)


class Inactive(msgspec.Struct, frozen=True):
    """Somebody whose time is over: all of a customer, or some identifiers of one."""

    rule: str
    customer: bytes
    only: tuple[bytes, ...]
    first_at: int


def judge(
    connection: Connection, snapshot: Snapshot, workspace: Workspace, now: int, rules: Sequence[Rule] | None = None
) -> Judge:
    """The rules of a workspace today; by default all of them."""
    today = LocalDates(workspace.zone).of(now)
    chosen, laws = workspace.retention if rules is None else rules, laws_of(workspace.country)
    marks = retention.marks(connection)
    found = Judge(chosen, laws, today, marks, frozenset())
    until = found.orders_until
    if until == NEVER_DUE or not any(file.first_day <= until for file in snapshot.files):
        return found
    names = ", ".join(f"'{name}'" for name in sorted(orders.NAMES))
    with snapshot.duckdb(["name", "local_date", "properties"]) as duck:
        numbered = duck.execute(_GOING_ON.format(names=names), [until, until]).fetchall()
    return Judge(chosen, laws, today, marks, frozenset(str(number) for (number,) in numbered))


def parts(snapshot: Snapshot, file: LakeFile) -> Iterator[pa.Table]:
    """A file's rows with the columns that are looked at, some at a time."""
    with snapshot.open(file) as opened:
        for batch in opened.iter_batches(_ROWS, columns=list(LIGHT), use_threads=False):
            yield pa.Table.from_batches([batch])


def is_anything_due(judged: Judge, tables: Iterable[pa.Table]) -> bool:
    """Whether any of these rows is due."""
    return any(mask.any() for rows in tables for mask in judged.due(rows).values())


def due(judged: Judge, snapshot: Snapshot) -> dict[str, Due]:
    """Of each rule about the lake how many events are due, those of the tail among them."""
    found = {rule.name: Due() for rule in judged.rules}
    tables = (rows for file in judged.chosen(snapshot.files) for rows in parts(snapshot, file))
    for rows in itertools.chain(tables, snapshot.tail_tables(LIGHT)):
        for name, mask in judged.due(rows).items():
            if mask.any():
                found[name] = found[name].also(int(mask.sum()), int(numbers(rows["local_date"])[mask].min()))
    return found


def inactive(connection: Connection, snapshot: Snapshot, workspace: Workspace, now: int, rule: Rule) -> list[Inactive]:
    """Who did nothing since the day that a rule of people or identifiers names."""
    dates = LocalDates(workspace.zone)
    last = cuts(rule, (), dates.of(now)).rest
    if last == NEVER_DUE:
        return []
    until = dates.start(last + 1)
    active = _active(snapshot, last, until)
    found = list[Inactive]()
    for customer, fragments, kinds, firsts in connection.execute(_PEOPLE, binary=True).fetchall():
        own = [(bytes(one), kind, at) for one, kind, at in zip(fragments, kinds, firsts, strict=True)]
        idle = [one for one in own if one[2] < until and one[0] not in active]
        if rule.of == "persons" and len(idle) == len(own):
            found.append(Inactive(rule.name, customer, (), min(firsts)))
        only = tuple(one for one, kind, _ in idle if kind in rule.kinds)
        if rule.of == "identifiers" and only:
            found.append(Inactive(rule.name, customer, only, min(firsts)))
    return sorted(found, key=lambda one: (one.first_at, one.customer))


def _active(snapshot: Snapshot, last: int, until: int) -> set[bytes]:
    """The identifiers that people used after a local day; what a brand did to them does not count."""
    files = [file for file in snapshot.files if _may_tell_until(file) > last]
    acts = pa.array(BRAND_ACTS)
    columns = ["fragment", "others", "name", "source", "local_date", "properties"]
    tables = (rows for file in files for rows in _batches(snapshot, file, columns))
    found = set[bytes]()
    for rows in itertools.chain(tables, snapshot.tail_tables(columns)):
        ours: Any = pc.starts_with(rows["source"], OWN_MARK)
        is_brands: Any = pc.is_in(rows["name"], acts)
        late: Any = pc.and_(pc.greater(rows["local_date"], pa.scalar(last)), pc.invert(is_brands))
        theirs: Any = pc.and_(late, pc.invert(ours))
        found |= _named(rows.filter(theirs))
        left = rows.filter(pc.is_in(rows["source"], pa.array([RETENTION_SOURCE])))
        told = [_decode(str(said)) for said in left["properties"].to_pylist()]
        found |= _named(left.filter(pa.array([one.active_at >= until for one in told], type=pa.bool_())))
    return found


def _may_tell_until(file: LakeFile) -> int:
    """The last local day that a file may tell of: what is left of a month is on the first day that it was seen."""
    return file.last_day if file.level == DAY_LEVEL else add_months(first_of_month(file.first_day), 1) - 1


def _named(rows: pa.Table) -> set[bytes]:
    others: Any = rows["others"].to_pylist()
    owners: Any = rows["fragment"].to_pylist()
    return {*owners, *(other for packed in set(others) for other in others_of(packed))}


def _batches(snapshot: Snapshot, file: LakeFile, columns: list[str]) -> Iterator[pa.Table]:
    with snapshot.open(file) as opened:
        for batch in opened.iter_batches(_ROWS, columns=columns, use_threads=False):
            yield pa.Table.from_batches([batch])


def _decode(said: str) -> Seen:
    return msgspec.json.decode(said, type=Seen)
