"""Who is in a segment at a time, asked of the lake: it reads every event anew and knows nothing of live states.

For a changed definition, for what a change would do, and to hold the live answers to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from itda.base.windows import Buckets
from itda.consent.standing import Consents
from itda.engine.questions import orders
from itda.profiles.fold import Fold
from itda.segments import batch
from itda.segments.definition import Segment
from itda.segments.resting import Resting
from itda.store import consents
from itda.store.database import Connection
from itda.store.lake.reader import Snapshot
from itda.workspace.definition import Workspace

if TYPE_CHECKING:
    import duckdb

COLUMNS = (
    "event_id", "source", "channel", "name", "type", "occurred_at", "local_date", "fragment", "properties",
)  # fmt: skip
"""What is read of the lake."""
_PREPARED = (
    *batch.MACROS,
    "create or replace temp view told as select c.customer, e.* from lake_until e join customer_of c using (fragment)",
    "create or replace temp table customers as select distinct customer from told where not starts_with(source, '@')",
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

_OWNERS = (
    "select fragment, customer from identifier where hub <> 'confirmed' and not is_blocked and customer not in"
    " (select i.customer from stopped s join identifier i on i.fragment = s.fragment)"
)
"""A confirmed hub or a blocked value is a cluster of its own, and no customer; who is stopped is counted nowhere."""
_SUBJECTS = "select i.customer, i.fragment from identifier i join consent_state s on s.subject_ref = i.fragment"
_BATCH = 50_000
_OWNER = pa.schema([("fragment", pa.binary()), ("customer", pa.binary())])
_TEXTS: list[tuple[str, pa.DataType]] = [(name, pa.string()) for name in ("purpose", "channel", "status")]
_CONSENT = pa.schema([("customer", pa.binary()), *_TEXTS])


class Membership:
    """The lake of a DuckDB, looked at as it stood at `now`: what had happened by then, by what is known today.

    The connection holds the view `lake` with COLUMNS (and `context` where traits look at it) and the tables
    `customer_of(fragment, customer)` and `consent_of(customer, purpose, channel, status)`.
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


@contextlib.contextmanager
def at(snapshot: Snapshot, connection: Connection, workspace: Workspace, now: int) -> Iterator[Membership]:
    """The lake of a shop as it stood at `now`, with whose everything is and what the ledger says today.

    `connection` reads in the snapshot's transaction, or in one of the same moment.
    """
    fold = workspace.fold()
    segments = {segment.name: segment for segment in workspace.segments}
    with snapshot.duckdb((*COLUMNS, "context") if fold.surroundings else COLUMNS) as duck:
        duck.register("customer_of", _owners(connection))
        duck.register("consent_of", _consents(connection, Resting(segments, fold)))
        yield Membership(duck, segments, fold, Buckets(workspace.zone), workspace.currency, workspace.order_scopes, now)


def _owners(connection: Connection) -> pa.Table:
    found = []
    with connection.cursor(binary=True) as cursor:
        cursor.execute(_OWNERS)
        while rows := cursor.fetchmany(_BATCH):
            fragments, customers = zip(*rows, strict=True)
            found.append(pa.table([pa.array(fragments, pa.binary()), pa.array(customers, pa.binary())], schema=_OWNER))
    return pa.concat_tables([_OWNER.empty_table(), *found])


def _consents(connection: Connection, rests: Resting) -> pa.Table:
    """What the ledger says of each customer of whom it says anything, as far as segments ask for it."""
    if not rests.consents:
        return _CONSENT.empty_table()
    owned: dict[bytes, list[bytes]] = {}
    for customer, fragment in connection.execute(_SUBJECTS).fetchall():
        owned.setdefault(bytes(customer), []).append(bytes(fragment))
    rows = []
    for customer, fragments in owned.items():
        standing = Consents(consents.states_of(connection, sorted(set(fragments)))).standing
        rows += [(customer, *pair, standing(*pair).status) for pair in sorted(rests.consents)]
    columns = list(zip(*rows, strict=True)) or [()] * len(_CONSENT)
    return pa.table([pa.array(list(values), field.type) for values, field in zip(columns, _CONSENT, strict=True)],
                    schema=_CONSENT)  # fmt: skip
