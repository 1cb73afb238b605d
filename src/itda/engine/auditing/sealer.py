"""The sealer: gives every new row of the audit's tables its link, some seconds after it was written.

Numbers are given out in one order and committed in another. A number is sealed, or passed over as never written, only
once everybody who wrote to the table when it was the last one given out has ended: whoever took a number before held
the table's lock from then on. Nobody waits for the sealer, and it waits for nobody: what cannot be sealed yet is
looked at the next time. Any number of sealers may run; one of them works at a time, in one transaction a portion.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from itda.access import chain
from itda.base.errors import Unavailable
from itda.base.instant import DAY
from itda.engine.auditing.streams import STREAMS, Head, Stream, head
from itda.store.arrays import bigints, byteas
from itda.store.database import Connection, Database

EVERY_S = 5.0
"""A row is sealed at most so long after it was written, where somebody seals."""
_AT_ONCE = 5_000
_LOOK_S = 0.05
_log = logging.getLogger(__name__)

_LOCK = "select pg_try_advisory_xact_lock(hashtextextended('itda seal ' || current_schema() || %s, 0))"
_WRITERS = """
select virtualtransaction from pg_locks
where locktype = 'relation' and relation = %s::regclass and granted and pid is distinct from pg_backend_pid()
  and database = (select oid from pg_database where datname = current_database())
  and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


class _Horizon(msgspec.Struct, frozen=True):
    """Up to `seq` all is settled once these writers have ended."""

    seq: int
    writers: frozenset[str]


class Sealer:
    """Seals what was written. `clock` gives microseconds UTC: the day a link belongs to."""

    def __init__(self, db: Database, clock: Callable[[], int]) -> None:
        self._db, self._clock = db, clock
        self._waited: dict[str, _Horizon] = {}

    def step(self) -> int:
        """Seal what can be sealed now; how many rows."""
        return sum(self._seal(stream) for stream in STREAMS)

    def catch_up(self, timeout_s: float = 10.0) -> int:
        """Seal everything that was written before the call; `Unavailable` where a writer does not come to an end."""
        until = time.monotonic() + timeout_s
        with self._db.connection() as connection:
            goals = {stream: _last_number(connection, stream) for stream in STREAMS}
        done = self.step()
        while behind := [stream.table for stream, goal in goals.items() if self._until(stream) < goal]:
            if time.monotonic() > until:
                raise Unavailable(f"somebody still writes to {', '.join(behind)}: it cannot be sealed yet")
            time.sleep(_LOOK_S)
            done += self.step()
        return done

    def _until(self, stream: Stream) -> float:
        """The number up to which it is sealed; without an end where it has no head: it waits for nobody."""
        with self._db.connection() as connection:
            at = head(connection, stream)
        return math.inf if at is None else at.until_seq

    def _seal(self, stream: Stream) -> int:
        horizon = self._settled(stream)
        done = 0
        while horizon is not None and (sealed := self._portion(stream, horizon)):
            done += sealed.links
            if sealed.until_seq >= horizon:
                break
        return done

    def _settled(self, stream: Stream) -> int | None:
        """The number up to which nobody can add a row any more; None where that is not known yet."""
        with self._db.connection() as connection:
            waited = self._waited.pop(stream.name, None)
            last = waited.seq if waited else _last_number(connection, stream)  # before it is asked who writes
            writers = frozenset(str(one) for (one,) in connection.execute(_WRITERS, [stream.table]).fetchall())
        if waited:
            writers &= waited.writers
        if writers:
            self._waited[stream.name] = _Horizon(last, writers)
            return None
        return last

    def _portion(self, stream: Stream, horizon: int) -> Head | None:
        """Seal one portion; how far it came, with the number of rows in place of all links. None: nothing to do."""
        with self._db.connection() as connection:
            is_mine = connection.execute(_LOCK, [stream.name]).fetchone()
            if is_mine != (True,):
                return None
            at = head(connection, stream)
            if at is None:  # the next look at the chains names it
                _log.error("the audit was altered: the head of the chain of %s was taken out", stream.table)
                return None
            if at.until_seq >= horizon:
                return None
            rows = connection.execute(
                f"select seq, {stream.at}, {', '.join(stream.sealed_columns)} from {stream.table}"
                " where seq > %s and seq <= %s order by seq limit %s".encode(),
                [at.until_seq, horizon, _AT_ONCE],
            ).fetchall()
            until = rows[-1][0] if len(rows) == _AT_ONCE else horizon
            reached = _linked(connection, stream, at, rows, max(at.day, self._clock() // DAY))
            connection.execute(
                "update chain_head set until_seq = %s, seq = %s, day = %s, hash = %s, links = %s, unblocked = %s"
                " where stream = %s",
                [until, reached.seq, reached.day, reached.hash, reached.links, reached.unblocked, stream.name],
            )
            return msgspec.structs.replace(reached, until_seq=until, links=len(rows))


def _linked(connection: Connection, stream: Stream, at: Head, rows: Sequence[tuple[Any, ...]], day: int) -> Head:
    """Add the links of rows, and the roots that are full with them, or with the end of a day; the head after them."""
    if not rows:
        return at
    is_new_day = day != at.day
    if is_new_day:
        _block(connection, stream, at.seq, at.day, at.unblocked)
    before = chain.beginning(stream.name, day, at.hash or chain.NOTHING) if is_new_day else at.hash
    links = list[bytes]()
    for seq, when, *values in rows:
        before = chain.link(before, seq, when, stream.leaf(values))
        links.append(before)
    numbers = [row[0] for row in rows]
    connection.execute(
        "insert into chain_link (stream, seq, day, hash)"
        " select %s, seq, %s, hash from unnest(%b, %b) as new (seq, hash)",
        [stream.name, day, bigints(numbers), byteas(links)],
    )
    unblocked = (0 if is_new_day else at.unblocked) + len(rows)
    while unblocked >= chain.BLOCK:
        unblocked -= chain.BLOCK
        _block(connection, stream, numbers[len(numbers) - 1 - unblocked], day, chain.BLOCK)
    return Head(at.until_seq, numbers[-1], day, before, at.links + len(rows), unblocked)


def _block(connection: Connection, stream: Stream, last: int, day: int, count: int) -> None:
    """Put the `count` links up to `last` under a root; nothing where there are none."""
    if not count:
        return
    rows = connection.execute(
        "select seq, hash from chain_link where stream = %s and seq <= %s order by seq desc limit %s",
        [stream.name, last, count],
    ).fetchall()[::-1]
    connection.execute(
        "insert into chain_block (stream, first_seq, last_seq, day, links, root) values (%s, %s, %s, %s, %s, %s)",
        [stream.name, rows[0][0], last, day, count, chain.root([bytes(one) for _, one in rows])],
    )


def _last_number(connection: Connection, stream: Stream) -> int:
    """The last number that was given out, whether its row counts or not; 0 for none."""
    row = connection.execute(
        f"select case when is_called then last_value else 0 end from {stream.table}_seq_seq".encode()
    ).fetchone()
    return int(row[0]) if row else 0
