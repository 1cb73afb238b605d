"""The first page: how the shop stands, with numbers that keep arriving."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from itda.base.errors import Unavailable
from itda.base.instant import MINUTE
from itda.console import words
from itda.console.formats import Formats
from itda.console.visit import Visit, see_other
from itda.engine.questions.views import OverviewView

MINUTES = 60
LABEL_EVERY = 10
_OTHERWISE = (("/measures", "metric.read"), ("/customers", "customer.search"))
LATE_S = 10.0
"""A lag above this is shown as a warning, in seconds."""


def show(visit: Visit) -> Response:
    """The page, with the numbers of now; who may not see them is led to the first page they may open."""
    if not visit.may("status.read"):
        return see_other(next((page for page, permission in _OTHERWISE if visit.may(permission)), "/account"))
    view = visit.house.desk.overview(visit.actor)
    held = visit.house.desk.definitions(visit.actor)
    return visit.render("overview.html", held=held, **values(view, visit.formats, visit.say), **engagement(visit))


def engagement(visit: Visit) -> dict[str, Any]:
    """What is done with people, as far as there is any; where it cannot be told just now, the page is without it."""
    desk = visit.house.desk
    try:
        segments = desk.segments(visit.actor) if visit.may("segment.read") else []
        journeys = desk.journeys(visit.actor) if visit.may("journey.read") else []
        by_status = desk.messages(visit.actor).counts if visit.may("message.read") else {}
        owed = desk.duties(visit.actor, "overdue", "", "").kinds if visit.may("duties.read") else []
    except Unavailable:
        return {"segments": [], "journeys": [], "by_status": {}, "overdue": 0, "soon": 0}
    largest = sorted(segments, key=lambda one: (-one.members, one.name))
    return {"segments": largest, "journeys": [one for one in journeys if one.entered], "by_status": by_status,
            "overdue": sum(one.overdue for one in owed), "soon": sum(one.soon for one in owed)}  # fmt: skip


def values(view: OverviewView, formats: Formats, say: words.Say) -> dict[str, Any]:
    """What the templates of the page and of its live part show."""
    chart = hour(view, formats, say)
    most = max((one.accepted for one in view.channels), default=0)
    return {
        "view": view,
        "chart": json.dumps(chart, ensure_ascii=False),
        "table": chart,
        "total": sum(sum(one["values"]) for one in chart["series"]),
        "channels": sorted(view.channels, key=lambda one: (-one.accepted, one.channel)),
        "most": most,
        "accepted": sum(one.accepted for one in view.channels),
        "is_late": view.status.lag_s > LATE_S,
    }


def hour(view: OverviewView, formats: Formats, say: words.Say) -> dict[str, Any]:
    """The last hour, minute by minute: one series a channel, quiet minutes as 0."""
    end = view.as_of // MINUTE * MINUTE
    minutes = [end - MINUTE * back for back in range(MINUTES - 1, -1, -1)]
    place = {minute: index for index, minute in enumerate(minutes)}
    series: dict[str, list[int]] = {}
    for point in view.last_hour:
        index = place.get(point.at // MINUTE * MINUTE)
        if index is not None:
            series.setdefault(point.channel, [0] * MINUTES)[index] += point.accepted
    return {
        "at": [formats.time(minute) for minute in minutes],
        "every": LABEL_EVERY,
        "format": "compact",
        "series": [
            {"name": words.channel(code, say), "tone": words.TONE_COLOURS[words.tone(code)], "values": series[code]}
            for code in sorted(series, key=lambda code: (-sum(series[code]), code))
        ],
    }
