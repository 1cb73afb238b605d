"""The monthly review of the access log: what each operator did in a month, what stands out of it, and signing it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from starlette.responses import Response

from itda.base.errors import Conflict, Misused, Refused
from itda.base.instant import LocalDates, date_to_day
from itda.console.visit import Visit, see_other
from itda.engine.app import Forbidden
from itda.engine.auditing.reviewing import due_at, last_month, month_before

MONTHS_OFFERED = 6


def show(visit: Visit) -> Response:
    """The report of `?month` (2026-10); without one that of the last month that is over."""
    return _shown(visit, visit.query("month") or last_month(visit.front.zone, visit.now))


def sign(visit: Visit) -> Response:
    """Say what was found. What cannot be signed so is said beside the form, which keeps what was written."""
    month, findings = visit.field("month"), visit.field("findings").strip()
    try:
        visit.house.desk.sign_access_review(visit.actor, month, findings, visit.field("report"))
    except Forbidden:
        raise
    except Conflict:
        return _shown(visit, month, findings=findings, fault="changed")
    except Refused:
        return _shown(visit, month, findings=findings, fault="early" if findings else "empty")
    return see_other(f"/audit/review?month={month}&told=done")


def _offered(newest: str, begins: str) -> list[str]:
    """The months that are over and of which there is something to see, the newest first."""
    offered = [newest]
    while len(offered) < MONTHS_OFFERED and offered[-1] > begins:
        offered.append(month_before(offered[-1]))
    return offered


def _shown(visit: Visit, month: str, *, findings: str = "", fault: str = "") -> Response:
    zone, newest = visit.front.zone, last_month(visit.front.zone, visit.now)
    try:
        view = visit.house.desk.access_review(visit.actor, month)
    except Misused:
        return visit.render("access_review.html", view=None, month="", offered=[newest], status=404)
    offered = _offered(newest, view.begins or newest)
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return visit.render(
        "access_review.html", view=view, month=month, offered=sorted({*offered, month}, reverse=True),
        first=first.isoformat(), last=last.isoformat(), is_over=month <= newest, due_at=due_at(zone, month),
        over_at=LocalDates(zone).start(date_to_day(last) + 1), findings=findings, fault=fault,
        told=visit.query("told"), status=400 if fault else 200,
    )  # fmt: skip
