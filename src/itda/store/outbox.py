"""The outbox in PostgreSQL, as who sends sees it: what is due, what is attempted, and what became of it.

A row that leaves is locked until its attempt is committed. Who withdraws purges in the transaction that writes the
ledger, so one of both waits for the other: a withdrawal is seen by the decision, or comes after the attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from itda.consent.definition import TAKES_AWAY, Action
from itda.consent.facts import Sent, Waiting
from itda.store.arrays import bigints, byteas, integers, texts
from itda.store.database import Connection
from itda.store.engagement import SENT, WAITING
from itda.store.engagement_rows import OutboxRow

ENDS: tuple[Action, ...] = (*TAKES_AWAY, "expire", "suspend")
"""Acts by which a decision may come out otherwise for who is written to."""
_COLUMNS = ", ".join("class" if name == "message_class" else name for name in OutboxRow.__struct_fields__)
_COVERED = (
    "select d.position >= h.position or d.log_time >= %s, h.received_at from cursor d, intake_head h"
    " where d.name = 'decider'"
)
_DUE = (
    f"select {_COLUMNS} from outbox where status in ('queued', 'held', 'retry') and not_before <= %s"
    " and channel = any(%b) order by not_before, priority desc, id limit %s for update skip locked"
)
_BEGIN = (
    "insert into attempt (id, outbox, n, message_id, started_at, consent_seq) select * from unnest(%b, %b, %b, %b, %b,"
    " %b)"
)
_ATTEMPTING = (
    "update outbox o set status = 'attempting', tries = given.n, reasons = ''"
    " from unnest(%b, %b) as given (id, n) where o.id = given.id"
)
_MOVE = (
    "update outbox o set status = given.status, not_before = given.not_before, reasons = given.reasons"
    " from unnest(%b, %b, %b, %b) as given (id, status, not_before, reasons) where o.id = given.id"
)
_FINISH = (
    "update attempt a set finished_at = given.at, outcome = given.outcome, code = given.code, detail = given.detail"
    " from unnest(%b, %b, %b, %b, %b) as given (id, at, outcome, code, detail) where a.id = given.id"
    " and (a.finished_at is null or a.outcome = 'uncertain')"
)
_IN_FLIGHT = f"select {_COLUMNS} from outbox where id = any(%b) and status = 'attempting' order by id for update"
_WHY_NOT = """
with own as materialized (
  select o.fragment, o.contact, o.class, a.consent_seq, i.component, i.customer
  from outbox o join attempt a on a.outbox = o.id and a.n = o.tries left join identifier i on i.fragment = o.fragment
  where o.id = %s and o.status = 'attempting'
), whose as (
  select fragment from own union select contact from own
  union select i.fragment from own join identifier i on i.fragment = own.component and i.customer = own.customer
  union select i.fragment from own join identifier i on i.component = own.component and i.component <> i.fragment
    and i.customer = own.customer
)
select
  exists (select from stopped s join whose using (fragment) where s.is_whole or own.class = 'advertising'),
  exists (
    select from consent_event e join whose on whose.fragment = e.subject_ref
    where e.seq > own.consent_seq and e.action = any(%b)
  )
from own
"""
"""Read the ledger's numbers: they follow the order of commits, so whatever is newer than the decision is above it."""
_BECAME = "select status from outbox where id = %s"
_LEFT_OPEN = (
    "select a.id, a.outbox, a.n from attempt a join outbox o on o.id = a.outbox"
    " where a.finished_at is null and o.status = 'attempting' and a.id <> all(%b) order by a.outbox"
)
_ONE = f"select {_COLUMNS} from outbox where id = any(%b) order by id"
_REFUSED_BY_ADDRESS = (
    "select o.contact, max(a.finished_at) from outbox o join attempt a on a.outbox = o.id"
    " where o.contact = any(%b) and o.status = 'bounced' group by o.contact"
)
_UNCERTAIN = "select outbox, count(*) from attempt where outbox = any(%b) and outcome = 'uncertain' group by outbox"
_PUT_ASIDE = "select fragment from put_aside where fragment = any(%b)"
_BY_MESSAGE_ID = "select outbox from attempt where message_id = %s limit 1"


