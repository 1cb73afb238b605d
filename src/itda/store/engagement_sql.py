"""What the decider changes, as SQL: one statement a table, its rows as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from itda.store.arrays import bigints, bigints_or_null, byteas, texts
from itda.store.chunk_sql import Statement, Table, replacing
from itda.store.engagement_rows import (
    AppliedRow,
    AsideRow,
    DeclinedRow,
    MemberRow,
    OutboxRow,
    PathRow,
    PositionRow,
    SendDecisionRow,
    WakeRow,
)


class EngagementWrites(msgspec.Struct, kw_only=True):
    """Everything one step of the decider changes, besides what its ledgers and the log take."""

    position_before: int
    position_after: int
    epoch: int
    log_time: int
    resolved: int
    """The last row of the log of resolutions that was read."""
    members: list[MemberRow] = []
    members_gone: list[tuple[str, bytes]] = []
    """(segment, customer)."""
    segments_gone: list[str] = []
    """Segments that have no members any more."""
    wakes: list[WakeRow] = []
    wakes_gone: list[bytes] = []
    applied: list[AppliedRow] = []
    positions: list[PositionRow] = []
    path: list[PathRow] = []
    declined: list[DeclinedRow] = []
    outbox: list[OutboxRow] = []
    decisions: list[SendDecisionRow] = []
    aside: list[AsideRow] = []
    aside_gone: list[bytes] = []
    """Fragments of people who are gone on with."""
    told: list[bytes] = []
    """Messages that will not go, of which journeys know it now."""
    exits: list[tuple[bytes, str]] = []
    """(position, why) whose unsent messages are cancelled."""
    erased: list[bytes] = []
    """Fragments of those who were erased: whatever was written of them meanwhile goes."""
    stopping: list[bytes] = []
    """Fragments of stopped people who have left everything now."""


_MEMBER = Table("segment_member", {"segment": "text", "customer": "bytea", "since": "bigint"}, "on conflict do nothing")
_WAKE = Table("wake", {"customer": "bytea", "at": "bigint"}, replacing("customer", "at"))
_APPLIED = Table(
    "applied",
    {"kind": "text", "name": "text", "version": "text", "body": "text", "at": "bigint", "reached": "bytea",
     "settled_at": "bigint?", "retired_at": "bigint?"},
    replacing("kind, name, version", "body", "at", "reached", "settled_at", "retired_at"),
)  # fmt: skip
_POSITION = Table(
    "journey_position",
    {"id": "bytea", "journey": "text", "version": "text", "fragment": "bytea", "entry_event": "text",
     "correlation": "text", "arm": "text", "step": "text", "state": "bytea", "entered_at": "bigint",
     "entered_log_at": "bigint", "due_at": "bigint?", "goal_until": "bigint?", "goal_at": "bigint?",
     "messaged_at": "bigint?", "exited_at": "bigint?", "exit_reason": "text?"},
    replacing("id", "step", "state", "due_at", "goal_at", "messaged_at", "exited_at", "exit_reason"),
)  # fmt: skip
_PATH = Table(
    "journey_path",
    {"position_id": "bytea", "seq": "integer", "at": "bigint", "log_at": "bigint", "step": "text", "what": "text",
     "detail": "text", "told": "bigint"},
)  # fmt: skip
_DECLINED = Table(
    "journey_declined",
    {"journey": "text", "local_date": "integer", "why": "text", "n": "bigint"},
    "on conflict (journey, local_date, why) do update set n = journey_declined.n + excluded.n",
)
_ASIDE = Table(
    "put_aside",
    {"fragment": "bytea", "customer": "bytea", "position": "bigint", "why": "text", "at": "bigint"},
    "on conflict (fragment) do update set customer = excluded.customer, why = excluded.why, at = excluded.at,"
    " is_asked_back = false",
)
_OUTBOX_COLUMNS = {
    "id": "bytea", "position_id": "bytea?", "journey": "text", "step": "text", "message": "text",
    "message_version": "text", "channel": "text", "class": "text", "purpose": "text", "variant": "text",
    "language": "text", "fragment": "bytea", "contact": "bytea", "values_sealed": "bytea?", "status": "text",
    "not_before": "bigint", "created_at": "bigint", "expires_at": "bigint", "tries": "integer", "reasons": "text",
    "campaign": "text", "priority": "integer", "is_told": "boolean",
}  # fmt: skip
_OUTBOX = Table("outbox", _OUTBOX_COLUMNS, "on conflict (id) do nothing", fields={"class": "message_class"})
_DECISIONS = (
    "insert into send_decision (outbox, stage, at, verdict, reasons, packs, inputs_sha256, consent_seq, hold_until)"
    " select outbox, stage, at, verdict, string_to_array(reasons, E'\\n'), packs, inputs_sha256, consent_seq,"
    " hold_until from unnest(%b, %b, %b, %b, %b, %b, %b, %b, %b)"
    " as given (outbox, stage, at, verdict, reasons, packs, inputs_sha256, consent_seq, hold_until)"
)
_GONE = (
    "delete from segment_member m using unnest(%b, %b) as gone (segment, customer)"
    " where (m.segment, m.customer) = (gone.segment, gone.customer)"
)
_CANCEL = (
    "update outbox o set status = 'cancelled', reasons = gone.why from ("
    "  select o.id, given.why from outbox o join unnest(%b, %b) as given (position_id, why)"
    "  on o.position_id = given.position_id where o.status in ('queued', 'held', 'retry') order by o.id for update of o"
    ") as gone where o.id = gone.id"
)
_CANCEL_NEW = (
    "update outbox o set status = 'cancelled', reasons = given.why from unnest(%b, %b) as given (position_id, why)"
    " where o.position_id = given.position_id and o.id = any(%b) and o.status in ('queued', 'held')"
)


def ended(writes: EngagementWrites) -> Iterator[Statement]:
    """What a step ends of what waits already: to be done before the log is written.

    Whoever changes what waits takes the ledger's lock first (where acts of consent are written), then rows of the
    outbox in the order of their ids, then the log's, so that none of them waits for another in a circle.
    """
    if writes.told:
        yield "update outbox set is_told = true where id = any(%b)", [byteas(sorted(writes.told))]
    if writes.exits:
        yield _CANCEL, [byteas([one for one, _ in writes.exits]), texts([why for _, why in writes.exits])]


def statements(writes: EngagementWrites) -> Iterator[Statement]:
    """The other statements of one step, in the order of writing."""
    if writes.segments_gone:
        yield "delete from segment_member where segment = any(%b)", [texts(writes.segments_gone)]
    if writes.members_gone:
        yield _GONE, [texts([name for name, _ in writes.members_gone]), byteas([who for _, who in writes.members_gone])]
    if writes.wakes_gone:
        yield "delete from wake where customer = any(%b)", [byteas(writes.wakes_gone)]
    if writes.aside_gone:
        yield "delete from put_aside where fragment = any(%b)", [byteas(writes.aside_gone)]
    in_order: list[tuple[Table, Sequence[Any]]] = [
        (_MEMBER, writes.members),
        (_WAKE, writes.wakes),
        (_APPLIED, writes.applied),
        (_POSITION, writes.positions),
        (_PATH, writes.path),
        (_DECLINED, writes.declined),
        (_OUTBOX, writes.outbox),
        (_ASIDE, writes.aside),
    ]
    for table, rows in in_order:
        yield from table.statements(rows, set())
    if writes.exits and writes.outbox:  # asked for and ended by one and the same step
        ends = [byteas([one for one, _ in writes.exits]), texts([why for _, why in writes.exits])]
        yield _CANCEL_NEW, [*ends, byteas([row.id for row in writes.outbox])]
    yield from decisions(writes.decisions)


def decisions(rows: Sequence[SendDecisionRow]) -> Iterator[Statement]:
    """What writes decisions of the gate, for whoever asked it."""
    if rows:
        yield (
            _DECISIONS,
            [
                byteas([row.outbox for row in rows]),
                texts([row.stage for row in rows]),
                bigints([row.at for row in rows]),
                texts([row.verdict for row in rows]),
                texts(["\n".join(row.reasons) for row in rows]),
                texts([row.packs for row in rows]),
                byteas([row.inputs_sha256 for row in rows]),
                bigints([row.consent_seq for row in rows]),
                bigints_or_null([row.hold_until for row in rows]),
            ],
        )


def outbox(rows: Sequence[OutboxRow]) -> Iterator[Statement]:
    """What puts messages into the outbox; one that is there already stays as it is."""
    yield from _OUTBOX.statements(rows, set())
