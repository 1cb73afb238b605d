"""The ledger of consents in PostgreSQL: acts are added once, what they come to is folded anew in the same transaction.

Whoever writes holds one lock until commit: the ledger's numbers follow commit order, and no state misses an act that
came at the same moment. It is taken before a frame is appended to the log, by everyone in this order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from itda.consent.definition import TAKES_AWAY, ConsentEvent, ConsentKey, ConsentState, Task
from itda.consent.ledger import Reconfirm, fold
from itda.store import erasures
from itda.store.arrays import bigints, booleans, byteas, byteas_or_null, kept, texts
from itda.store.chunk_sql import Table, replacing
from itda.store.database import Connection

_FRESH = "insert into consent_idempotency (key, event_seq) select unnest(%b), 0 on conflict do nothing returning key"
_NUMBERED = (
    "update consent_idempotency i set event_seq = given.seq from unnest(%b, %b) as given (key, seq)"
    " where i.key = given.key"
)
_LOCK = "select pg_advisory_xact_lock(hashtextextended('itda consent ' || current_schema(), 0))"
_COLUMNS = (
    "id, sender, subject_ref, contact_ref, purpose, channel, action, ground, text_id, occurred_at, recorded_at,"
    " source, actor, has_evidence, evidence_sealed, row_hash"
)
_INSERT = (
    f"insert into consent_event ({_COLUMNS}) select * from unnest({', '.join(['%b'] * 16)})"
    " on conflict (id) do nothing returning seq, id"
)
_EVENT = (
    "select seq, id, sender, subject_ref, contact_ref, purpose, channel, action, ground, text_id, occurred_at,"
    " recorded_at, source, actor, has_evidence from consent_event"
)
_EVENTS = f"{_EVENT} where subject_ref = any(%b) order by seq desc limit %b"
_BY_SEQ = f"{_EVENT} where seq = any(%b)"
_TAKEN_BACK = f"{_EVENT} where seq > %b and action = any(%b) order by seq"
_SUBJECTS = "select distinct subject_ref from consent_event where subject_ref > %s order by 1 limit %s"
STATE_COLUMNS = (
    "sender, subject_ref, contact_ref, purpose, channel, status, since, last_grant_at, last_confirm_at, refused_at,"
    " reconfirm_due, text_id, event_seq"
)
_STATES = f"select {STATE_COLUMNS} from consent_state where subject_ref = any(%b)"
_STATE = Table(
    "consent_state",
    {"sender": "text", "subject_ref": "bytea", "contact_ref": "bytea", "purpose": "text", "channel": "text",
     "status": "text", "since": "bigint", "last_grant_at": "bigint?", "last_confirm_at": "bigint?",
     "refused_at": "bigint?", "reconfirm_due": "integer?", "text_id": "text", "event_seq": "bigint"},
    replacing("subject_ref, contact_ref, purpose, channel, sender", "status", "since", "last_grant_at",
              "last_confirm_at", "refused_at", "reconfirm_due", "text_id", "event_seq"),
)  # fmt: skip
DUTIES = Table(
    "duty",
    {"id": "bytea", "kind": "text", "event_seq": "bigint", "subject_ref": "bytea", "contact_ref": "bytea",
     "purpose": "text", "channel": "text", "created_at": "bigint", "due_at": "bigint"},
    "on conflict (id) do nothing",
)  # fmt: skip
_PURGE = (
    "update outbox o set status = 'dropped', reasons = gone.why from ("
    "  select o.id, given.why from outbox o join unnest(%b, %b, %b, %b, %b)"
    "  as given (fragment, contact, purpose, channel, why) on o.fragment = given.fragment"
    "  and o.purpose = given.purpose and (o.channel = given.channel or given.channel = 'any')"
    "  and given.contact in (o.contact, '\\x00000000000000000000000000000000')"
    "  where o.status in ('queued', 'held', 'retry') order by o.id for update of o"
    ") as gone where o.id = gone.id returning o.id"
)
"""Locks rows of the outbox in the order of their ids, as everybody does: see `engagement_sql.ended`."""


class Act(msgspec.Struct, frozen=True):
    """One act to be written. `key` is the idempotency key; empty for a copy, which its id tells apart."""

    event: ConsentEvent
    key: str = ""
    evidence_sealed: bytes | None = None
    is_anybodys: bool = False
    """It came through a source that may not grant: whoever reads its key can send it again and again."""


class _StateRow(msgspec.Struct):
    sender: str
    subject_ref: bytes
    contact_ref: bytes
    purpose: str
    channel: str
    status: str
    since: int
    last_grant_at: int | None
    last_confirm_at: int | None
    refused_at: int | None
    reconfirm_due: int | None
    text_id: str
    event_seq: int


class OwedRow(msgspec.Struct):
    """Something to be done for a person by a day."""

    id: bytes
    kind: str
    event_seq: int
    subject_ref: bytes
    contact_ref: bytes
    purpose: str
    channel: str
    created_at: int
    due_at: int


def lock(connection: Connection) -> None:
    """Be the one who writes acts until the transaction ends: whoever locks rows of the outbox as well does so after."""
    connection.execute(_LOCK)


def unknown(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these idempotency keys that were never used; from now on they are."""
    if not keys:
        return set()
    connection.execute(_LOCK)
    fresh = {str(key) for (key,) in connection.execute(_FRESH.encode(), [texts(keys)]).fetchall()}
    return {key for key in keys if kept(key) in fresh}