_WITH_STATUS = "select id from outbox where status = %s order by created_at, id limit 100000"
_LAST = (
    "select id, outbox, n, message_id, started_at, consent_seq from attempt where outbox = %s order by n desc limit 1"
)

_COMPLAINED = (
    "select count(*) filter (where status = 'complained'), count(*) from outbox where created_at >= %s"
    " and channel = 'email' and status in ('sent', 'delivered', 'bounced', 'complained')"
)


class Attempt(msgspec.Struct, frozen=True):
    """One try to send a message. `n` counts from 1."""

    id: bytes
    outbox: bytes
    n: int
    message_id: str
    started_at: int
    consent_seq: int


class Moved(msgspec.Struct, frozen=True):
    """What a message is now."""

    id: bytes
    status: str
    not_before: int
    reasons: str = ""


class Finished(msgspec.Struct, frozen=True):
    """How an attempt ended."""

    id: bytes
    at: int
    outcome: str
    code: str = ""
    detail: str = ""


class Opened(msgspec.Struct, frozen=True):
    """An attempt of which nobody knows how it ended."""

    id: bytes
    outbox: bytes
    n: int


def covered(connection: Connection, until: int) -> tuple[bool, int]:
    """Whether everything in the log up to a log time is decided on; and the log's own time."""
    row = connection.execute(_COVERED, [until], prepare=True).fetchone()
    return (bool(row[0]), int(row[1])) if row else (False, 0)


def due(connection: Connection, now: int, channels: Sequence[str], most: int) -> list[OutboxRow]:
    """Messages whose time has come, the more important ones first, locked until the transaction ends.

    Those that another transaction holds are left out.
    """
    found = _rows(connection.execute(_DUE.encode(), [now, texts(channels), most], prepare=True, binary=True))
    return sorted(found, key=lambda row: -row.priority)


def named(connection: Connection, messages: Sequence[bytes], *, is_locked: bool = False) -> list[OutboxRow]:
    """These messages, as far as they are there; locked until the transaction ends where asked."""
    query = _ONE + (" for update" if is_locked else "")
    return _rows(connection.execute(query.encode(), [byteas(messages)], binary=True)) if messages else []


def aside(connection: Connection, fragments: Sequence[bytes]) -> set[bytes]:
    """Those of these fragments whose customers the decider put aside."""
    found = connection.execute(_PUT_ASIDE.encode(), [byteas(fragments)], prepare=True, binary=True) if fragments else ()
    return {bytes(fragment) for (fragment,) in found}


def by_message_id(connection: Connection, message_id: str) -> bytes | None:
    """The message that was sent under this Message-ID."""
    row = connection.execute(_BY_MESSAGE_ID, [message_id]).fetchone()
    return bytes(row[0]) if row else None


def with_status(connection: Connection, status: str) -> list[bytes]:
    """The messages that are this now, the oldest first."""
    return [bytes(row[0]) for row in connection.execute(_WITH_STATUS, [status], binary=True).fetchall()]


def last_attempt(connection: Connection, message: bytes) -> Attempt | None:
    """The last try of a message."""
    row = connection.execute(_LAST, [message], binary=True).fetchone()
    return Attempt(*row) if row else None


def in_flight(connection: Connection, messages: Sequence[bytes]) -> dict[bytes, OutboxRow]:
    """Of these messages those that are being attempted, locked until the transaction ends."""
    found = connection.execute(_IN_FLIGHT.encode(), [byteas(messages)], prepare=True, binary=True)
    return {row.id: row for row in _rows(found)}


def why_not(connection: Connection, message: bytes) -> str:
    """Why a message that is attempted is not to go by the decision that it has; empty where it still is.

    It or its attempt is there no more, somebody asked meanwhile that all use of it stops (KR-50), or took any consent
    away (KR-04): whoever it is for under any identifier they have now.
    """
    row = connection.execute(_WHY_NOT, [message, texts(ENDS)], prepare=True).fetchone()
    if row is None:
        return _gone(connection, message)
    if row[0]:
        return "all use was stopped meanwhile"
    return "a consent was taken away meanwhile" if row[1] else ""


