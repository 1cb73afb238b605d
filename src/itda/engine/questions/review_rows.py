"""Tasks as they are stored, and which of them still ask something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from itda.engine.questions.review_views import Run
from itda.engine.work import Work
from itda.measure.interval import wilson

_COLUMNS = (
    "t.id, t.kind, t.a, t.b, t.bits, t.probability, t.reason, t.neighbours, t.worth, t.evidence,"
    " t.found_at, t.later_until, t.later_at, t.answer, t.answered_at, t.answered_by, t.decision"
)
_OPEN = """
from review_task t join identifier ia on ia.fragment = t.a join identifier ib on ib.fragment = t.b
where t.answer = ''
  and case t.kind
    when 'pair' then ia.customer <> ib.customer
    when 'check' then ia.customer = ib.customer
    when 'hub' then ia.hub = 'suspected'
    else exists (select from edge e where e.a = t.a and e.b = t.b and e.state = 'suppressed'
                 and (e.reason like 'unique:%%' or e.reason like 'limit:%%' or e.reason = 'size'))
  end
  and not ia.is_blocked and not ib.is_blocked
  and exists (select from keyring k where k.fragment = t.a) and exists (select from keyring k where k.fragment = t.b)
  and not exists (select from steered s where s.a = t.a and s.b = t.b and s.action <> 'likely'
                  and s.retracted_at is null)
"""
"""What makes a task void: the two were joined or parted otherwise, decided, erased; the link or the hub is no more."""
_WAITING = f"select {_COLUMNS} {_OPEN} and t.later_until <= %(now)s and (%(kind)s = '' or t.kind = %(kind)s)"
_PUT_OFF = f"select {_COLUMNS} {_OPEN} and t.later_until > %(now)s and (%(kind)s = '' or t.kind = %(kind)s)"
_DECIDED = f"""
select {_COLUMNS} from review_task t left join steered s on s.id = t.decision
where t.answer <> '' and s.retracted_at is null and (%(kind)s = '' or t.kind = %(kind)s)
  and exists (select from keyring k where k.fragment = t.a) and exists (select from keyring k where k.fragment = t.b)
"""
_IN_ALL = f"select t.kind, t.later_until > %s, count(*) {_OPEN} group by 1, 2"
_ONE = f"select {_COLUMNS} {_OPEN} and t.id = %(id)s union all {_DECIDED} and t.id = %(id)s"
_ANY = f"select {_COLUMNS} from review_task t where t.id = %s"
_NEXT = f"""
select t.id {_OPEN} and t.later_until <= %(now)s and (t.worth, t.id) < (%(worth)s, %(id)s)
order by t.worth desc, t.id desc limit 1
"""
_RUNS = """
select version, at, people, pairs, duplicates, linked, waiting, threshold, precision_estimated, decided, decided_same,
  checked, checked_right, is_calibrated
from match_run order by at desc limit %s
"""


class TaskRow(msgspec.Struct, frozen=True):
    """A row of `review_task`."""

    id: bytes
    kind: Any
    a: bytes
    b: bytes
    bits: float | None
    probability: float | None
    reason: str
    neighbours: int
    worth: float
    evidence: str
    found_at: int
    later_until: int
    later_at: int
    answer: Any
    answered_at: int
    answered_by: str
    decision: bytes | None


def task_id(work: Work, kind: str, a: bytes, b: bytes) -> bytes:
    """The id of a question: that of the same two stays; a pair that is joined and checked is asked about once."""
    family = "pair" if kind == "check" else kind
    return work.vault.fingerprint(msgspec.json.encode(["review", family, a.hex(), b.hex()]))


def waiting(work: Work, kind: str, limit: int, *, are_put_off: bool = False) -> list[TaskRow]:
    """Tasks of a kind (empty: of all) that ask something, those most worth a decision first; or those put off."""
    order = "t.later_until, t.id" if are_put_off else "t.worth desc, t.id desc"
    return _rows(work, f"{_PUT_OFF if are_put_off else _WAITING} order by {order} limit %(limit)s",
                 {"now": work.now, "kind": kind, "limit": limit})  # fmt: skip


def decided(work: Work, kind: str, limit: int) -> list[TaskRow]:
    """Tasks that were decided, the latest first."""
    return _rows(work, f"{_DECIDED} order by t.answered_at desc, t.id limit %(limit)s", {"kind": kind, "limit": limit})


def one(work: Work, id_: bytes) -> TaskRow | None:
    """A task that asks something or was decided; None where it is void."""
    return next(iter(_rows(work, _ONE, {"id": id_, "kind": ""})), None)


def stored(work: Work, id_: bytes) -> TaskRow | None:
    """A task whatever became of it."""
    return next(iter(_rows(work, _ANY, [id_])), None)


def following(work: Work, task: TaskRow) -> bytes | None:
    """The task that comes after one in the queue."""
    asked = {"now": work.now, "worth": task.worth, "id": task.id}
    row = work.connection.execute(_NEXT.encode(), asked).fetchone()
    return None if row is None else bytes(row[0])


def counts(work: Work) -> tuple[dict[str, int], int]:
    """How many wait, by kind, and how many are put off."""
    rows = work.connection.execute(_IN_ALL.encode(), [work.now]).fetchall()
    return {str(kind): n for kind, is_later, n in rows if not is_later}, sum(n for _, is_later, n in rows if is_later)


def runs(work: Work, limit: int) -> list[Run]:
    """The runs of the matching, the latest first."""
    names = [name for name in Run.__struct_fields__ if name not in {"low", "high"}]
    found = []
    for row in work.connection.execute(_RUNS, [limit]).fetchall():
        told = dict(zip(names, row, strict=True))
        low, high = wilson(told["checked_right"], told["checked"])
        found.append(Run(**told, low=low, high=high))
    return found


def _rows(work: Work, text: str, told: dict[str, Any] | Sequence[Any]) -> list[TaskRow]:
    return [TaskRow(*values) for values in work.connection.execute(text.encode(), told).fetchall()]
