"""How long what is kept: each rule of retention.yaml with what is due, the last runs and the next."""

from __future__ import annotations

from starlette.responses import Response

from itda.console.keeping import law
from itda.console.visit import Visit


def show(visit: Visit) -> Response:
    """The rules and the runs; what it tells are numbers."""
    view = visit.house.desk.retention(visit.actor)
    due = sum(one.due for one in view.rules)
    told = {one: law(one, visit.say, visit.language) for rule in view.rules for one in rule.longer}
    return visit.render("retention.html", view=view, due=due, law=told)