def write(connection: Connection, acts: Sequence[Act], rules: Reconfirm) -> list[ConsentEvent]:
    """Add acts whose keys are `unknown`, and fold what they come to, in the caller's transaction; the new ones."""
    if not acts:
        return []
    by_id = {act.event.id: act for act in acts}
    events = [act.event for act in by_id.values()]
    subjects = sorted({event.key.fragment for event in events})
    connection.execute(_LOCK)
    found = connection.execute(_INSERT.encode(), _columns(list(by_id.values())), binary=True).fetchall()
    numbers = {bytes(one): int(seq) for seq, one in found}
    named = [(by_id[one].key, seq) for one, seq in numbers.items() if by_id[one].key]
    if named:
        connection.execute(_NUMBERED, [texts([key for key, _ in named]), bigints([seq for _, seq in named])])
    touched = {by_id[one].event.key for one in numbers}
    past = (event for event in events_of(connection, subjects) if event.key in touched)
    _put(connection, fold(past, rules))
    return [msgspec.structs.replace(event, seq=numbers[event.id]) for event in events if event.id in numbers]


def events_of(connection: Connection, subjects: Sequence[bytes], last: int | None = None) -> list[ConsentEvent]:
    """Every act of these fragments, or the `last` ones, in the order of writing."""
    values = [byteas(subjects), last]
    rows = connection.execute(_EVENTS.encode(), values, binary=True).fetchall() if subjects else []
    return [_event(row) for row in reversed(rows)]


def events_by_seq(connection: Connection, seqs: Sequence[int]) -> dict[int, ConsentEvent]:
    """These rows of the ledger by their number."""
    rows = connection.execute(_BY_SEQ.encode(), [bigints(seqs)], binary=True).fetchall() if seqs else []
    return {event.seq: event for event in map(_event, rows)}


def taken_back_after(connection: Connection, seq: int) -> list[ConsentEvent]:
    """Every act that takes a consent back and was written after this row, in the order of writing."""
    rows = connection.execute(_TAKEN_BACK.encode(), [seq, texts(TAKES_AWAY)], binary=True).fetchall()
    return [_event(row) for row in rows]


def _event(row: Sequence[Any]) -> ConsentEvent:
    return ConsentEvent(
        seq=row[0], id=row[1], key=ConsentKey(*row[2:7]), action=row[7], ground=row[8], text_id=row[9],
        occurred_at=row[10], recorded_at=row[11], source=row[12], actor=row[13], has_evidence=row[14],
    )  # fmt: skip


def states_of(connection: Connection, subjects: Sequence[bytes]) -> dict[ConsentKey, ConsentState]:
    """What the acts of these fragments come to."""
    rows = connection.execute(_STATES.encode(), [byteas(subjects)], prepare=True, binary=True) if subjects else ()
    return dict(state_of(row) for row in rows)


