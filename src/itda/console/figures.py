"""A report of a metric made ready to be shown: values in words, bars, columns of time, differences with intervals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from itda.console import saying, words
from itda.console.formats import NOTHING, Formats
from itda.console.language import mark as _
from itda.console.words import Say
from itda.engine.questions.metric import ReportView
from itda.measure.definition import TIMES, Row

NO_NAME = _("Without a touch")
ELSEWHERE = _("Not known")
_COLOURS = ("#3157c8", "#0b7a70", "#9a531f", "#7a4fd0", "#a33b6b")
_POINTS = _("%(value)s points")


class Bar(NamedTuple):
    """One bar. `length` is 0..100; `n` and `d` tell what a share is made of; `tone` is a channel's, or empty."""

    label: str
    value: str
    length: float
    n: str
    d: str
    tone: str


class Group(NamedTuple):
    """Bars that belong together, such as the models of one channel, or the stages of one message."""

    label: str
    bars: list[Bar]


class Interval(NamedTuple):
    """A difference on a line from `least` to `most`: places are 0..100."""

    low: float
    value: float
    high: float
    zero: float


class Contrast(NamedTuple):
    """Treated beside held out, of one journey."""

    journey: str
    label: str
    bars: list[Bar]
    difference: str
    between: str
    interval: Interval | None
    is_sure: bool
    """The interval does not hold 0."""


class Names(NamedTuple):
    """What parts are called: code → label, for those of the workspace; and the language's words."""

    formats: Formats
    say: Say
    labels: Mapping[str, str] = {}


def value(row: Row, report: ReportView, formats: Formats) -> str:
    """A value by its unit."""
    if row.value is None:
        return NOTHING
    if report.metric.unit == "share":
        return formats.share(row.value)
    if report.metric.unit == "minor":
        return formats.money(round(row.value), report.currency)
    return formats.number(row.value, 1)


def part(name: str, by: str, names: Names) -> str:
    """What a part of a report is called."""
    if by == "channel":
        return words.channel(name, names.say) if name else names.say(NO_NAME)
    if by in TIMES:
        return names.formats.month(name) if by == "month" else names.formats.calendar(name)
    if not name:
        return names.say(NO_NAME if by in ("message", "journey") else ELSEWHERE)
    return names.labels.get(name) or name


def series(name: str, names: Names) -> str:
    """What a series is called."""
    if name in words.EVENTS:
        return words.event(name, "", names.say)
    if name in words.CHANNELS:
        return words.channel(name, names.say)
    return saying.of(saying.STAGES, name, names.say)


def bars(report: ReportView, names: Names) -> list[Bar]:
    """A bar for each part, or for each series of a report that is not split."""
    most = max((abs(row.value or 0) for row in report.rows), default=0)
    return [_bar(row, report, names, most, part(row.part, report.by, names)) for row in report.rows]


def groups(report: ReportView, names: Names, *, by_series: bool = False) -> list[Group]:
    """Bars of a report with series, by part; all on one scale, a funnel's each on its own first stage."""
    found: dict[str, list[Row]] = {}
    for row in report.rows:
        found.setdefault(row.part, []).append(row)
    whole = max((abs(row.value or 0) for row in report.rows), default=0)
    told = []
    for name, rows in found.items():
        most = max((abs(row.value or 0) for row in rows), default=0) if by_series else whole
        label = part(name, report.by, names) if report.by else ""
        told.append(Group(label, [_bar(row, report, names, most, series(row.series, names)) for row in rows]))
    return told


