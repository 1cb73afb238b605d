"""Journeys: how many go through each, step by step, who was held out, and what difference it made."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.base.errors import ItdaError
from itda.console import figures, route
from itda.console.visit import Visit, see_other
from itda.engine.app import Forbidden
from itda.engine.questions.journeys import JourneyView

DIFFERENCE = "holdout_difference"


def show(visit: Visit) -> Response:
    """All of them, and who stands still in them for those who may see people."""
    desk, actor = visit.house.desk, visit.actor
    return visit.render(
        "journeys.html",
        journeys=desk.journeys(actor),
        held=desk.definitions(actor),
        aside=desk.aside(actor) if visit.may("customer.search") else [],
    )


def go_on(visit: Visit) -> Response:
    """Go on with everybody who stands still."""
    visit.house.desk.go_on(visit.actor)
    return see_other("/journeys")


def one(visit: Visit) -> Response:
    """One journey; `?version` shows a former one, `?before` older people."""
    name = str(visit.request.path_params["journey"])
    found = visit.house.desk.journey(visit.actor, name)
    if found is None:
        raise HTTPException(404, "journey")
    journey, flow = found
    version = _version(journey, visit.query("version"))
    before = visit.query("before")
    people = visit.house.desk.travellers(visit.actor, name, before) if visit.may("customer.search") else None
    return visit.render(
        "journey.html",
        journey=journey,
        summary=journey.summary,
        version=version,
        drawing=route.draw(version, flow) if version is not None else None,
        flow=flow,
        people=people,
        before=before,
        **_difference(visit, name),
    )


def _version(journey: JourneyView, asked: str) -> Any:
    """The version asked for, else the one that people enter now."""
    named = {one.version: one for one in journey.versions}
    return named.get(asked) or (journey.versions[0] if journey.versions else None)


def _difference(visit: Visit, name: str) -> dict[str, Any]:
    """What the holdout tells; where only that cannot be counted, the rest of the page still is."""
    if not visit.may("metric.read"):
        return {"contrast": None, "report": None, "is_broken": False}
    try:
        report = visit.house.desk.measure(visit.actor, DIFFERENCE, "", "", "")
    except Forbidden:
        raise
    except ItdaError:
        return {"contrast": None, "report": None, "is_broken": True}
    names = figures.Names(visit.formats, visit.say, visit.labels())
    told = figures.contrasts(report, names) if report is not None else []
    mine = next((one for one in told if one.journey == name), None)
    return {"contrast": mine, "report": report, "is_broken": False}
