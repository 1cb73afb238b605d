"""A request is carried out a step at a time, each in one transaction: whatever interrupts it, it goes on from there.

erase: stopped → held → journalled → destroying → destroyed → done. Between destroying and destroyed the pipeline reads
the erasure in the log; done comes once the decider has read it, too. stop: stopped → done. correct: opened → done.
access and port: opened → done, with what is handed over; by the privacy centre opened → released → done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar

import msgspec

from itda.base.canonical import canonical
from itda.base.errors import Fault, Refused
from itda.engine import duties
from itda.engine.app import Done
from itda.engine.erasing import journal
from itda.engine.erasing.told import Cause, Erasure, record
from itda.engine.questions import person
from itda.engine.requests import correcting, handing, holding, nobody, quarantined, stopping, telling
from itda.engine.requests.certificate import certificate, drafted
from itda.engine.requests.nobody import OPENED
from itda.engine.requests.opening import RETENTION, said, take_over
from itda.engine.requests.questions import found
from itda.engine.requests.views import Request, view
from itda.engine.work import Work
from itda.store import erasures, requests
from itda.store.requests import RequestRow

AGAIN = "restore"
"""The door of an erasure that is carried out again, after a backup was put back."""
READING = "the pipeline reads the log up to it"
_DECIDED = "select (select position from cursor where name = 'decider') >= %s"


class Proceed(msgspec.Struct, frozen=True):
    """Do the next step of a request."""

    permission: ClassVar[str] = "request.carry_out"
    id: str

    def carry_out(self, work: Work) -> Done[Request]:
        """Do it; a request that is done, or waits for somebody else, is left as it is."""
        done = ProceedTogether((self.id,)).carry_out(work)
        (now,) = done.value
        return Done(now, position=done.position, audit={"request": now.id, "step": now.step})


class ProceedTogether(msgspec.Struct, frozen=True):
    """Do the next step of each of these requests, all of them or none: what they read is read once."""

    permission: ClassVar[str] = "request.carry_out"
    ids: tuple[str, ...]

    def carry_out(self, work: Work) -> Done[list[Request]]:
        """Do it; those that are done, or wait for somebody else, are left as they are."""
        rows = [found(work, one, is_locked=True) for one in self.ids]
        batch = _Batch(work, [row for row in rows if row.state == "open"])
        for row in batch.rows:
            _step(work, row, batch)
        position = batch.end()
        now = [view(requests.one(work.connection, row.id) or row) for row in rows]
        audit = {"requests": [row.id.hex() for row in rows], "steps": [one.step for one in now]}
        is_idle = [(row.step, row.state) for row in rows] == [(one.step, one.state) for one in now]
        return Done(now, position=position, audit=audit, is_idle=is_idle)


class _Batch:
    """What the steps of several requests have in common: what they read, and what they write at the end."""

    def __init__(self, work: Work, rows: Sequence[RequestRow]) -> None:
        self._work = work
        self.rows = [_widened(work, row) if (row.kind, row.step) == ("erase", "stopped") else row for row in rows]
        self._holding = [row for row in self.rows if (row.kind, row.step) == ("erase", "stopped")]
        self.entries: list[journal.Entry] = []
        self.erasing: list[RequestRow] = []

    @cached_property
    def kept(self) -> holding.Events:
        """What laws may keep, of all who are to be erased."""
        return holding.events(self._work, [one for row in self._holding for one in row.subject])

    @cached_property
    def refused(self) -> list[quarantined.Refused]:
        """All that is in quarantine."""
        return list(quarantined.refused(self._work))

    def end(self) -> int | None:
        """Write the journal and then the log; the frame in it, if any."""
        if self.entries:
            journal.note(self._work.workspace.data_dir, self._work.vault, self.entries)
        if not self.erasing:
            return None
        told = [record(_erasure(row)) for row in self.erasing]
        position = self._work.append(told).position
        for row in self.erasing:
            requests.move(self._work.connection, row.id, "journalled", "destroying", position=position)
            _overtake(self._work, row)
        return position


def _erasure(row: RequestRow) -> Erasure:
    """What the log is told; of one that is carried out again, when it first was."""
    is_again = row.via == AGAIN
    fragments = tuple(one.hex() for one in row.subject)
    cause: Cause = "restore" if is_again else "retention" if row.via == RETENTION else "erasure"
    return Erasure(row.id.hex(), fragments, cause, row.opened_at if is_again else 0)


class HandOver(msgspec.Struct, frozen=True):
    """Note that what is known was handed to the person who asked for it: their request is done."""

    permission: ClassVar[str] = "request.carry_out"
    id: str
    counts: dict[str, int] = {}
    """How much of what was handed over."""

    def carry_out(self, work: Work) -> Done[Request]:
        """Note it; once more is no harm."""
        row = found(work, self.id, is_locked=True)
        if row.kind not in ("access", "port"):
            raise Refused(f"a request to {row.kind} hands nothing over")
        if row.state == "open":
            was = {nobody.NOTHING: 0} if nobody.is_of_nobody(row) and any(self.counts.values()) else {}
            requests.move(work.connection, row.id, row.step, "handed over", self.counts | was)
            _finish(work, row)
        return Done(view(requests.one(work.connection, row.id) or row), audit={"request": row.id.hex()})


def _step(work: Work, row: RequestRow, batch: _Batch) -> None:
    """One step."""
    connection = work.connection
    match row.kind, row.step:
        case "erase", "stopped":
            counts = holding.hold(work, row, batch.kept) | quarantined.empty(work, row, batch.refused)
            telling.prepare(work, row)
            requests.move(connection, row.id, "stopped", "held", counts)
        case "erase", "held":
            batch.entries.append(_entry(work, row))
            requests.draft(connection, row.id, _draft(row))
            requests.move(connection, row.id, "held", "journalled")
        case "erase", "journalled":
            batch.erasing.append(row)
        case "erase", "destroying":
            requests.lack(connection, row.id, READING)
        case "erase", "destroyed":
            _end(work, row)
        case "stop", "stopped":
            telling.prepare(work, row)
            _finish(work, row)
        case "stop" | "correct", nobody.NOTHING:
            _look_again(work, row)
        case "correct", _:
            correcting.correct(work, row)
            handing.say_corrected(work, row)
            _finish(work, row)
        case "access" | "port", _:
            _hand_over(work, row)
        case _:
            raise Refused(Fault(what=f"nobody knows how a {row.kind} goes on from {row.step}"))


def _end(work: Work, row: RequestRow) -> None:
    """Keys and rows are gone; the decider has to have come by it, too."""
    stands = work.connection.execute(_DECIDED, [row.position or 0]).fetchone()
    if stands and stands[0]:
        _finish(work, row)
    else:
        requests.lack(work.connection, row.id, "the decider reads the log up to it")


def _hand_over(work: Work, row: RequestRow) -> None:
    """What was released is handed over once its mail has left; nothing else goes on by itself."""
    if nobody.is_answered(work, row):
        _look_again(work, row)
    elif row.step != handing.RELEASED:
        requests.lack(work.connection, row.id, "somebody hands over what is known")
    elif (mail := handing.reached(work, row)) is not None:
        requests.move(work.connection, row.id, row.step, "handed over")
        _finish(work, row, {handing.MAIL: mail.hex()})


def _look_again(work: Work, row: RequestRow) -> None:
    """Nothing was held when it was taken: it is answered so, unless they came with what the log held then."""
    if not nobody.is_read(work, row):
        requests.lack(work.connection, row.id, READING)
        return
    members = person.load(work, row.subject)
    if not members:
        _finish(work, row)
        return
    nobody.take_back(work, row)
    take_over(work, row, members)
    also = {one.fragment for one in members if not one.is_blocked} - set(row.subject)
    subject = [*row.subject, *sorted(also)]
    requests.widen(work.connection, row.id, subject)
    if row.kind == "stop":
        stopping.stop(work.connection, msgspec.structs.replace(row, step=OPENED, subject=subject), work.now)


def _draft(row: RequestRow) -> str:
    """What the certificate of an erasure will say that nobody can tell once it is carried out."""
    kept = nobody.held(row)
    return canonical(drafted(row.subject) | ({"held": kept} if kept else {})).decode()


def _entry(work: Work, row: RequestRow) -> journal.Entry:
    known = erasures.values(work.connection, row.subject)
    values = tuple(journal.Value(blind.hex(), kind, generation) for blind, kind, generation in known)
    return journal.Entry(row.id.hex(), work.now, tuple(one.hex() for one in row.subject), values or nobody.values(row))


def _widened(work: Work, row: RequestRow) -> RequestRow:
    """The request with who was joined to the person since it was opened: they are stopped, and erased, too."""
    if row.via == AGAIN or said(work, row).is_part:
        return row
    also = {one.fragment for one in person.load(work, row.subject) if not one.is_blocked} - set(row.subject)
    if also:
        subject = [*row.subject, *sorted(also)]
        requests.widen(work.connection, row.id, subject)
        requests.stop(work.connection, subject, row.id, work.now, is_whole=True)
        return msgspec.structs.replace(row, subject=subject)
    return row


def _overtake(work: Work, row: RequestRow) -> None:
    """What else was asked for who is erased is over: there is nothing left to be handed over, or to be corrected."""
    for other in requests.of(work.connection, row.subject):
        is_theirs = set(other.subject) <= set(row.subject)
        if other.state == "open" and other.kind != "erase" and is_theirs:
            requests.move(work.connection, other.id, other.step, "overtaken", {"overtaken by an erasure": 1})
            _finish(work, other)


def _finish(work: Work, row: RequestRow, how: Mapping[str, str] = MappingProxyType({})) -> None:
    if row.kind == "correct":
        nobody.forget_words(work, row)
    now = requests.one(work.connection, row.id) or row
    proof = certificate(work, now)
    requests.finish(work.connection, row.id, proof, work.now)
    duties.settle(work.connection, handing.owed(work, row), {"request": row.id.hex(), **how}, work.now)
