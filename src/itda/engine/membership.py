"""Who is in a segment at a time, asked of the lake: it reads every event anew and knows nothing of live states.

For a changed definition, for what a change would do, and to hold the live answers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from itda.base.windows import Buckets
from itda.engine.questions import orders
from itda.profiles.fold import Fold
from itda.segments import batch
from itda.segments.definition import Segment

COLUMNS = (
    "event_id", "source", "channel", "name", "type", "occurred_at", "local_date", "fragment", "properties",
)  # fmt: skip
"""What is read of the lake."""
_PREPARED = (
    *batch.MACROS,
    "create or replace temp view told as select c.customer, e.* from lake_until e join customer_of c using (fragment)",
    "create or replace temp view customers as select distinct customer from customer_of",
)
_SPOKEN = "create or replace temp table spoken as from spoken_in('lake_until')"
_OF_CUSTOMERS = """
    create or replace temp table spoken as
    select s.* replace (hex(c.customer) || chr(31) || coalesce(s.own_scope, o.scope, s.source) as own_scope)
    from spoken s join customer_of c using (fragment) left join order_scope o on o.source = s.source
"""
"""An order is told apart by customer too: what others say of it does not count for this one."""
_PLACED = f"""
    create or replace temp table placed as
    select c.customer, p.placed_at, p.local_date, p.channel, p.source, p.currency, p.net_minor
    from ({orders.ORDERS}) p join customer_of c using (fragment)
"""


class Membership:
    """The lake of a DuckDB, looked at as it stood at `now`: what had happened by then, by what is known today.

    The connection holds the view `lake` with COLUMNS and the tables `customer_of(fragment, customer)` and
    `consent_of(customer, purpose, channel, status)`.
    """

    def __init__(
        self,
        duck: duckdb.DuckDBPyConnection,
        segments: Mapping[str, Segment],
        fold: Fold,
        zone: Buckets,
        currency: str,
        scopes: Mapping[str, str],
        now: int,
    ) -> None:
        self._duck, self._now = duck, now
        self._segments, self._fold, self._zone, self._currency = segments, fold, zone, currency
        duck.execute(f"create or replace temp view lake_until as select * from lake where occurred_at <= {now}")
        for statement in (*_PREPARED, orders.MACROS, _SPOKEN):
            duck.execute(statement)
        orders.meanings(duck, currency, scopes)
        duck.execute(_OF_CUSTOMERS)
        duck.execute(_PLACED)

    def members(self, name: str) -> Iterator[bytes]:
        """The customers in a segment."""
        question = batch.members(self._segments, name, self._fold, self._zone, self._currency, self._now)
        found = self._duck.execute(question)
        while rows := found.fetchmany(10_000):
            yield from (bytes(customer) for (customer,) in rows)
