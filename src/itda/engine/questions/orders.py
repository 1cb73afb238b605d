"""Orders and revenue over the whole lake: the order fold of profiles, asked of DuckDB.

It shares the definition with `profiles/orders` and nothing else; a test holds the two equal.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Hashable, Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pyarrow as pa

from itda.base import money
from itda.store.lake.reader import LakeReader, Snapshot
from itda.workspace.definition import Workspace

if TYPE_CHECKING:
    import duckdb

_FILES = resources.files("itda.engine.questions")
MACROS = (_FILES / "spoken.sql").read_text()
"""Makes the macro `spoken_in(table)`: what order events in it say."""
_SPOKEN = "create or replace temp table spoken as from spoken_in('lake')"
ORDERS = (_FILES / "orders.sql").read_text()
"""The order fold over `spoken`, with the tables that `meanings` makes."""
_COLUMNS = ["event_id", "name", "source", "channel", "fragment", "occurred_at", "local_date", "properties"]
_WRITTEN = "select distinct written from spoken"
_MOST_CURRENCIES = 10_000
_MOST_ROWS = 2_000_000
"""Orders of a lake with more rows are not held in memory."""
_lock = threading.Lock()
_kept: WeakKeyDictionary[LakeReader, tuple[Hashable, pa.Table]] = WeakKeyDictionary()
GROUPINGS = ("local_date", "store_id", "fragment", "channel", "source")


def orders(snapshot: Snapshot, workspace: Workspace) -> pa.Table:
    """Every order that counts.

    Columns: scope, order_id, placed_at, local_date, channel, source, store_id, fragment, currency, amount_minor (as
    last stated) and net_minor (after what was given back).
    """
    with _prepared(snapshot, workspace) as duck:
        found: pa.Table = duck.sql(ORDERS).to_arrow_table()
    return found


def kept(reader: LakeReader, snapshot: Snapshot, workspace: Workspace) -> pa.Table | None:
    """What `orders` gives, folded once for a log position: the metrics of one page stand on the same orders.

    None where the lake has so many rows that they are better folded where they are needed, out of memory.
    """
    if sum(file.rows for file in snapshot.files) > _MOST_ROWS:
        return None
    moment = (snapshot.position, workspace.currency, tuple(sorted(workspace.order_scopes.items())))
    with _lock:  # held while it is made: whoever asks meanwhile wants the same
        held = _kept.get(reader)
        if held is None or held[0] != moment:
            held = moment, orders(snapshot, workspace)
            _kept[reader] = held
        return held[1]


def totals(snapshot: Snapshot, workspace: Workspace) -> dict[str, tuple[int, int]]:
    """Currency → (orders, net revenue in minor units)."""
    with _prepared(snapshot, workspace) as duck:
        found = duck.execute(f"select currency, count(*), sum(net_minor) from ({ORDERS}) group by 1").fetchall()
    return {currency: (int(n), int(revenue)) for currency, n, revenue in found}


def revenue_by(snapshot: Snapshot, workspace: Workspace, *by: str) -> dict[tuple[Any, ...], tuple[int, int]]:
    """(orders, net revenue in minor units) by currency and any of GROUPINGS, as {(currency, …): …}."""
    if not set(by) <= set(GROUPINGS):
        raise ValueError(f"orders are grouped by {', '.join(GROUPINGS)}")
    columns = ", ".join(["currency", *by])
    with _prepared(snapshot, workspace) as duck:
        found = duck.execute(
            f"select {columns}, count(*), sum(net_minor) from ({ORDERS}) group by {columns}"
        ).fetchall()
    return {tuple(row[:-2]): (int(row[-2]), int(row[-1])) for row in found}


@contextlib.contextmanager
def _prepared(snapshot: Snapshot, workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the three tables the fold asks for."""
    with snapshot.duckdb(_COLUMNS, blocks=()) as duck:
        duck.execute(MACROS)
        duck.execute(_SPOKEN)
        for rows in snapshot.tail_tables(_COLUMNS):  # one block in memory at a time
            duck.register("block", rows)
            duck.execute("insert into spoken from spoken_in('block')")
            duck.unregister("block")
        meanings(duck, workspace.currency, workspace.order_scopes)
        yield duck


def meanings(duck: duckdb.DuckDBPyConnection, currency: str, scopes: Mapping[str, str]) -> None:
    """Make the tables `money_of` and `order_scope` of the words that `spoken` holds."""
    written = [text for (text,) in duck.execute(_WRITTEN).fetchmany(_MOST_CURRENCIES)]
    meant = [(text, _meaning(text, currency)) for text in written]
    duck.register(
        "money_of",
        pa.table(
            {
                "written": pa.array([text for text, _ in meant], type=pa.string()),
                "currency": pa.array([meaning for _, meaning in meant], type=pa.string()),
                "digits": pa.array([money.digits(meaning) for _, meaning in meant], type=pa.int32()),
            }
        ),
    )
    duck.register(
        "order_scope",
        pa.table(
            {
                "source": pa.array(list(scopes), type=pa.string()),
                "scope": pa.array(list(scopes.values()), type=pa.string()),
            }
        ),
    )


def _meaning(written: str, fallback: str) -> str:
    currency = written.strip().upper()
    return currency if money.is_known(currency) else fallback
