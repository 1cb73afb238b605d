"""What must be done by a day, in PostgreSQL: noted once, settled once with its proof, and listed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from itda.store.arrays import bigints, byteas, texts
from itda.store.database import Connection

_COLUMNS = (
    "d.id, d.kind, d.about, d.subject_ref, d.contact_ref, d.purpose, d.channel, d.event_seq, d.created_at, d.due_at,"
    " d.done_at, d.proof, d.lacking, d.message"
)
_ADD = (
    "insert into duty (id, kind, about, subject_ref, created_at, due_at) values (%s, %s, %s, %s, %s, %s)"
    " on conflict (id) do nothing"
)
_SETTLE = (
    "update duty set done_at = %s, status = 'done', proof = %s where id = %s and done_at is null returning subject_ref"
)
_REOPEN = "update duty set done_at = null, status = 'open', proof = '{}', lacking = %s where id = %s"
_OPEN = (
    f"select {_COLUMNS} from duty d where d.done_at is null and (%s::text[] is null or d.kind = any(%s))"
    " and (%s::bigint is null or d.due_at <= %s) and (%s::bytea is null or d.subject_ref = %s)"
    " and (d.due_at, d.id) > (%s, %s) order by d.due_at, d.id limit %s"
)
_DONE = f"select {_COLUMNS} from duty d where d.done_at is not null order by d.done_at desc, d.id limit %s"
_ONE = f"select {_COLUMNS} from duty d where d.id = %s"
_COUNTS = (
    "select kind, count(*) filter (where done_at is null), count(*) filter (where done_at is null and due_at <= %s),"
    " min(due_at) filter (where done_at is null), count(*) filter (where done_at >= %s)"
    " from duty where done_at is null or done_at >= %s group by kind order by kind"
)
_SOON = (
    "select d.kind, count(*) from duty d join unnest(%b, %b) as given (kind, until) on d.kind = given.kind"
    " where d.done_at is null and d.due_at > %s and d.due_at <= given.until group by d.kind"
)
_LACKING = (
    "update duty d set lacking = given.lacking from unnest(%b, %b) as given (id, lacking)"
    " where d.id = given.id and d.done_at is null and d.lacking <> given.lacking"
)
_LACKING_ALL = (
    "update duty set lacking = %s where done_at is null and message is null and kind = any(%s) and lacking <> %s"
)
_LACKING_NONE = "update duty set lacking = '' where done_at is null and lacking = any(%s)"
_FRESH = (
    f"select {_COLUMNS} from duty d where d.done_at is null and d.message is null and d.kind = any(%s)"
    " and d.lacking = '' order by d.due_at, d.id limit %s for update"
)
_AGAIN = (
    f"select {_COLUMNS} from duty d where d.done_at is null and d.message is null and d.kind = any(%s)"
    " and d.lacking = any(%s) and d.id > %s order by d.id limit %s for update"
)
_ALONE = "select pg_try_advisory_xact_lock(hashtextextended('itda duties ' || current_schema(), 0))"
_CARRIED = "update duty set message = %s, lacking = '' where id = any(%b) and done_at is null"
_OF_MESSAGE = f"select {_COLUMNS} from duty d where d.message = %s order by d.id"
_FORGET = "update duty set message = null where id = %s"
_FIRST = (-(1 << 63), b"")


class Duty(msgspec.Struct, frozen=True):
    """Something that must be done by a day. Times are microseconds UTC."""

    id: bytes
    kind: str
    about: str
    """What it is about, such as a request's id; never a personal value."""
    subject: bytes | None
    """Whose: a fragment."""
    contact: bytes | None
    purpose: str
    channel: str
    event_seq: int | None
    """The act of consent that it follows from, by its row of the ledger."""
    created_at: int
    due_at: int
    done_at: int | None
    proof: str
    """JSON."""
    lacking: str
    """What keeps it from being done by itself; empty: nothing, or nothing does it by itself."""
    message: bytes | None
    """The message of the outbox that does it."""


class Count(msgspec.Struct, frozen=True):
    """How many duties of a kind there are."""

    kind: str
    open: int
    overdue: int
    next_due_at: int | None
    done: int
    """Settled since a moment that was asked for."""


