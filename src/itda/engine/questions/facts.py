"""The tables that metrics stand on, made in DuckDB of one snapshot: the lake's events, whose they are, and journeys.

Files stay where they are and are read through views; the tail is gone through a block at a time. Their meaning stands
in measure/facts.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from itda.base.instant import LocalDates
from itda.engine.questions import orders
from itda.measure.definition import BRAND_ACTS, RECORDS
from itda.sources.definition import OWN
from itda.store.database import Connection
from itda.store.lake.block import OWN_MARK
from itda.store.lake.reader import Snapshot
from itda.workspace.definition import Workspace

if TYPE_CHECKING:
    import duckdb

_ID_BYTES = 16
_PORTION_BYTES = 1 << 20
_BATCH = 20_000
_FIRST_DAY, _AHEAD = 10_950, 3
"""Nothing accepted is before 2000, or more than a day ahead."""
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday; Monday is 0."""

_COUNTED = "hub <> 'confirmed' and not is_blocked"
_OWNERS = f"""
    select string_agg(fragment, ''::bytea), string_agg(customer, ''::bytea) from identifier where {_COUNTED}
    group by get_byte(fragment, 0)
"""
"""Ids are 16 bytes each: many as one value come without being taken apart and put together again."""
_KNOWN = f"""
    select string_agg(customer, ''::bytea) from (
      select distinct customer from identifier where kind = any(%s) and {_COUNTED}) k
    group by get_byte(customer, 0)
"""
_MEMBERS = "select customer, segment from segment_member"
_ENTRIES = f"""
    select i.customer, p.journey, min(p.entered_at) from journey_position p join identifier i using (fragment)
    where {_COUNTED} group by i.customer, p.journey
"""
_TRAVELS = """
    select journey, fragment, arm, goal_at is not null, coalesce(messaged_at <= goal_at, false), entered_at
    from journey_position
"""
_STAGES = """
    select p.journey, w.step, p.id,
      bool_or(w.what = 'exited' and p.exit_reason in ('left', 'merged', 'removed')), p.entered_at
    from journey_path w join journey_position p on p.id = w.position_id
    where w.what in ('entered', 'moved', 'exited') group by p.id, w.step
"""
"""Whoever exits does so at a step they had come to, or at the `exit` that they come to with it."""


