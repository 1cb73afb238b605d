"""Requests of people in PostgreSQL: what was asked, how far it is carried out, and who is stopped meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

from itda.store.arrays import byteas
from itda.store.database import Connection

Kind = Literal["access", "erase", "correct", "stop", "port"]
State = Literal["open", "done"]

STOPPED = "KR-50 STOPPED"
"""Why a message does not leave."""

_COLUMNS = (
    "id, kind, subject, state, step, opened_at, due_at, law, via, opened_by, said_sealed, position, counts,"
    " certificate, finished_at, lacking"
)
_ADD = (
    "insert into request (id, kind, subject, step, opened_at, due_at, law, via, opened_by, said_sealed)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (id) do nothing returning id"
)
_ALONE = "select pg_advisory_xact_lock(hashtextextended('itda request ' || current_schema(), 0))"
_ONE = f"select {_COLUMNS} from request where id = %s"
_ALL = (
    f"select {_COLUMNS} from request where (%s::text is null or state = %s) order by (state = 'open') desc,"
    " opened_at desc, id limit %s"
)
_OF = f"select {_COLUMNS} from request where subject && %b order by opened_at desc, id"
_OPEN = "select id from request where state = 'open' order by due_at, id limit %s"
_DUE = """
select exists (select from request where state = 'open') or exists (select from legal_hold where until <= %s)
  or exists (select from receipt where told_at is null and next_at <= %s)
  or exists (select from suppression where until <= %s)
"""
_NEW_US = 600_000_000
_NEW = """
select exists (select from request where state = 'open' and opened_at > %s and kind in ('erase', 'stop', 'correct'))
"""
_MOVE = """
update request set step = %s, counts = (counts::jsonb || %s::jsonb)::text, lacking = '',
  position = coalesce(%s, position) where id = %s and step = %s and state = 'open' returning id
