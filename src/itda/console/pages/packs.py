"""Rules of law and providers: what is in force, what is excepted, and changes by two people with their rehearsal."""

from __future__ import annotations

from starlette.responses import Response

from itda.base.errors import Refused
from itda.console import laws
from itda.console.visit import Visit, see_other
from itda.engine.app import Forbidden
from itda.engine.enacting.looking import PackChangeView, PacksView


def show(visit: Visit) -> Response:
    """The page. What a rule says is told in the visit's language, as far as it is known there."""
    view = visit.house.desk.packs(visit.actor)
    told = {rule.id: laws.rule(rule.id, visit.say) for pack in view.packs for rule in pack.rules}
    return visit.render(
        "packs.html",
        view=view,
        told=told,
        last=last(view),
        done=visit.query("done"),
        labels=visit.labels(),
    )


def activate(visit: Visit) -> Response:
    """Activate a change. What cannot be activated any more is said on the page."""
    change = str(visit.request.path_params["change"])
    try:
        visit.house.desk.activate_packs(visit.actor, change, visit.field("reason").strip())
    except Forbidden:
        raise
    except Refused:
        return see_other("/packs?done=not")
    return see_other("/packs?done=activated")


def last(view: PacksView) -> PackChangeView | None:
    """The change that was rehearsed last."""
    rehearsed = [one for one in (*view.waiting, *view.activated) if one.rehearsal is not None]
    return max(rehearsed, key=lambda one: one.proposed_at, default=None)
