"""How many customers there are, and the share of events that belongs to a known one: from identity and lake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from itda.base.instant import DAY
from itda.engine.questions.remembered import remembered
from itda.engine.work import Work
from itda.measure.definition import BRAND_ACTS
from itda.store.arrays import byteas
from itda.store.database import Connection
from itda.store.lake.reader import Snapshot

if TYPE_CHECKING:
    import duckdb

WINDOW = 30 * DAY

_OLDEST = "i.fragment = i.customer and i.hub <> 'confirmed' and not i.is_blocked"
_CLUSTERS = f"select count(*) from identifier i where {_OLDEST}"
"""A cluster has one oldest identifier, and a confirmed hub or a blocked value is a cluster of its own."""
_QUIET = f"""
    select i.customer from identifier i
    where {_OLDEST} and not exists (select from fragment f where f.fragment = i.fragment)
"""
_HEARD = """
    select count(distinct i.customer) from identifier i join fragment f using (fragment) where i.customer = any(%b)
"""
_KNOWN = """
    select string_agg(i.fragment, ''::bytea) from identifier i
    where i.hub <> 'confirmed' and not i.is_blocked and i.customer in (
      select customer from identifier where kind = any(%s) and hub <> 'confirmed' and not is_blocked)
    group by get_byte(i.fragment, 0)
"""
"""Ids are 16 bytes each: many as one value come without being taken apart and put together again."""
_ID_BYTES = 16
_BY_THEM = f"name not in {BRAND_ACTS}"
"""What the brand did itself is no event of a customer's."""


def customers(work: Work, position: int) -> int:
    """Resolved clusters with at least one accepted event; hubs and blocked values are no customers."""
    return remembered(work.lake, "customers", position, lambda: counted(work.connection))


def counted(connection: Connection) -> int:
    """Every cluster, without those none of whose identifiers owns an event."""
    connection.execute("set local work_mem = '96MB'")
    connection.execute("set local enable_nestloop = off")  # the planner takes the oldest for few
    clusters = connection.execute(_CLUSTERS).fetchone()
    quiet = [bytes(customer) for (customer,) in connection.execute(_QUIET).fetchall()]
    connection.execute("set local enable_nestloop = on")
    heard = connection.execute(_HEARD, [byteas(quiet)]).fetchone() if quiet else None
    return (int(clusters[0]) if clusters else 0) - len(quiet) + (int(heard[0]) if heard else 0)


def linked_share(work: Work, snapshot: Snapshot) -> float | None:
    """Events of the last 30 days of event time whose customer has a known kind, as a share of all of them.

    What the brand did itself is not among them. Every accepted event has an identifier. None where there is no event.
    """

    def share() -> float | None:
        known = _known(work.connection, [kind.name for kind in work.workspace.policy.kinds if kind.is_known])
        with snapshot.duckdb(["fragment", "occurred_at", "name"]) as duck:
            duck.register("known", known)
            return _share(duck)

    return remembered(work.lake, "linked_share", snapshot.position, share)


def _share(duck: duckdb.DuckDBPyConnection) -> float | None:
    newest = duck.execute("select max(occurred_at) from lake").fetchone()
    if newest is None or newest[0] is None:
        return None
    found = duck.execute(
        "with counted as ("
        f" select fragment, count(*) as n from lake where occurred_at > ? and {_BY_THEM} group by fragment) "
        "select sum(n), coalesce(sum(n) filter (fragment in (select fragment from known)), 0) from counted",
        [newest[0] - WINDOW],
    ).fetchone()
    return None if found is None or not found[0] else int(found[1]) / int(found[0])


def _known(connection: Connection, kinds: Sequence[str]) -> pa.Table:
    """The fragments of customers that have an identifier of one of these kinds."""
    with connection.cursor(binary=True) as cursor:
        ids = b"".join([many for (many,) in cursor.execute(_KNOWN, [list(kinds)])])
    fragments = pa.Array.from_buffers(pa.binary(_ID_BYTES), len(ids) // _ID_BYTES, [None, pa.py_buffer(ids)])
    return pa.table({"fragment": fragments})