def _texts(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


_STORE = """
    case when contains(properties, '"store_id"') then
      case when left(json_extract(properties, '$.store_id'), 1) not in ('{{', '[', 'n')
        then nullif(properties ->> '$.store_id', '') end end
"""
_INTERACTIONS_IN = f"""
    create or replace temp macro interactions_in(rows) as table
    select position, name, channel, source, fragment, occurred_at, local_date,
      type not in ({_texts(RECORDS)}) as is_touch, {{store}}::varchar as store
    from query_table(rows)
    where not starts_with(source, '{OWN_MARK}') and name not in ({_texts(BRAND_ACTS)})
"""
_EFFECTS_IN = f"""
    create or replace temp macro effects_in(rows) as table
    select position, name, channel, fragment, occurred_at, local_date,
      said[1] as message_id, said[2] as message, said[3] as journey
    from (
      select position, name, channel, fragment, occurred_at, local_date,
        json_extract_string(properties, ['$.message_id', '$.message', '$.journey']) as said
      from query_table(rows)
      where source = '{OWN.name}'
        and name in ('Message Sent', 'Message Delivered', 'Message Opened', 'Message Clicked'))
"""
_RUNS = "select at, people, duplicates, checked, checked_right from match_run"
_EVENT = "c.customer, e.occurred_at as happened_at, e.local_date as day, {asked} as is_asked"
_INTERACTIONS = f"""
    create or replace temp view interactions as
    select {_EVENT}, e.position, e.channel, e.store, e.source, e.name, e.is_touch
    from (from interactions_in('lake') union all from interactions_new) e left join customer_of c using (fragment)
"""
_EFFECTS = f"""
    create or replace temp view effects as
    select {_EVENT}, e.position, e.name, e.message_id, e.message, e.journey, e.channel
    from (from effects_in('lake') union all from effects_new) e left join customer_of c using (fragment)
"""
_ORDERS = """
    create or replace temp table orders as
    select row_number() over () as number, c.customer, o.placed_at as happened_at, o.local_date as day,
      {asked} as is_asked, o.channel, o.store_id as store, o.net_minor, o.currency = '{currency}' as is_own_currency
    from ({folded}) o left join customer_of c using (fragment)
"""
_ID: pa.DataType = pa.binary(16)
_TEXT: pa.DataType = pa.string()
_YES: pa.DataType = pa.bool_()
_TIME: pa.DataType = pa.int64()
_MEMBER = pa.schema([("customer", _ID), ("segment", _TEXT)])
_ENTRY = pa.schema([("customer", _ID), ("journey", _TEXT), ("entered_at", _TIME)])
_TRAVEL = pa.schema([("journey", _TEXT), ("unit", _ID), ("arm", _TEXT), ("is_goal", _YES),
                     ("is_goal_after_message", _YES), ("is_asked", _YES)])  # fmt: skip
_STAGE = pa.schema([("journey", _TEXT), ("step", _TEXT), ("unit", _ID), ("is_left", _YES), ("is_asked", _YES)])
_NUMBERS: list[tuple[str, pa.DataType]] = [
    (name, _TIME) for name in ("people", "duplicates", "checked", "checked_right")
]
_RUN = pa.schema([("happened_at", _TIME), ("day", pa.int32()), *_NUMBERS, ("is_asked", _YES)])
_MADE_OF_EVENTS = frozenset({"interactions", "orders", "effects"})


class Period(NamedTuple):
    """Local days, both ends included; None where it is open."""

    since: int | None
    until: int | None

    def holds(self, day: int) -> bool:
        """Whether a local day lies in it."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def sql(self, day: str) -> str:
        """The same as a test in SQL."""
        tests = [f"{day} >= {self.since}"] * (self.since is not None) + [f"{day} <= {self.until}"] * (
            self.until is not None
        )
        return f"({' and '.join(tests) or 'true'})"


@contextlib.contextmanager
def prepared(
    snapshot: Snapshot,
    connection: Connection,
    workspace: Workspace,
    tables: frozenset[str],
    period: Period,
    now: int,
    *,
    with_store: bool,
    folded: pa.Table | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A bounded DuckDB that holds these tables of facts. `connection` reads at the snapshot's moment.

    `folded` are the orders of that moment where they are at hand; else they are folded here.
    """
    columns = ["position", "source", "channel", "name", "type", "occurred_at", "local_date", "fragment"]
    spoken = tables - {"orders"} if folded is not None else tables
    if with_store or not spoken.isdisjoint({"orders", "effects"}):
        columns += ["event_id", "properties"]
    with snapshot.duckdb(columns, blocks=()) as duck:
        if not tables.isdisjoint(_MADE_OF_EVENTS):
            duck.execute("create or replace temp table customer_of (fragment blob, customer blob)")
            _load_ids(duck, connection, _OWNERS, (), "customer_of", ("fragment", "customer"))
            _speak(duck, snapshot, columns, spoken, with_store)
        if "interactions" in tables:
            duck.execute(_INTERACTIONS.format(asked=period.sql("e.local_date")))
        if "effects" in tables:
            duck.execute(_EFFECTS.format(asked=period.sql("e.local_date")))
        if "orders" in tables:
            if folded is None:
                orders.meanings(duck, workspace.currency, workspace.order_scopes)
            else:
                duck.register("folded_orders", folded)
            duck.execute(
                _ORDERS.format(
                    asked=period.sql("o.local_date"), currency=workspace.currency,
                    folded=orders.ORDERS if folded is None else "from folded_orders",
                )
            )  # fmt: skip
        _beside(duck, connection, workspace, tables, period, now)
        yield duck


def _speak(
    duck: duckdb.DuckDBPyConnection, snapshot: Snapshot, columns: list[str], tables: frozenset[str], with_store: bool
) -> None:
    """What events say: of files where they are, or at once where it costs a look at long properties; of the tail."""
    kept = []
    if "interactions" in tables:
        duck.execute(_INTERACTIONS_IN.format(store=_STORE if with_store else "null"))
        duck.execute("create or replace temp table interactions_new as from interactions_in('lake') limit 0")
        kept.append(("interactions_new", "interactions_in"))
    if "effects" in tables:
        duck.execute(_EFFECTS_IN)
        duck.execute("create or replace temp table effects_new as from effects_in('lake') limit 0")
        kept.append(("effects_new", "effects_in"))
    if "orders" in tables:
        duck.execute(orders.MACROS)
        duck.execute("create or replace temp table spoken as from spoken_in('lake')")
        kept.append(("spoken", "spoken_in"))
    for rows in snapshot.tail_tables(columns):  # one block in memory at a time
        duck.register("block", rows)
        for table, macro in kept:
            duck.execute(f"insert into {table} from {macro}('block')")
        duck.unregister("block")


def _beside(
    duck: duckdb.DuckDBPyConnection,
    connection: Connection,
    workspace: Workspace,
    tables: frozenset[str],
    period: Period,
    now: int,
) -> None:
    """What stands beside the lake: people, segments, journeys, and the calendar."""
    zone = LocalDates(workspace.zone)

    def asked(entered_at: int) -> bool:
        return period.holds(zone.of(entered_at))

    if "known" in tables:
        duck.execute("create or replace temp table known (customer blob)")
        kinds = [kind.name for kind in workspace.policy.kinds if kind.is_known]
        _load_ids(duck, connection, _KNOWN, (kinds,), "known", ("customer",))
    if "members" in tables:
        _load(duck, connection, _MEMBERS, "members", _MEMBER)
    if "entries" in tables:
        _load(duck, connection, _ENTRIES, "entries", _ENTRY)
    if "travels" in tables:
        _load(duck, connection, _TRAVELS, "travels", _TRAVEL, lambda row: (*row[:-1], asked(row[-1])))
    if "stages" in tables:
        _load(duck, connection, _STAGES, "stages", _STAGE, lambda row: (*row[:-1], asked(row[-1])))
    if "runs" in tables:

        def run(row: tuple[int, int, float, int, int]) -> tuple[int | bool, ...]:
            at, people, duplicates, checked, right = row
            return at, zone.of(at), people, round(duplicates), checked, right, asked(at)

        _load(duck, connection, _RUNS, "runs", _RUN, run)
    if "days" in tables:
        duck.register("days", _days(zone.of(now) + _AHEAD))


def _load_ids(
    duck: duckdb.DuckDBPyConnection,
    connection: Connection,
    question: str,
    parameters: Sequence[Any],
    table: str,
    columns: Sequence[str],
) -> None:
    """Bring columns of ids into a table, a portion of them in memory at a time."""
    with connection.cursor(binary=True) as cursor:
        for portion in _portions(cursor.stream(question, parameters)):
            arrays = [pa.Array.from_buffers(_ID, len(ids) // _ID_BYTES, [None, pa.py_buffer(ids)]) for ids in portion]
            duck.register("portion", pa.table(arrays, list(columns)))
            duck.execute(f"insert into {table} from portion")
            duck.unregister("portion")


def _portions(rows: Iterable[Sequence[bytes]]) -> Iterator[list[bytes]]:
    """The same columns in fewer rows: of a small shop one. To insert costs milliseconds, however little it is."""
    gathered: list[Sequence[bytes]] = []
    size = 0
    for row in rows:
        gathered.append(row)
        size += len(row[0])
        if size >= _PORTION_BYTES:
            yield [b"".join(column) for column in zip(*gathered, strict=True)]
            gathered, size = [], 0
    if gathered:
        yield [b"".join(column) for column in zip(*gathered, strict=True)]


def _load(
    duck: duckdb.DuckDBPyConnection,
    connection: Connection,
    question: str,
    table: str,
    schema: pa.Schema,
    row_of: Callable[[Any], Any] = tuple,
) -> None:
    """Bring rows into a table, a portion of them in memory at a time."""
    duck.register("portion", schema.empty_table())
    duck.execute(f"create or replace temp table {table} as from portion")
    with connection.cursor(binary=True) as cursor:
        cursor.execute(question)
        while rows := cursor.fetchmany(_BATCH):
            turned = zip(zip(*map(row_of, rows), strict=True), schema, strict=True)
            duck.register("portion", pa.table([pa.array(values, kind.type) for values, kind in turned], schema=schema))
            duck.execute(f"insert into {table} from portion")
    duck.unregister("portion")


def _days(last: int) -> pa.Table:
    """Every local day there can be, with how it, its week's Monday and its month are written."""
    days = pa.array(range(_FIRST_DAY, last + 1), pa.int32())
    mondays = pa.array([day - (day + _EPOCH_WEEKDAY) % 7 for day in range(_FIRST_DAY, last + 1)], pa.int32())
    text = days.cast(pa.date32()).cast(pa.string())
    return pa.table(
        {
            "day": days,
            "day_text": text,
            "week": mondays.cast(pa.date32()).cast(pa.string()),
            "month": pc.utf8_slice_codeunits(text, 0, len("2000-01")),
        }
    )
