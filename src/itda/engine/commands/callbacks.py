"""What mail servers and mailboxes report later about a mail: it bounced, it arrived, somebody calls it unwanted.

A report that names none of our messages by our own proof is counted and left alone; one that is read again changes
nothing. An address that is dead for good is written to no more; a complaint refuses advertising.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from itda.channels.definition import CallbackEvent
from itda.channels.reports import read_callback
from itda.engine.app import Done
from itda.engine.commands.centre import BY_COMPLAINT, refused
from itda.engine.questions.centre import of_message
from itda.engine.requests import handing
from itda.engine.sending import effects
from itda.engine.work import Work
from itda.messages.links import SEED, outbox_of
from itda.store import consents, outbox
from itda.store.engagement_rows import OutboxRow
from itda.store.outbox import Moved
from itda.store.ports import Record

_WENT = ("sent", "delivered", "uncertain", "attempting", "retry", "dead")
"""A message of which something may be reported. What it bounced with, or was complained of, stays."""
_CODE = 100


class Taken(msgspec.Struct):
    """What came of reports."""

    read: int = 0
    bounced: int = 0
    soft: int = 0
    """Bounces that say nothing of the address for good."""
    delivered: int = 0
    complained: int = 0
    known: int = 0
    """Told before."""
    foreign: int = 0
    """About no message of ours, or no report at all."""


class ReadCallbacks(msgspec.Struct, frozen=True):
    """Take reports as they came: each one mail (RFC 5322)."""

    permission: ClassVar[str] = "message.send"
    reports: tuple[bytes, ...]

    def carry_out(self, work: Work) -> Done[Taken]:
        """Write down what they say and tell the log, in one transaction."""
        taken = Taken(read=len(self.reports))
        position = None
        records: list[Record] = []
        reports = [read_callback(raw) for raw in self.reports]
        if any(told is not None and told.name == "Message Complained" for told in reports):
            consents.lock(work.connection)  # before any message is: so does whoever refuses
        for told in reports:
            found = _named(work, told)
            if found is None:
                taken.foreign += 1
            else:
                records += _hear(work, *found, taken)
        if records:
            position = work.append(records).position
        return Done(taken, position=position, audit=msgspec.structs.asdict(taken))


def _named(work: Work, told: CallbackEvent | None) -> tuple[OutboxRow, CallbackEvent] | None:
    """The message that a report is about, locked; None where it is none of ours."""
    if told is None:
        return None
    message = outbox_of(told.token, "bounce", work.vault.seed(SEED)) if told.token else None
    if message is None and told.message_id:
        message = outbox.by_message_id(work.connection, told.message_id)
    rows = outbox.named(work.connection, [message], is_locked=True) if message is not None else []
    return (rows[0], told) if rows else None


def _hear(work: Work, row: OutboxRow, told: CallbackEvent, taken: Taken) -> Sequence[Record]:
    """Write down what one report says; what the log is to be told."""
    code = told.code[:_CODE]
    if told.name == "Message Complained":
        return _complained(work, row, code, taken)
    if told.name == "Message Delivered":
        if row.status not in ("sent", "uncertain", "attempting"):
            taken.known += 1
            return ()
        taken.delivered += 1
        outbox.move(work.connection, [Moved(row.id, "delivered", row.not_before)])
        return _told(work, row, "Message Delivered", code=code)
    soft = f"bounced {code}".strip()
    if row.status not in _WENT or (not told.is_permanent and row.reasons == soft):
        taken.known += 1
        return ()
    if told.is_permanent:
        taken.bounced += 1
        outbox.move(work.connection, [Moved(row.id, "bounced", row.not_before, f"{code} {told.detail}".strip())])
        handing.came_back(work, row)
    else:
        taken.soft += 1
        outbox.move(work.connection, [Moved(row.id, row.status, row.not_before, soft)])
    return _told(
        work, row, "Message Bounced", "" if told.is_permanent else code, is_permanent=told.is_permanent, code=code
    )


def _complained(work: Work, row: OutboxRow, code: str, taken: Taken) -> Sequence[Record]:
    if row.status == "complained":
        taken.known += 1
        return ()
    taken.complained += 1
    outbox.move(work.connection, [Moved(row.id, "complained", row.not_before, code)])
    held = of_message(work, row)
    if held is not None:
        refused(work, held, BY_COMPLAINT)
    return _told(work, row, "Message Complained", code=code)


def _told(work: Work, row: OutboxRow, effect: effects.Effect, key: str = "", **more: Any) -> Sequence[Record]:
    """The record of an effect; none for whom nothing can be read any more."""
    found = work.keys([row.contact]).get(row.contact)
    return () if found is None else (effects.record(effect, row, work.value(found), work.now, key, **more),)