def _gone(connection: Connection, message: bytes) -> str:
    """Why nothing is left of an attempt to go by."""
    row = connection.execute(_BECAME, [message]).fetchone()
    if row is None:
        return "it is there no more"
    status = str(row[0])
    return "nothing is known of this attempt any more" if status == "attempting" else f"it is {status} by now"


def left_open(connection: Connection, known: Iterable[bytes]) -> list[Opened]:
    """Attempts without an outcome that are none of those known."""
    return [Opened(*row) for row in connection.execute(_LEFT_OPEN.encode(), [byteas(list(known))], binary=True)]


def uncertain_before(connection: Connection, messages: Sequence[bytes]) -> dict[bytes, int]:
    """How many attempts of each of these ended with nobody knowing how."""
    return dict(connection.execute(_UNCERTAIN.encode(), [byteas(messages)], binary=True).fetchall())


def refused_by_address(connection: Connection, contacts: Sequence[bytes]) -> dict[bytes, int]:
    """Contacts whose address was refused for good, and when that was known last."""
    found = connection.execute(_REFUSED_BY_ADDRESS.encode(), [byteas(contacts)], prepare=True, binary=True)
    return {contact: at for contact, at in found.fetchall() if at is not None}


def sent_to(connection: Connection, fragments: Sequence[bytes], since: int) -> list[tuple[bytes, Sent]]:
    """What may have gone to these fragments since, with whose it was."""
    found = connection.execute(SENT.encode(), [byteas(fragments), since], prepare=True, binary=True)
    return [(fragment, Sent(at, channel, kind, message)) for fragment, at, channel, kind, message in found.fetchall()]


def complained(connection: Connection, since: int) -> tuple[int, int]:
    """Of the mails wanted since then that went: how many were called spam, and how many they are."""
    row = connection.execute(_COMPLAINED, [since], prepare=True).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def waiting_for(connection: Connection, fragments: Sequence[bytes]) -> list[tuple[bytes, Waiting]]:
    """What waits to go to these fragments, with whose it is."""
    found = connection.execute(WAITING.encode(), [byteas(fragments)], prepare=True, binary=True)
    return [(fragment, Waiting(*waiting)) for fragment, *waiting in found.fetchall()]


def begin(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Mark messages `attempting`, each with its attempt."""
    if not attempts:
        return
    ids, numbers = byteas([one.outbox for one in attempts]), integers([one.n for one in attempts])
    columns = [
        byteas([one.id for one in attempts]), ids, numbers, texts([one.message_id for one in attempts]),
        bigints([one.started_at for one in attempts]), bigints([one.consent_seq for one in attempts]),
    ]  # fmt: skip
    connection.execute(_BEGIN, columns, prepare=True)
    connection.execute(_ATTEMPTING, [ids, numbers], prepare=True)


def move(connection: Connection, rows: Sequence[Moved]) -> None:
    """Write what messages are now."""
    if rows:
        columns = [
            byteas([row.id for row in rows]),
            texts([row.status for row in rows]),
            bigints([row.not_before for row in rows]),
            texts([row.reasons for row in rows]),
        ]
        connection.execute(_MOVE, columns, prepare=True)


def finish(connection: Connection, rows: Sequence[Finished]) -> None:
    """Write how attempts ended; one whose end is known stays as it is."""
    if rows:
        columns = [
            byteas([row.id for row in rows]),
            bigints([row.at for row in rows]),
            texts([row.outcome for row in rows]),
            texts([row.code for row in rows]),
            texts([row.detail for row in rows]),
        ]
        connection.execute(_FINISH, columns, prepare=True)


def _rows(found: Iterable[tuple[Any, ...]]) -> list[OutboxRow]:
    names = OutboxRow.__struct_fields__
    return [OutboxRow(**dict(zip(names, row, strict=True))) for row in found]
