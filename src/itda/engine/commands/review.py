"""A steward answers the queue: the same person, another one, or later. Each answer can be taken back.

`same` and `different` become the decisions that `itda join`, `itda cut` and `itda hub` take, with name, time and
reason; so they stand in the log and the audit, and a rebuild takes them again. `later` only puts a task off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import msgspec

from itda.base.errors import Fault, Refused
from itda.base.instant import DAY
from itda.engine.app import Done
from itda.engine.commands.identity import ClearHub, ConfirmHub, Cut, Join, RetractDecision
from itda.engine.questions import review_rows
from itda.engine.questions.review import id_of
from itda.engine.questions.review_rows import TaskRow
from itda.engine.work import Work

Answer = Literal["same", "different", "later"]
_ANSWERED = """
update review_task set answer = %s, answered_at = %s, answered_by = %s, decision = %s, later_until = 0
where id = %s and answer = ''
"""
_PUT_OFF = "update review_task set later_until = %s, later_at = %s, answered_by = %s where id = %s and answer = ''"
_OPENED = (
    "update review_task set answer = '', answered_at = 0, answered_by = '', decision = null, later_until = 0,"
    " later_at = 0 where id = %s and answer = %s and decision is not distinct from %s"
)
"""Only of the answer that was seen: one given meanwhile stays, beside its decision."""
_LAST = """
select id from review_task t
where answered_by = %s and (answer <> '' or later_until > %s)
  and not exists (select from steered s where s.id = t.decision and s.retracted_at is not null)
  and exists (select from keyring k where k.fragment = t.a) and exists (select from keyring k where k.fragment = t.b)
order by greatest(answered_at, later_at) desc, id limit 1
"""
_CURE = "see what is left: itda review"
LONGEST_DAYS = 3_650


class ReviewDecided(msgspec.Struct, frozen=True):
    """What was answered, or that it was taken back."""

    id: str
    answer: Answer
    decision: str
    """Hex of the decision in the log; empty where it was put off."""
    is_undone: bool = False


class DecideReview(msgspec.Struct, frozen=True):
    """Answer a task. `later` puts it off for so many days."""

    permission: ClassVar[str] = "identity.steward"
    is_about_people: ClassVar[bool] = True
    id: str
    answer: Answer
    days: int = 7

    def carry_out(self, work: Work) -> Done[ReviewDecided]:
        """Write the decision to the log, and the answer to the queue. `Refused` where the task asks nothing."""
        row = review_rows.one(work, id_of(self.id))
        if row is None:
            raise Refused(Fault(what=f"no task {self.id} asks anything (any more)", cure=_CURE))
        if row.answer:
            raise _decided_already()
        if self.answer == "later":
            if not 1 <= self.days <= LONGEST_DAYS:
                raise Refused(f"days: 1 to {LONGEST_DAYS:,}")
            until = work.now + self.days * DAY
            _keep(work, _PUT_OFF, [until, work.now, work.actor.name, row.id])
            audit = {"task": self.id, "answer": "later", "days": self.days}
            return Done(ReviewDecided(self.id, "later", ""), audit=audit, about=row.a)
        done = _command(row, self.answer).carry_out(work)
        decision = done.value.id
        told = [self.answer, work.now, work.actor.name, bytes.fromhex(decision), row.id]
        _keep(work, _ANSWERED, told)
        answered = ReviewDecided(self.id, self.answer, decision)
        return Done(answered, done.position, {**done.audit, "task": self.id, "answer": self.answer}, done.about)


class UndoReview(msgspec.Struct, frozen=True):
    """Take back what was answered; without an id, what this steward answered last."""

    permission: ClassVar[str] = "identity.steward"
    is_about_people: ClassVar[bool] = True
    id: str = ""

    def carry_out(self, work: Work) -> Done[ReviewDecided]:
        """Take the decision back in the log, and ask again. `Refused` where nothing was answered."""
        row = review_rows.stored(work, id_of(self.id) if self.id else _last(work))
        if row is None or (not row.answer and row.later_until <= work.now):
            what = f"nobody has answered task {self.id}" if self.id else f"{work.actor.name} has answered nothing yet"
            raise Refused(Fault(what=what, cure=_CURE))
        if not {row.a, row.b} <= work.keys({row.a, row.b}).keys():
            raise Refused(Fault(what=f"task {row.id.hex()} is about an identifier that was erased", cure=_CURE))
        audit = {"task": row.id.hex(), "undone": row.answer or "later"}
        if not work.connection.execute(_OPENED, [row.id, row.answer, row.decision]).rowcount:
            raise Refused(Fault(what="this was answered anew meanwhile", cure="look at it again: itda review show"))
        if not row.answer or row.decision is None:
            return Done(ReviewDecided(row.id.hex(), "later", "", is_undone=True), audit=audit, about=row.a)
        done = RetractDecision(row.decision.hex()).carry_out(work)
        undone = ReviewDecided(row.id.hex(), row.answer, row.decision.hex(), is_undone=True)
        return Done(undone, done.position, {**done.audit, **audit}, done.about)


def _keep(work: Work, text: str, told: Sequence[Any]) -> None:
    """Of two who answer at once the first is heard: what the other would write to the log is not written."""
    if not work.connection.execute(text.encode(), told).rowcount:
        raise _decided_already()


def _decided_already() -> Refused:
    return Refused(Fault(what="this was decided already", cure="take it back: itda review undo"))


def _last(work: Work) -> bytes:
    row = work.connection.execute(_LAST, [work.actor.name, work.now]).fetchone()
    return b"" if row is None else bytes(row[0])


def _command(row: TaskRow, answer: Answer) -> Join | Cut | ConfirmHub | ClearHub:
    if row.kind == "hub":
        return ClearHub(row.a.hex()) if answer == "same" else ConfirmHub(row.a.hex())
    return Join(row.a.hex(), row.b.hex()) if answer == "same" else Cut(row.a.hex(), row.b.hex())
