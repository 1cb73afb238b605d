"""What a person does with messages that did not go their way: try once more, or say what became of them."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from itda.base.errors import Fault, Refused
from itda.base.ids import LENGTH
from itda.engine.app import Done
from itda.engine.sending import effects
from itda.engine.work import Work
from itda.store import outbox
from itda.store.engagement_rows import OutboxRow
from itda.store.outbox import Finished, Moved

Became = Literal["sent", "unsent"]
BY_PERSON = "settled by a person"


class Replayed(msgspec.Struct, frozen=True):
    """How many messages wait again."""

    messages: int


class ReplayMessages(msgspec.Struct, frozen=True):
    """Let dead messages be tried once more, decided anew as they leave. Without ids: all of them."""

    permission: ClassVar[str] = "message.send"
    ids: tuple[str, ...] = ()

    def carry_out(self, work: Work) -> Done[Replayed]:
        """Put them back; `Refused` where one of those named is not dead."""
        wanted = [message_of(text) for text in self.ids] or outbox.with_status(work.connection, "dead")
        rows = outbox.named(work.connection, wanted, is_locked=True)
        _check(rows, self.ids, "dead", "only dead messages can be replayed")
        late = [row for row in rows if row.expires_at <= work.now]
        if late and self.ids:
            raise Refused(Fault(what=f"the time of {late[0].id.hex()} is over", cure="what is out of date is not sent"))
        again = [row for row in rows if row.expires_at > work.now]
        outbox.move(work.connection, [Moved(row.id, "retry", work.now, "replayed") for row in again])
        return Done(Replayed(len(again)), audit={"messages": [row.id.hex() for row in again]})


class ResolveMessage(msgspec.Struct, frozen=True):
    """Say of an uncertain message whether it went. One that did not is dead, and may be replayed."""

    permission: ClassVar[str] = "message.send"
    id: str
    became: Became

    def carry_out(self, work: Work) -> Done[bool]:
        """Settle it, and tell the log what is known now."""
        rows = outbox.named(work.connection, [message_of(self.id)], is_locked=True)
        _check(rows, (self.id,), "uncertain", "only what is uncertain can be settled")
        row = rows[0]
        status = "sent" if self.became == "sent" else "dead"
        outbox.move(work.connection, [Moved(row.id, status, row.not_before, BY_PERSON)])
        at = outbox.last_attempt(work.connection, row.id)
        if at is not None:
            outcome = "sent" if self.became == "sent" else "refused"
            outbox.finish(work.connection, [Finished(at.id, work.now, outcome, "", BY_PERSON)])
        position = None
        key = work.keys([row.contact]).get(row.contact) if self.became == "sent" else None
        if key is not None:
            when = at.started_at if at is not None else work.now
            position = work.append([effects.record("Message Sent", row, work.value(key), when)]).position
        return Done(value=True, position=position, audit={"message": row.id.hex(), "became": self.became})


def message_of(text: str) -> bytes:
    """A message's id as it is written; `Refused` where it is none."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != LENGTH:
        raise Refused(Fault(what=f"{text[:80]!r} is no id of a message", cure="32 hex digits, as `itda message` lists"))
    return raw


def _check(rows: list[OutboxRow], named: tuple[str, ...], status: str, cure: str) -> None:
    found = {row.id.hex() for row in rows}
    faults = [Fault(what=f"there is no message {text}") for text in named if text.lower() not in found]
    faults += [
        Fault(what=f"the message {row.id.hex()} is {row.status}, not {status}", cure=cure)
        for row in rows
        if row.status != status
    ]
    if faults:
        raise Refused(*faults)
