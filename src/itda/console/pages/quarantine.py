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
    view = visit.house.desk.quarantine(visit.actor, reason, visit.number(before))
    return visit.render(
        "quarantine.html",
        view=view,
        reason=reason,
        before=before,
        waiting=sum(view.by_reason.values()),
        replayed=visit.number(visit.query("replayed")),
    )


def one(visit: Visit) -> Response:
    """One refused event with its body."""
    position = visit.number(str(visit.request.path_params["position"]))
    line = None if position is None else visit.house.desk.refused(visit.actor, position)
    if line is None:
        raise HTTPException(404, "quarantine")
    return visit.render("refused.html", line=line, body=body(line))


def replay(visit: Visit) -> Response:
    """Try one again, or all of one reason; then back to the list, which says how many went."""
    position, reason = visit.number(visit.field("position")), visit.field("reason")
    if position is None and not reason:
        raise HTTPException(400, "replay")
    positions = [] if position is None else [position]
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
