"""The steward's queue: one question at a time, side by side with its evidence, answered by single keys."""

from __future__ import annotations

from typing import Any, NamedTuple, cast, get_args
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.console.desk import TaskAnswer
from itda.console.stewarding import TOLD
from itda.console.visit import Visit, see_other
from itda.engine.questions.review_views import Field, Kind, Queue, TaskView

LATER, DECIDED = "later", "decided"
VIEWS = ("", LATER, DECIDED)
_HALF = 50.0
"""A bar reaches so far to either side of the middle, of 100."""


class Line(NamedTuple):
    """One line of evidence, with its bar: from `x`, `width` long, of 100; the middle says nothing."""

    field: Field
    x: float
    width: float


class Progress(NamedTuple):
    """How far a steward has come in this sitting."""

    left: int
    of: int


def show(visit: Visit) -> Response:
    """The queue and one task of it: that of `?task`, else the first."""
    view, kind = _one_of(visit.query("view"), VIEWS), _one_of(visit.query("kind"), ("", *get_args(Kind)))
    desk, actor = visit.house.desk, visit.actor
    queue = desk.queue(actor, kind, put_off=view == LATER, decided=view == DECIDED)
    tasks = [task for task in queue.tasks if view or task.id != visit.query("last")]
    asked = visit.query("task")
    found = desk.task(actor, asked) if asked else None
    if found is None and tasks:
        found = desk.task(actor, tasks[0].id)
    ids = [task.id for task in tasks]
    place = ids.index(found.task.id) if found is not None and found.task.id in ids else None
    return visit.render(
        "review.html",
        queue=queue,
        tasks=tasks,
        found=found,
        lines=evidence(found.fields) if found else [],
        view=view,
        kind_now=kind,
        progress=_progress(queue, kind, visit.number(visit.query("of"))),
        before=ids[place - 1] if place else "",
        after=ids[place + 1] if place is not None and place + 1 < len(ids) else _next(found, view),
        told=_one_of(visit.query("told"), ("", *TOLD)),
    )


def answer(visit: Visit) -> Response:
    """Somebody answers a task; then the one that follows."""
    said, task = visit.field("answer"), str(visit.request.path_params["task"])
    if said not in get_args(TaskAnswer):
        raise HTTPException(400, "review")
    reason = visit.field("reason").strip() or visit.say("Seen side by side in the review")
    became = visit.house.desk.answer_task(visit.actor, task, cast("TaskAnswer", said), reason)
    follows = {"task": visit.field("next"), "last": task, "told": said if became == "yes" else became}
    return _back(visit, follows)


def undo(visit: Visit) -> Response:
    """Take back what was answered; without a task what this steward answered last."""
    reason = visit.field("reason").strip() or visit.say("Taken back in the review")
    task = visit.house.desk.undo_task(visit.actor, visit.field("task"), reason)
    return _back(visit, {"task": task, "told": "undone" if task else "nothing"})


def evidence(fields: list[Field]) -> list[Line]:
    """The lines with their bars: what was compared first, then the rest of the score."""
    most = max((abs(field.bits) for field in fields if field.bits is not None), default=0.0) or 1.0
    ordered = sorted(fields, key=lambda field: bool(field.what))
    lines = []
    for field in ordered:
        length = round(_HALF * abs(field.bits or 0.0) / most, 1)
        lines.append(Line(field, round(_HALF - length, 1) if (field.bits or 0.0) < 0 else _HALF, length))
    return lines


def _progress(queue: Queue, kind: str, began: int | None) -> Progress:
    left = queue.waiting.get(kind, 0) if kind else sum(queue.waiting.values())
    return Progress(left, max(left, began or 0))


def _next(found: TaskView | None, view: str) -> str:
    return found.next if found is not None and not view else ""


def _back(visit: Visit, changes: dict[str, Any]) -> Response:
    values = {"kind": visit.field("kind"), "of": visit.field("of")} | changes
    return see_other("/identity/review?" + urlencode({name: value for name, value in values.items() if value}))


def _one_of(text: str, known: tuple[str, ...]) -> str:
    return text if text in known else ""
