"""Attempts end: what the server said is written down, and in the same transaction told to the log.

Of whom nothing can be read any more, as they were erased meanwhile, nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from itda.channels.definition import Outcome
from itda.engine.gate import promoting
from itda.engine.sending import effects
from itda.engine.sending.after import After, Pace, after, said
from itda.engine.work import Work
from itda.store import outbox
from itda.store.engagement_rows import OutboxRow
from itda.store.outbox import Finished, Moved
from itda.store.ports import Record
from itda.workspace.definition import Workspace

UNKNOWN = Outcome(result="uncertain", detail="the sender ended before the server's answer was known")


class Ended(msgspec.Struct, frozen=True):
    """An attempt that is over. `at` is when, in microseconds UTC."""

    attempt: bytes
    message: bytes
    tries: int
    outcome: Outcome
    at: int


def settle(work: Work, ended: Sequence[Ended], pace: Pace) -> dict[bytes, After]:
    """Write down how attempts ended and what their messages are now, and tell the log; what they are, by message.

    An attempt that is over already, or a message that is attempted no more, changes nothing.
    """
    connection = work.connection
    rows = outbox.in_flight(connection, [one.message for one in ended])
    unsure = [one.message for one in ended if one.outcome.result == "uncertain"]
    before = outbox.uncertain_before(connection, unsure) if unsure else {}
    now_are: dict[bytes, After] = {}
    moved: list[Moved] = []
    told: list[tuple[OutboxRow, Ended]] = []
    for one in ended:
        row = rows.get(one.message)
        if row is None or row.tries != one.tries:
            continue
        may_repeat = not before.get(row.id, 0) and is_informational(work.workspace, row)
        found = after(one.outcome, row.id, one.tries, pace, may_repeat=may_repeat)
        now_are[row.id] = found
        moved.append(Moved(row.id, found.status, one.at + found.wait, found.reasons))
        if found.status in ("sent", "bounced"):
            told.append((row, one))
    outbox.finish(connection, [_finished(one) for one in ended])
    outbox.move(connection, moved)
    records = list(_records(work, told))
    if records:
        work.append(records)
    return now_are


def recover(work: Work, known: Iterable[bytes], pace: Pace) -> dict[bytes, After]:
    """End the attempts that a sender left behind as it died; `known` are those that are still on their way."""
    found = outbox.left_open(work.connection, known)
    return settle(work, [Ended(one.id, one.outbox, one.n, UNKNOWN, work.now) for one in found], pace) if found else {}


def is_informational(workspace: Workspace, row: OutboxRow) -> bool:
    """Whether a message is no advertisement, by its class and by what it says."""
    message = workspace.message(row.message)
    if row.message_class != "informational" or message is None:
        return False
    content = message.contents.get(row.channel, {}).get(row.language)
    return content is not None and not promoting(content)


def _finished(one: Ended) -> Finished:
    outcome = one.outcome
    code = str(outcome.code) if outcome.code is not None else ""
    return Finished(one.attempt, one.at, outcome.result, code, outcome.detail)


def _records(work: Work, told: Sequence[tuple[OutboxRow, Ended]]) -> Iterable[Record]:
    keys = work.keys(sorted({row.contact for row, _ in told})) if told else {}
    for row, one in told:
        key = keys.get(row.contact)
        if key is None:
            continue
        address = work.value(key)
        if one.outcome.result == "sent":
            yield effects.record("Message Sent", row, address, one.at)
        else:
            yield effects.record(
                "Message Bounced", row, address, one.at, is_permanent=True, code=said(one.outcome)[:100]
            )