def columns(report: ReportView, names: Names) -> str:
    """The chart of a report split by time, as JSON for the page's script."""
    at = list(dict.fromkeys(row.part for row in report.rows))
    several = list(dict.fromkeys(row.series for row in report.rows))
    values = {(row.series, row.part): row.value or 0 for row in report.rows}
    scale = 100.0 if report.metric.unit == "share" else 1.0
    if report.metric.unit == "minor":
        scale = 1 / names.formats.minor(report.currency)
    chart = {
        "at": [part(one, report.by, names) for one in at],
        "every": max(1, len(at) // 8),
        "format": {"share": "percent", "minor": "compact", "count": "compact"}[report.metric.unit],
        "is_apart": len(several) > 1,
        "series": [
            {
                "name": series(one, names) if one else "",
                "tone": _COLOURS[index % len(_COLOURS)],
                "values": [round(values.get((one, when), 0) * scale, 3) for when in at],
            }
            for index, one in enumerate(several)
        ],
    }
    return json.dumps(chart, ensure_ascii=False)


def contrasts(report: ReportView, names: Names) -> list[Contrast]:
    """Each journey's treated beside held out, with the difference and its interval."""
    rows: dict[str, dict[str, Row]] = {}
    for row in report.rows:
        rows.setdefault(row.part, {})[row.series] = row
    found = []
    for name, by in rows.items():
        arms = [by[arm] for arm in ("treated", "holdout", "attributed") if arm in by]
        most = max((row.value or 0 for row in arms), default=0)
        shown = [_bar(row, report, names, most, series(row.series, names)) for row in arms]
        between = by.get("difference")
        label = names.labels.get(name) or name
        if between is None or between.value is None or between.low is None or between.high is None:
            found.append(Contrast(name, label, shown, NOTHING, "", None, is_sure=False))
            continue
        low, high = between.low, between.high
        text = points(between.value, names)
        ends = f"{points(low, names)} … {points(high, names)}"
        found.append(
            Contrast(name, label, shown, text, ends, _interval(between.value, low, high), is_sure=low > 0 or high < 0)
        )
    return found


def points(share: float, names: Names) -> str:
    """A difference of shares in percentage points, with its sign."""
    number = names.formats.number(abs(share) * 100, 1)
    sign = "+" if share > 0 else "\N{MINUS SIGN}" if share < 0 else ""
    return names.say(_POINTS) % {"value": f"{sign}{number}"}


def headline(report: ReportView, formats: Formats) -> str:
    """The value of the whole; an en dash where it cannot be told as one."""
    return value(report.whole[0], report, formats) if len(report.whole) == 1 else NOTHING


def _bar(row: Row, report: ReportView, names: Names, most: float, label: str) -> Bar:
    scale: Callable[[float], str] = names.formats.number
    length = round(100 * abs(row.value or 0) / most, 2) if most else 0.0
    tone = words.tone(row.part) if report.by == "channel" and row.part and not row.series else ""
    n, d = (scale(row.n), scale(row.d)) if row.d is not None else ("", "")
    return Bar(label, value(row, report, names.formats), max(length, 0.6 if row.value else 0.0), n, d, tone)


def _end(row: Row, end: float | None, names: Names) -> str:
    """An end of an interval: of a difference in points, else a share."""
    if end is None:
        return ""
    return points(end, names) if row.series == "difference" else names.formats.share(end)


def _interval(at: float, low: float, high: float) -> Interval:
    reach = max(abs(low), abs(high), 0.01) * 1.15
    least, most = min(-reach * 0.25, low * 1.15), max(reach * 0.25, high * 1.15)

    def place(share: float) -> float:
        return round(100 * (share - least) / (most - least), 2)

    return Interval(place(low), place(at), place(high), place(0.0))


def table(report: ReportView, names: Names) -> dict[str, Any]:
    """The same as rows: a heading for each column, and a line for each row."""
    has_series = any(row.series for row in report.rows)
    has_shares = any(row.d is not None for row in report.rows)
    lines = [
        {
            "part": part(row.part, report.by, names) if report.by else "",
            "series": series(row.series, names) if row.series else "",
            "n": names.formats.number(row.n) if row.d is not None else "",
            "d": names.formats.number(row.d) if row.d is not None else "",
            "value": points(row.value, names)
            if row.series == "difference" and row.value is not None
            else value(row, report, names.formats),
            "low": _end(row, row.low, names),
            "high": _end(row, row.high, names),
        }
        for row in report.rows
    ]
    has_ends = any(row.low is not None for row in report.rows)
    return {"lines": lines, "has_series": has_series, "has_shares": has_shares, "has_ends": has_ends}