"""
_FINISH = """
update request set state = 'done', step = 'done', certificate = %s, finished_at = %s, lacking = ''
where id = %s and state = 'open' returning id
"""
_REOPEN = """
update request set state = 'open', step = %s, certificate = '', finished_at = null, lacking = %s
where id = %s and state = 'done'
"""
_STOP = (
    "insert into stopped (fragment, request, is_whole, since) select unnest(%b), %s, %s, %s"
    " on conflict (fragment) do update set is_whole = stopped.is_whole or excluded.is_whole"
)
_STOPPED = "select fragment, is_whole from stopped where fragment = any(%b)"


class RequestRow(msgspec.Struct, frozen=True):
    """A request as it is kept. Times are microseconds UTC."""

    id: bytes
    kind: Kind
    subject: list[bytes]
    """Fragments as they were joined when it was opened, the one that was named first; none once they are erased."""
    state: State
    step: str
    opened_at: int
    due_at: int
    law: str
    via: str
    opened_by: str
    said_sealed: bytes | None = None
    position: int | None = None
    counts: str = "{}"
    certificate: str = ""
    finished_at: int | None = None
    lacking: str = ""


def alone(connection: Connection) -> None:
    """Be the one who takes requests until the transaction ends: who looks whether one is open finds it then."""
    connection.execute(_ALONE)


def add(connection: Connection, row: RequestRow) -> bool:
    """Write a request down; False where its id is there already."""
    values = [row.id, row.kind, row.subject, row.step, row.opened_at, row.due_at, row.law, row.via, row.opened_by,
              row.said_sealed]  # fmt: skip
    return connection.execute(_ADD, values).fetchone() is not None


def renew(connection: Connection, row: RequestRow) -> None:
    """Write a request down as if it had just come, in place of what is known of it."""
    connection.execute("delete from request where id = %s", [row.id])
    add(connection, row)


def one(connection: Connection, made: bytes, *, is_locked: bool = False) -> RequestRow | None:
    """A request by its id; locked until the transaction ends where asked."""
    found = _rows(connection, _ONE + (" for update" if is_locked else ""), [made])
    return found[0] if found else None


def there(connection: Connection, made: Sequence[bytes]) -> set[bytes]:
    """Those of these requests that there are."""
    if not made:
        return set()
    return {bytes(one) for (one,) in connection.execute("select id from request where id = any(%b)", [byteas(made)])}


def every(connection: Connection, state: State | None = None, limit: int = 1_000) -> list[RequestRow]:
    """Requests, those that are open first, the latest first."""
    return _rows(connection, _ALL, [state, state, limit])


def of(connection: Connection, fragments: Collection[bytes]) -> list[RequestRow]:
    """The requests of a person, by their fragments; the latest first."""
    return _rows(connection, _OF, [byteas(list(fragments))]) if fragments else []


def open_ones(connection: Connection, limit: int = 10_000) -> list[bytes]:
    """The ids of those that are not carried out, what is due soonest first."""
    return [bytes(made) for (made,) in connection.execute(_OPEN, [limit]).fetchall()]


def is_any_new(connection: Connection, now: int) -> bool:
    """Whether a request was opened in the last ten minutes, goes on by itself, and is not done yet."""
    row = connection.execute(_NEW, [now - _NEW_US]).fetchone()
    return bool(row and row[0])


def is_anything_due(connection: Connection, now: int) -> bool:
    """Whether a request is open, somebody is to be told, or something that a law keeps has had its time."""
    row = connection.execute(_DUE, [now, now, now]).fetchone()
    return bool(row and row[0])


def move(
    connection: Connection,
    made: bytes,
    was: str,
    step: str,
    counts: Mapping[str, int] | None = None,
    position: int | None = None,
) -> bool:
    """Note that a step is done, with what it counted; False where it is done already, or by somebody else."""
    told = msgspec.json.encode(counts or {}).decode()
    return connection.execute(_MOVE, [step, told, position, made, was]).fetchone() is not None


def widen(connection: Connection, made: bytes, subject: Sequence[bytes]) -> None:
    """Note who is meant, too."""
    connection.execute("update request set subject = %s where id = %s", [list(subject), made])


def draft(connection: Connection, made: bytes, certificate: str) -> None:
    """Keep what a certificate will say and nobody can tell any more once the keys are gone."""
    connection.execute("update request set certificate = %s where id = %s", [certificate, made])


def lack(connection: Connection, made: bytes, what: str) -> None:
    """Note what a request waits for."""
    connection.execute("update request set lacking = %s where id = %s and lacking <> %s", [what, made, what])


def finish(connection: Connection, made: bytes, certificate: str, at: int) -> bool:
    """Note that everything is done; False where it was already."""
    return connection.execute(_FINISH, [certificate, at, made]).fetchone() is not None


def reopen(connection: Connection, made: bytes, step: str, what: str) -> None:
    """Note that what was done did not reach whoever asked: it stands at this step again, and waits for `what`."""
    connection.execute(_REOPEN, [step, what, made])


def keep_said(connection: Connection, made: bytes, sealed: bytes | None) -> None:
    """Keep what a person said sealed under another key; None: not any more."""
    connection.execute("update request set said_sealed = %s where id = %s", [sealed, made])


def stop(connection: Connection, fragments: Sequence[bytes], made: bytes, at: int, *, is_whole: bool) -> None:
    """Nothing is done with these any more; `is_whole`: what informs them does not leave either."""
    connection.execute(_STOP, [byteas(list(fragments)), made, is_whole, at])


def resume(connection: Connection, fragments: Sequence[bytes]) -> int:
    """What is done with others is done with these again; how many were stopped."""
    return connection.execute("delete from stopped where fragment = any(%b)", [byteas(list(fragments))]).rowcount


def stopped(connection: Connection, fragments: Collection[bytes]) -> dict[bytes, bool]:
    """Those of these fragments with which nothing is done any more, and whether that is so of what informs, too."""
    if not fragments:
        return {}
    found = connection.execute(_STOPPED, [byteas(list(fragments))], prepare=True).fetchall()
    return {bytes(fragment): is_whole for fragment, is_whole in found}


def left(connection: Connection, fragments: Sequence[bytes], at: int) -> None:
    """Note that these are in no segment and no journey any more."""
    connection.execute("update stopped set left_at = %s where fragment = any(%b)", [at, byteas(list(fragments))])


def _rows(connection: Connection, query: str, values: Sequence[Any]) -> list[RequestRow]:
    found = connection.execute(query.encode(), values).fetchall()
    return [RequestRow(bytes(row[0]), row[1], [bytes(one) for one in row[2]], *row[3:]) for row in found]
