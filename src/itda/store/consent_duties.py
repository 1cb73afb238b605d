"""What is owed to people after acts of consent, in PostgreSQL: noted once, and settled by their own acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from itda.base.instant import DAY, LocalDates
from itda.consent.definition import Action, ConsentEvent, ConsentKey, ConsentState
from itda.consent.ledger import Reconfirm
from itda.consent.obligations import PURPOSES, reconfirmation
from itda.store.arrays import bigints, byteas, texts
from itda.store.consents import DUTIES, STATE_COLUMNS, OwedRow, state_of
from itda.store.database import Connection

_UNASKED = (
    f"select {STATE_COLUMNS} from consent_state s where status = 'granted' and reconfirm_due <= %s"
    " and purpose = any(%b) and not exists (select from duty t where t.subject_ref = s.subject_ref"
    "  and t.contact_ref = s.contact_ref and t.purpose = s.purpose and t.channel = s.channel and t.kind = 'reconfirm'"
    f"  and t.due_at >= s.reconfirm_due::bigint * {DAY}) order by reconfirm_due limit %s"
)
_ANSWERED = (
    "update duty t set done_at = given.at, status = 'done', proof = given.proof"
    " from unnest(%b, %b, %b, %b, %b, %b) as given (subject, contact, purpose, channel, at, proof)"
    " where t.subject_ref = given.subject and t.contact_ref = given.contact and t.purpose = given.purpose"
    " and t.channel = given.channel and t.kind = 'reconfirm' and t.done_at is null"
)
_WAITING = (
    "select distinct t.kind, e.sender, e.subject_ref, e.contact_ref, e.purpose, e.channel, e.action"
    " from duty t join consent_event e on e.seq = t.event_seq"
    " where t.subject_ref = any(%b) and t.done_at is null"
)
_ENDS = ("confirm", "grant", "refuse", "withdraw")


def raise_due(connection: Connection, now: int, rules: Reconfirm, most: int = 5_000) -> int:
    """Note whom to ask for a confirmation at a log time, as far as nobody noted it; how many, `most` at once."""
    latest = LocalDates(rules.zone).of(now) + rules.lead_days
    rows = connection.execute(_UNASKED.encode(), [latest, texts(PURPOSES), most], binary=True).fetchall()
    raise_for(connection, dict(state_of(row) for row in rows), now, rules)
    return len(rows)


def raise_for(connection: Connection, states: Mapping[ConsentKey, ConsentState], now: int, rules: Reconfirm) -> None:
    """Note which of these are to be asked for a confirmation at a log time."""
    tasks = [
        OwedRow(owed.id, owed.kind, state.event_seq, key.fragment, key.contact, key.purpose, key.channel, now,
                owed.due_at)
        for key, state in states.items()
        if (owed := reconfirmation(key, state, now, rules)) is not None
    ]  # fmt: skip
    for statement, columns in DUTIES.statements(tasks, set()):
        connection.execute(statement.encode(), columns)


def unanswered(connection: Connection, subjects: Sequence[bytes]) -> set[tuple[str, ConsentKey, Action]]:
    """Which acts of these fragments wait for something to be done, and what."""
    rows = connection.execute(_WAITING.encode(), [byteas(subjects)], binary=True).fetchall()
    return {(row[0], ConsentKey(*row[1:6]), row[6]) for row in rows}


def answered(connection: Connection, events: Iterable[ConsentEvent]) -> None:
    """Settle the requests for a confirmation that these acts answer."""
    ends = [event for event in events if event.action in _ENDS]
    if ends:
        keys = [event.key for event in ends]
        columns = [
            byteas([key.fragment for key in keys]), byteas([key.contact for key in keys]),
            texts([key.purpose for key in keys]), texts([key.channel for key in keys]),
            bigints([event.recorded_at for event in ends]),
            texts([f'{{"act":"{event.action}","ledger":{event.seq}}}' for event in ends]),
        ]  # fmt: skip
        connection.execute(_ANSWERED.encode(), columns)