def add(
    connection: Connection, made: bytes, kind: str, due_at: int, *, subject: bytes | None, about: str, at: int
) -> None:
    """Note a duty by its id, once."""
    connection.execute(_ADD, [made, kind, about, subject, at, due_at])


def settle(connection: Connection, made: bytes, at: int, proof: str) -> tuple[bool, bytes | None]:
    """Note that it was done, with its proof as JSON: whether such a duty was open, and whose it was."""
    row = connection.execute(_SETTLE, [at, proof, made], binary=True).fetchone()
    return (False, None) if row is None else (True, row[0])


def reopen(connection: Connection, made: bytes, lacking: str) -> None:
    """Note that it was not done after all, and what it lacks."""
    connection.execute(_REOPEN, [lacking, made])


def open_ones(
    connection: Connection,
    kinds: Collection[str] | None = None,
    *,
    until: int | None = None,
    subject: bytes | None = None,
    after: tuple[int, bytes] = _FIRST,
    limit: int = 200,
) -> list[Duty]:
    """What is not done: of these kinds, due at `until` at the latest, of a subject; `after` a due time and an id."""
    named = None if kinds is None else list(kinds)
    values: list[Any] = [named, named, until, until, subject, subject, *after, limit]
    return [Duty(*row) for row in connection.execute(_OPEN.encode(), values, binary=True).fetchall()]


def done(connection: Connection, limit: int = 50) -> list[Duty]:
    """What was done last, the latest first."""
    return [Duty(*row) for row in connection.execute(_DONE.encode(), [limit], binary=True).fetchall()]


def named(connection: Connection, made: bytes) -> Duty | None:
    """One duty by its id, done or not."""
    row = connection.execute(_ONE.encode(), [made], binary=True).fetchone()
    return Duty(*row) if row else None


def of_message(connection: Connection, message: bytes) -> list[Duty]:
    """The duties that a message of the outbox does, done or not."""
    return [Duty(*row) for row in connection.execute(_OF_MESSAGE.encode(), [message], binary=True).fetchall()]


def counts(connection: Connection, now: int, since: int) -> list[Count]:
    """Each kind in numbers, as far as there is anything open or done since."""
    return [Count(*row) for row in connection.execute(_COUNTS, [now, since, since], binary=True).fetchall()]


def soon(connection: Connection, now: int, until: Mapping[str, int]) -> dict[str, int]:
    """How many of each kind are due after now, up to the moment given for the kind."""
    columns = [texts(list(until)), bigints(list(until.values())), now]
    return dict(connection.execute(_SOON.encode(), columns, binary=True).fetchall())


def lack(connection: Connection, found: Mapping[bytes, str]) -> None:
    """Note what keeps these from being done."""
    if found:
        connection.execute(_LACKING.encode(), [byteas(list(found)), texts(list(found.values()))])


def lack_all(connection: Connection, kinds: Collection[str], what: str) -> None:
    """Note what keeps every duty of these kinds from being done that nothing does yet."""
    connection.execute(_LACKING_ALL, [what, list(kinds), what])


def lack_none(connection: Connection, what: Collection[str]) -> None:
    """Note that this keeps nothing from being done any more."""
    connection.execute(_LACKING_NONE, [list(what)])


def to_carry(
    connection: Connection, kinds: Collection[str], *, most: int, turn: bytes, again: Collection[str]
) -> list[Duty]:
    """Duties that nothing does yet, locked: the new ones, and of those that lack what may come some after `turn`."""
    rows = connection.execute(_FRESH.encode(), [list(kinds), most], binary=True).fetchall()
    left = most - len(rows)
    if left:
        rows += connection.execute(_AGAIN.encode(), [list(kinds), list(again), turn, left], binary=True).fetchall()
    return [Duty(*row) for row in rows]


def alone(connection: Connection) -> bool:
    """Be the one who does duties until the transaction ends; False where another is."""
    row = connection.execute(_ALONE).fetchone()
    return bool(row and row[0])


def carry(connection: Connection, made: Sequence[bytes], message: bytes | None) -> None:
    """Note which message does these; None: none does any more."""
    connection.execute(_CARRIED.encode(), [message, byteas(made)])


def forget(connection: Connection, made: bytes) -> None:
    """Leave the letter of a duty out of sight: what followed of it was done."""
    connection.execute(_FORGET, [made])
