"""What must be done by a day: what is overdue, what is due, and what was done, with its proof."""

from __future__ import annotations

from typing import cast, get_args

from starlette.responses import Response

from itda.base.errors import Refused
from itda.console.consent_desk import DutiesShown
from itda.console.visit import Visit, see_other
from itda.engine.app import Forbidden
from itda.engine.duties import KINDS


def show(visit: Visit) -> Response:
    """A page of them; `?show` and `?kind` narrow it, `?after` is the next page."""
    asked = visit.query("show")
    shown = cast("DutiesShown", asked) if asked in get_args(DutiesShown) else "open"
    kind = visit.query("kind")
    view = visit.house.desk.duties(visit.actor, shown, kind, visit.query("after"))
    return visit.render(
        "duties.html", view=view, shown=shown, narrowed=kind, told=visit.query("told"),
        own_step={name: kind.done_by for name, kind in KINDS.items()},
        overdue=sum(one.overdue for one in view.kinds), soon=sum(one.soon for one in view.kinds),
    )  # fmt: skip


def settle(visit: Visit) -> Response:
    """Note that one was done."""
    proof = visit.field("proof").strip()
    try:
        visit.house.desk.settle_duty(visit.actor, str(visit.request.path_params["duty"]), proof)
    except Forbidden:
        raise
    except Refused:
        return see_other("/duties?told=gone")
    return see_other("/duties?told=done")
