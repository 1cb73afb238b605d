"""Measures: each metric with its meaning, its chart and its table, for a period and split as asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.console import figures
from itda.console.language import mark as _
from itda.console.visit import Visit
from itda.engine.questions.metric import MetricView
from itda.measure.definition import TIMES

CONTRAST = "holdout_difference"
FUNNELS = ("message_funnel", "stage_drop_off", "journey_drop_off")
TOP = ("customers", "orders", "revenue", "conversion", "cross_channel_conversion", "online_to_store_conversion")
"""Told as a number alone at the top of the page; each has a page of its own like the others."""
BY = {
    "": _("All together"), "day": _("By day"), "week": _("By week"), "month": _("By month"),
    "channel": _("By channel"), "store": _("By store"), "source": _("By source"), "segment": _("By segment"),
    "journey": _("By journey"), "message": _("By message"),
}  # fmt: skip
PERIODS = {"30": _("Last 30 days"), "90": _("Last 90 days"), "365": _("Last year"), "": _("All time")}
_MOST_BARS = 12


class Asked(NamedTuple):
    """Which period, and how it is split."""

    days: str
    since: str
    until: str
    by: str


def show(visit: Visit) -> Response:
    """Every metric; each card asks for its own numbers, so that no slow one holds up the others."""
    asked = _asked(visit)
    metrics = visit.house.desk.measures(visit.actor)
    return visit.render(
        "measures.html",
        asked=asked,
        tops=[metric for metric in metrics if metric.name in TOP],
        metrics=[(metric, _split(metric, asked.by)) for metric in metrics],
        periods=PERIODS,
        bys={code: BY[code] for code in ("month", "week", "channel", "journey")},
    )


def one(visit: Visit) -> Response:
    """One metric on a page of its own; `?part` answers only its card or its number."""
    name = str(visit.request.path_params["metric"])
    metric = next((one for one in visit.house.desk.measures(visit.actor) if one.name == name), None)
    if metric is None:
        raise HTTPException(404, "metric")
    asked = _asked(visit)
    by = _split(metric, asked.by) if visit.is_partial else _chosen(metric, visit.query("by"))
    report = visit.house.desk.measure(visit.actor, name, by, asked.since, asked.until)
    if report is None:
        raise HTTPException(404, "metric")
    values = {"metric": metric, "report": report, "asked": asked, "by": by, **shown(visit, report)}
    if visit.is_partial:
        part = "parts/number.html" if visit.query("part") == "number" else "parts/figure.html"
        return visit.render(part, is_alone=False, **values)
    return visit.render(
        "measure.html", is_alone=True, periods=PERIODS, bys={code: BY[code] for code in ("", *metric.by)}, **values
    )


def shown(visit: Visit, report: Any) -> dict[str, Any]:
    """What the templates draw of a report."""
    names = figures.Names(visit.formats, visit.say, visit.labels())
    has_series = any(row.series for row in report.rows)
    is_contrast = report.metric.name == CONTRAST
    look = (
        "empty" if not any(row.n or row.d for row in report.rows)
        else "contrast" if is_contrast
        else "columns" if report.by in TIMES
        else "groups" if has_series
        else "bars" if report.by
        else "number"
    )  # fmt: skip
    bars = figures.bars(report, names) if look == "bars" else []
    groups = figures.groups(report, names, by_series=report.metric.name in FUNNELS) if look == "groups" else []
    return {
        "look": look,
        "headline": figures.headline(report, visit.formats),
        "bars": bars[:_MOST_BARS],
        "groups": groups[:_MOST_BARS],
        "left_out": max(0, len(bars) - _MOST_BARS) + max(0, len(groups) - _MOST_BARS),
        "chart": figures.columns(report, names) if look == "columns" else "",
        "contrasts": figures.contrasts(report, names) if look == "contrast" else [],
        "rows": figures.table(report, names),
    }


def _asked(visit: Visit) -> Asked:
    """The period of the address: a number of days, or two days."""
    days, by = visit.query("days"), visit.query("by") or "month"
    since, until = _day(visit.query("since")), _day(visit.query("until"))
    if days in PERIODS and days:
        today = visit.formats.local(visit.now).date()
        since, until = (today - timedelta(days=int(days) - 1)).isoformat(), ""
    return Asked(days if days in PERIODS else "", since, until, by)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""


def _split(metric: MetricView, wanted: str) -> str:
    """What a metric is split by on the page of all: as wanted where it can be, a funnel as it is best read."""
    if metric.name in (CONTRAST, "journey_drop_off"):
        return "journey"
    if metric.name == "message_funnel":
        return wanted if wanted in ("journey", "channel") else "message"
    if metric.name == "stage_drop_off":
        return "channel" if wanted == "channel" else ""
    if metric.name == "assists":
        return "channel"
    return wanted if wanted in metric.by else next((by for by in metric.by if by in ("channel", "month")), "")


def _chosen(metric: MetricView, wanted: str) -> str:
    return wanted if wanted in metric.by else ""
