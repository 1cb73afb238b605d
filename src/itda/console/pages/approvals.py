"""What one person proposed and another must agree to."""

from __future__ import annotations

from typing import cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.base.errors import Refused
from itda.console.trust_desk import ApprovalAnswer
from itda.console.visit import Visit, see_other
from itda.engine.app import Forbidden


def show(visit: Visit) -> Response:
    """What waits, and what was answered last."""
    return visit.render(
        "approvals.html", view=visit.house.desk.approvals(visit.actor), told=visit.query("told"), now=visit.now
    )


def answer(visit: Visit) -> Response:
    """Approve or refuse one. What cannot be answered any more is said on the page."""
    given, reason = visit.field("answer"), visit.field("reason").strip()
    if given not in get_args(ApprovalAnswer):
        raise HTTPException(400, "answer")
    approval = str(visit.request.path_params["approval"])
    try:
        visit.house.desk.answer_approval(visit.actor, approval, cast("ApprovalAnswer", given), reason)
    except Forbidden:
        raise
    except Refused:
        return see_other("/approvals?told=gone")
    return see_other(f"/approvals?told={given}")
