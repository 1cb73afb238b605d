"""What became of the letters: what went settles its duty with the proof, what did not says what it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from itda.base import instant
from itda.base.canonical import canonical
from itda.engine.work import Work
from itda.messages import letters
from itda.store import duties

_WENT = ("sent", "delivered", "complained")
_BACK = "bounced"
_GONE = ("dropped", "cancelled", "dead", "uncertain")
_CARRIED = """
select d.id, o.id, o.status, o.message, o.reasons, coalesce(a.message_id, ''), coalesce(a.finished_at, o.created_at)
from duty d join outbox o on o.id = d.message
left join lateral (select message_id, finished_at from attempt where outbox = o.id order by n desc limit 1) a on true
where d.done_at is null and (o.status = any(%s) or d.lacking = '' and o.status = any(%s))
order by d.due_at, d.id limit %s
"""
_REOPENED = """
update duty d set done_at = null, status = 'open', proof = '{}', lacking = %s from outbox o
where o.id = d.message and o.status = 'bounced' and d.done_at is not null and d.proof like '%%"message_id"%%'
"""
CAME_BACK = "the letter came back: tell them by another way"
DISCLOSED = {
    letters.NOTICE: ["sender", "act", "date", "result"],
    letters.RECONFIRM: ["sender", "consent", "date", "keep_or_withdraw"],
    letters.OPTIN: ["sender", "request", "date", "text"],
}
"""What each letter says, as the decree lists it (art. 62-2 and 62-3)."""


class Became(msgspec.Struct, frozen=True):
    """How many duties were settled by their letter, and how many letters did not go."""

    settled: int = 0
    failed: int = 0


def reconcile(work: Work, most: int) -> Became:
    """Settle what went, and say of the rest what keeps it open."""
    work.connection.execute(_REOPENED, [CAME_BACK])
    rows = work.connection.execute(_CARRIED.encode(), [list(_WENT), [_BACK, *_GONE], most], binary=True).fetchall()
    settled, lacking = 0, dict[bytes, str]()
    for made, message, status, name, reasons, message_id, at in rows:
        if status in _WENT:
            settled += duties.settle(work.connection, made, work.now, _proof(message, name, status, message_id, at))[0]
        else:
            lacking[made] = CAME_BACK if status == _BACK else f"{status}: {reasons}".rstrip(": ")[:200]
    duties.lack(work.connection, lacking)
    return Became(settled, len(lacking))


def _proof(message: bytes, name: str, status: str, message_id: str, at: int) -> str:
    told: dict[str, Any] = {
        "message": message.hex(), "message_id": message_id, "status": status, "at": instant.text(at),
        "disclosed": DISCLOSED.get(name, []),
    }  # fmt: skip
    return canonical(told).decode()


def settle_void(work: Work, made: Iterable[bytes], why: str) -> None:
    """Settle what is owed no more, such as to somebody who was erased."""
    proof = canonical({"void": why}).decode()
    for one in made:
        duties.settle(work.connection, one, work.now, proof)
