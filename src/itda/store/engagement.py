"""The decider's store in PostgreSQL: reads by one `= any` each, and one transaction a step.

A step first moves the decider's cursor, from the position and under the epoch it was read with: one that was paused,
replaced and resumed changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from itda.base.errors import Conflict, Unavailable
from itda.store import applied, erasures, requests
from itda.store.arrays import bigints, byteas, texts
from itda.store.database import Connection, Database, reported
from itda.store.engagement_rows import (
    AppliedRow,
    AsideRow,
    AskedRow,
    IdentifierRow,
    MemberRow,
    PositionRow,
    StateRow,
    WakeRow,
)
from itda.store.engagement_sql import EngagementWrites, ended, statements
from itda.store.keyed import BY_KEY, Keyed, Row

_TAKE = "update cursor set epoch = epoch + 1 where name = 'decider' returning epoch, position, log_time"
_MOVE = """
update cursor set position = %s, log_time = greatest(log_time, %s)
where name = 'decider' and position = %s and epoch = %s returning epoch
"""
_BACKLOG = (
    "select case when c.position >= h.position then 0 else greatest(h.received_at - c.log_time, 0) end"
    " from cursor c, intake_head h where c.name = 'pipeline'"
)
_CLUSTERS = (
    "select i.fragment, i.kind, i.customer, i.hub = 'confirmed' or i.is_blocked"
    " from (select distinct component from identifier where fragment = any(%b)) as c cross join lateral ("
    "  select fragment, kind, customer, hub, is_blocked from identifier where fragment = c.component"
    "  union all"
    "  select fragment, kind, customer, hub, is_blocked from identifier"
    "  where component = c.component and component <> fragment"
    " ) as i"
)
_POSITIONS = "select " + ", ".join(PositionRow.__struct_fields__) + " from journey_position "
_WATCHED = (
    "where fragment = any(%b) and (exited_at is null or goal_at is null)"
    " and (case when exited_at is null then 9223372036854775807 when goal_at is null then goal_until end) >= %s"
)
_ALIKE = (
    "select p." + ", p.".join(PositionRow.__struct_fields__) + " from journey_position p join"
    " unnest(%b, %b, %b, %b, %b) as about (fragment, journey, correlation, since, until) on p.fragment = about.fragment"
    " and p.journey = about.journey and hashtextextended(p.correlation, 0) = hashtextextended(about.correlation, 0)"
    " and p.correlation = about.correlation and p.entered_at between about.since and about.until"
)
_NOT_ASIDE = "not exists (select from put_aside a where a.fragment = "
_DUE = (
    "select p.fragment, p.due_at from journey_position p where p.due_at < %s and p.exited_at is null"
    f" and {_NOT_ASIDE} p.fragment) order by p.due_at limit %s"
)
_STRANDED = (
    "select distinct p.fragment from journey_position p where p.exited_at is null and p.fragment > %b"
    " and (p.journey, p.version) not in (select * from unnest(%b, %b))"
    f" and {_NOT_ASIDE} p.fragment) order by p.fragment limit %s"
)
_WAKING = f"select w.customer, w.at from wake w where w.at <= %s and {_NOT_ASIDE} w.customer) order by w.at limit %s"
_ASIDE = "select fragment, customer, position, why, at from put_aside "
_ASKED = "select id, position_id, step, reasons from outbox "
MOST_SENT = 1_000
"""Of what went to one fragment, the latest so many are read: no cap can be larger."""
MOST_WAITING = 500
"""Of what waits for one fragment, the most important so many are read; the rule `waiting` lets fewer in."""
SENT = (
    "select o.fragment, a.at, o.channel, o.class, o.message from unnest(%b) as whose (fragment)"
    " cross join lateral (select id, fragment, channel, class, message from outbox where fragment = whose.fragment"
    " and status in ('attempting', 'sent', 'delivered', 'bounced', 'complained', 'uncertain')"
    f" order by created_at desc limit {MOST_SENT}) as o"
    " cross join lateral (select max(started_at) as at from attempt where outbox = o.id) as a where a.at >= %s"
)
WAITING = (
    "select o.fragment, o.id, o.not_before, o.priority, o.class from unnest(%b) as whose (fragment)"
    " cross join lateral (select fragment, id, not_before, priority, class from outbox where fragment = whose.fragment"
    f" and status in ('queued', 'held', 'retry') order by priority desc, not_before limit {MOST_WAITING}) as o"
)
_RESOLVED = "select seq, at, before, after from resolution_log where seq > %s and position <= %s order by seq limit %s"
_CUSTOMERS = (
    "select i.fragment from identifier i where i.fragment > %b and i.fragment = i.customer and (exists"
    " (select from fragment f where f.fragment = i.fragment) or exists (select from identifier o"
    " join fragment f on f.fragment = o.fragment where o.component = i.component and o.component <> o.fragment"
    " and o.customer = i.customer) or exists (select from identifier r join fragment f on f.fragment = r.fragment"
    " where r.fragment = i.component and r.customer = i.customer)) order by i.fragment limit %s"
)
"""Whoever has an event: an identifier that was only ever named beside others is nobody yet."""


class Cursor(NamedTuple):
    """Where the decider stands."""

    epoch: int
    position: int
    log_time: int
    resolved: int


class Alike(NamedTuple):
    """Positions to be looked for: of a fragment, in a journey, about one correlation, entered in an event time."""

    fragment: bytes
    journey: str
    correlation: str
    since: int
    until: int


class Resolved(msgspec.Struct, frozen=True):
    """One change of who is whom: clusters of fragments, the first of each the customer, before and after."""

    seq: int
    at: int
    before: list[list[bytes]]
    after: list[list[bytes]]


class EngagementStore(Keyed):
    """The store of one decider, over one connection of its own; used by one thread."""

    def __init__(self, db: Database | None, within: Connection | None = None) -> None:
        """`within`: a connection in whose transaction it only reads; whoever owns that closes it."""
        self._db = db
        self._own = within
        self._is_stepping = False
        self.patience_s = 10.0
        """A step that says nothing to the server for so long loses its locks, and fails."""

    def acquire(self) -> Cursor:
        """Become the decider. Any former one can commit nothing more."""
        with reported():
            connection = self._connection()
            row = connection.execute(_TAKE).fetchone()
            resolved = connection.execute("select position from cursor where name = 'resolutions'").fetchone()
        if row is None or resolved is None:
            raise Conflict("the cursor of the decider is gone")
        return Cursor(row[0], row[1], row[2], resolved[0])

    def close(self) -> None:
        """Close the store's connection."""
        if self._own is not None:
            self._own.close()
            self._own = None

    # ── who they are ──

    def clusters(self, fragments: Sequence[bytes]) -> list[IdentifierRow]:
        """Every identifier of the raw components of these: all of each customer's, and some of others'."""
        return self._any(_CLUSTERS, fragments, IdentifierRow)

    def states(self, fragments: Sequence[bytes]) -> list[StateRow]:
        """Folds of these fragments, where there are any."""
        return self._any("select fragment, state, last_at from fragment where fragment = any(%b)", fragments, StateRow)

    def customers_after(self, customer: bytes, most: int) -> list[bytes]:
        """The next customers in the order of their ids."""
        return self._rows(_CUSTOMERS, [customer, most], _first)

    def resolutions(self, after: int, position: int, most: int) -> list[Resolved]:
        """Changes of who is whom after one, as far as the frame at `position`."""
        decode = msgspec.msgpack.Decoder(list[list[bytes]]).decode
        return self._rows(
            _RESOLVED, [after, position, most], lambda seq, at, *sides: Resolved(seq, at, *map(decode, sides))
        )

    def aside(self, fragments: Sequence[bytes]) -> list[AsideRow]:
        """Those of these fragments whose people are put aside."""
        return self._any(_ASIDE + "where fragment = any(%b)", fragments, AsideRow)

    def asked_back(self, most: int) -> list[AsideRow]:
        """People put aside with whom to go on, as somebody asked."""
        return self._rows(_ASIDE + "where is_asked_back order by customer limit %s", [most], AsideRow)

    def stopping(self, most: int) -> list[bytes]:
        """Fragments of people who asked that all use stops, and have not left everything yet."""
        return self._rows("select fragment from stopped where left_at is null limit %s", [most], bytes)

    # ── what is known to be so ──

    def members(self, customers: Sequence[bytes]) -> list[MemberRow]:
        """The segments these customers are in."""
        return self._any(
            "select segment, customer, since from segment_member where customer = any(%b)", customers, MemberRow
        )

    def wakes(self, customers: Sequence[bytes]) -> dict[bytes, int]:
        """When these customers are to be looked at again; one who never was is missing."""
        return dict(self._any("select customer, at from wake where customer = any(%b)", customers, _pair))

    def waking(self, until: int, most: int) -> list[WakeRow]:
        """The first of whom passing time brings up to a log time."""
        return self._rows(_WAKING, [until, most], WakeRow)

    def due(self, before: int, most: int) -> list[tuple[bytes, int]]:
        """The first (fragment, due_at) of those whose wait is over before a log time."""
        return self._rows(_DUE, [before, most], _pair)

    def stranded(self, known: Sequence[tuple[str, str]], after: bytes, most: int) -> list[bytes]:
        """The next fragments, in order, of people in a journey in none of these (journey, version)."""
        names, versions = [name for name, _ in known], [version for _, version in known]
        return self._rows(_STRANDED, [after, texts(names), texts(versions), most], _first)

    def watched(self, fragments: Sequence[bytes], at: int) -> list[PositionRow]:
        """Positions of these fragments that something may still change at an event time or later."""
        if not fragments:
            return []
        return self._rows(_POSITIONS + _WATCHED, [byteas(fragments), at], PositionRow)

    def alike(self, about: Sequence[Alike]) -> list[PositionRow]:
        """Positions in a journey about the same, entered between two event times."""
        if not about:
            return []
        columns = list(zip(*about, strict=True))
        made = [byteas(columns[0]), texts(columns[1]), texts(columns[2]), bigints(columns[3]), bigints(columns[4])]
        return self._rows(_ALIKE, made, PositionRow)

    def positions_by_id(self, ids: Sequence[bytes]) -> list[PositionRow]:
        """These positions."""
        return self._any(_POSITIONS + "where id = any(%b)", ids, PositionRow)

    def asked_by(self, messages: Sequence[bytes]) -> list[AskedRow]:
        """Of these messages of the outbox, those that a journey asked for."""
        return self._any(_ASKED + "where id = any(%b) and position_id is not null", messages, AskedRow)

    def untold(self, most: int) -> list[AskedRow]:
        """Messages that will not go, of which journeys do not know it yet."""
        untold = f"where status in ('dropped', 'dead') and not is_told and {_NOT_ASIDE} outbox.fragment) limit %s"
        return self._rows(_ASKED + untold, [most], AskedRow)

    def sent(self, fragments: Sequence[bytes], since: int) -> list[tuple[bytes, int, str, Any, str]]:
        """(fragment, when, channel, class, message) of what may have gone to these fragments since."""
        return self._rows(SENT, [byteas(fragments), since], _all) if fragments else []

    def waiting(self, fragments: Sequence[bytes]) -> list[tuple[bytes, bytes, int, int, Any]]:
        """(fragment, message, when it is due, priority, class) of what waits to go to these fragments."""
        return self._any(WAITING, fragments, _all)

    def note(self, keys: Sequence[str], shown: Sequence[str]) -> None:
        """Note the traits that states are kept of (see `store.applied`)."""
        with reported():
            applied.note(self._connection(), keys, shown)

    def applied(self) -> list[AppliedRow]:
        """Every definition that was ever in force."""
        return self._rows(
            "select kind, name, version, body, at, reached, settled_at, retired_at from applied"
            " order by kind, name, at, version",
            [],
            AppliedRow,
        )

    def processed(self) -> int:
        """The frame up to which the pipeline has processed the log."""
        return int(self._rows("select position from cursor where name = 'pipeline'", [], _first)[0])

    def backlog(self) -> int:
        """How far the pipeline is behind the log, in microseconds of log time; 0 where it has processed all of it."""
        return int(self._rows(_BACKLOG, [], _first)[0])

    # ── one step ──

    @contextlib.contextmanager
    def step(self, writes: EngagementWrites) -> Iterator[Connection]:
        """The transaction of a step: the cursor is moved, then comes the block, then what the writes say.

        `Conflict`, and nothing changes, when another decider took over or the cursor is elsewhere.
        """
        move = [writes.position_after, writes.log_time, writes.position_before, writes.epoch]
        with reported():
            connection = self._connection()
            with self._stepping(), connection.transaction():
                patience = f"{round(self.patience_s * 1000)}ms"
                connection.execute("select set_config('idle_in_transaction_session_timeout', %s, true)", [patience])
                if connection.execute(_MOVE, move, prepare=True).fetchone() is None:
                    raise Conflict("another decider has taken over, or the cursor has moved")
                connection.execute("update cursor set position = %s where name = 'resolutions'", [writes.resolved])
                yield connection
                with connection.pipeline():
                    for statement, columns in statements(writes):
                        connection.execute(statement, columns, prepare=True)
                if writes.stopping:
                    requests.left(connection, writes.stopping, writes.log_time)
                if writes.erased:
                    erasures.forget(connection, writes.erased)

    def end(self, writes: EngagementWrites) -> None:
        """Within a step, and before it writes the log: end what waits and is wanted no more."""
        with reported():
            connection = self._connection()
            for statement, columns in ended(writes):
                connection.execute(statement, columns, prepare=True)

    @contextlib.contextmanager
    def _stepping(self) -> Iterator[None]:
        """What is read within belongs to the step: a connection that was lost is not made anew beside it."""
        self._is_stepping = True
        try:
            yield
        finally:
            self._is_stepping = False

    def _connection(self) -> Connection:
        if self._own is None or self._own.closed:
            if self._db is None or self._is_stepping:
                raise Unavailable("the connection to the database was lost")
            self._own = self._db.connect(autocommit=True, name=f"itda decider {self._db.schema}")
            self._own.execute("set lock_timeout = '20s'")
            self._own.execute(BY_KEY)
        return self._own

    def _rows(self, query: str, values: list[Any], row: Callable[..., Row]) -> list[Row]:
        for is_last in (False, True):
            try:
                with reported():
                    found = self._connection().execute(query.encode(), values, prepare=True, binary=True)
                    return [row(*columns) for columns in found]
            except Unavailable:
                if is_last or self._is_stepping or self._own is None or not self._own.closed:
                    raise
        raise Unavailable("the database does not answer")


def _first(value: Any) -> Any:
    return value


def _pair(one: Any, other: Any) -> tuple[Any, Any]:
    return one, other


def _all(*values: Any) -> tuple[Any, ...]:
    return values
