"""How long what is kept: each rule of retention.yaml with what is due, the last runs and the next."""

from __future__ import annotations

from starlette.responses import Response

from itda.console import requesting
from itda.console.language import mark as _
from itda.console.visit import Visit

_KEPT = {"orders": _("orders"), "complaints": _("complaints and disputes"), "advertisements": _("advertisements")}


def show(visit: Visit) -> Response:
    """The rules and the runs; what it tells are numbers."""
    view = visit.house.desk.retention(visit.actor)
    due = sum(one.due for one in view.rules)
    return visit.render("retention.html", view=view, due=due, law=lambda told: _law(told, visit))


def _law(told: str, visit: Visit) -> str:
    """A law that keeps longer, `what: source`, in the reader's language."""
    what, _sep, source = told.partition(": ")
    return f"{visit.say(_KEPT.get(what, what))}: {requesting.law(source, visit.language)}"