def state_of(row: Sequence[Any]) -> tuple[ConsentKey, ConsentState]:
    """A row of STATE_COLUMNS."""
    state = ConsentState(
        status=row[5], since=row[6], last_grant_at=row[7], last_confirm_at=row[8], refused_at=row[9],
        reconfirm_due=row[10], text_id=row[11], event_seq=row[12],
    )  # fmt: skip
    return ConsentKey(row[0], row[1], row[2], row[3], row[4]), state


def rebuild(connection: Connection, rules: Reconfirm, at_once: int = 10_000) -> int:
    """Make every state anew from the ledger alone; how many subjects have one."""
    connection.execute(_LOCK)
    connection.execute("delete from consent_state")
    after, done = b"", 0
    while rows := connection.execute(_SUBJECTS, [after, at_once]).fetchall():
        events = erasures.without_erased(connection, events_of(connection, [subject for (subject,) in rows]))
        _put(connection, fold(events, rules))
        after, done = rows[-1][0], done + len(rows)
    return done


def last_seq(connection: Connection) -> int:
    """The last row of the ledger as this transaction sees it; 0 for none."""
    row = connection.execute("select seq from consent_event order by seq desc limit 1").fetchone()
    return int(row[0]) if row else 0


def add_duties(connection: Connection, tasks: Iterable[tuple[bytes, ConsentEvent, Task]]) -> None:
    """Note what must be done after these acts, by its id."""
    rows = [
        OwedRow(one, task.kind, event.seq, event.key.fragment, event.key.contact, event.key.purpose,
                event.key.channel, event.recorded_at, task.due_at)
        for one, event, task in tasks
    ]  # fmt: skip
    for statement, columns in DUTIES.statements(rows, set()):
        connection.execute(statement.encode(), columns)


def purge(connection: Connection, withdrawn: Sequence[ConsentEvent], why: str) -> int:
    """Drop what waits to be sent to those who refused or withdrew; how many messages."""
    if not withdrawn:
        return 0
    keys = [event.key for event in withdrawn]
    columns = [
        byteas([key.fragment for key in keys]),
        byteas([key.contact for key in keys]),
        texts([key.purpose for key in keys]),
        texts([key.channel for key in keys]),
        texts([why] * len(keys)),
    ]
    return len(connection.execute(_PURGE, columns).fetchall())


def _columns(acts: Sequence[Act]) -> list[Any]:
    events = [act.event for act in acts]
    keys = [event.key for event in events]
    return [
        byteas([event.id for event in events]),
        texts([key.sender for key in keys]),
        byteas([key.fragment for key in keys]),
        byteas([key.contact for key in keys]),
        texts([key.purpose for key in keys]),
        texts([key.channel for key in keys]),
        texts([event.action for event in events]),
        texts([event.ground for event in events]),
        texts([event.text_id for event in events]),
        bigints([event.occurred_at for event in events]),
        bigints([event.recorded_at for event in events]),
        texts([event.source for event in events]),
        texts([event.actor for event in events]),
        booleans([event.has_evidence for event in events]),
        byteas_or_null([act.evidence_sealed for act in acts]),
        byteas([_hash(act) for act in acts]),
    ]


def _hash(act: Act) -> bytes:
    """SHA-256 of all that the row says."""
    told = msgspec.structs.replace(act.event, seq=0)
    return hashlib.sha256(msgspec.msgpack.encode((told, act.evidence_sealed))).digest()


def _put(connection: Connection, states: Mapping[ConsentKey, ConsentState]) -> None:
    rows = [
        _StateRow(key.sender, key.fragment, key.contact, key.purpose, key.channel, state.status, state.since,
                  state.last_grant_at, state.last_confirm_at, state.refused_at, state.reconfirm_due, state.text_id,
                  state.event_seq)
        for key, state in states.items()
    ]  # fmt: skip
    for statement, columns in _STATE.statements(rows, set()):
        connection.execute(statement.encode(), columns)
