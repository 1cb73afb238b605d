"""Refused events: why, what they were, and another try once the cause is cured."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.console.visit import Visit, see_other
from itda.engine.questions.views import QuarantineLine


def show(visit: Visit) -> Response:
    """The list, newest first; `?reason` narrows it, `?before` is the page after it."""
    reason, before = visit.query("reason"), visit.query("before")
    view = visit.house.desk.quarantine(visit.actor, reason, int(before) if before.isdigit() else None)
    replayed = visit.query("replayed")
    return visit.render(
        "quarantine.html",
        view=view,
        reason=reason,
        before=before,
        waiting=sum(view.by_reason.values()),
        replayed=int(replayed) if replayed.isdigit() else None,
    )


def one(visit: Visit) -> Response:
    """One refused event with its body."""
    line = visit.house.desk.refused(visit.actor, int(visit.request.path_params["position"]))
    if line is None:
        raise HTTPException(404, "quarantine")
    return visit.render("refused.html", line=line, body=body(line))


def replay(visit: Visit) -> Response:
    """Try one again, or all of one reason; then back to the list, which says how many went."""
    position, reason = visit.field("position"), visit.field("reason")
    if not position.isdigit() and not reason:
        raise HTTPException(400, "replay")
    positions = [int(position)] if position.isdigit() else []
    count = visit.house.desk.replay(visit.actor, positions, "" if positions else reason)
    return see_other("/quarantine?" + urlencode({"replayed": count}))


def body(line: QuarantineLine) -> str:
    """The body as people read JSON, or as it came when it is none; empty when it may not be seen or is gone."""
    if not line.body:
        return ""
    try:
        return msgspec.json.format(line.body, indent=2)
    except msgspec.DecodeError:
        return line.body
