"""Metrics: which there are, and one of them over the lake, for a period and split as asked.

A report is counted once for a position of log and decider, and told again from memory as long as those stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

import msgspec

from itda.base.errors import Fault, Misused
from itda.base.instant import DAY, date_to_day, day_to_date
from itda.engine.app import Answer
from itda.engine.phrasing import Phrased, phrased
from itda.engine.questions import facts, orders
from itda.engine.questions.facts import Period
from itda.engine.questions.remembered import remembered
from itda.engine.work import Work
from itda.measure.definition import TIMES, By, Metric, Parameters, Row, Unit
from itda.measure.metrics import METRICS
from itda.store.lake.reader import Snapshot

if TYPE_CHECKING:
    import duckdb

_DECIDED = """
    select coalesce(max(position), 0), (select max(at) from match_run) from cursor where name = 'decider'
"""
_OTHER_MONEY = "select count(*) from orders where is_asked and not is_own_currency"


class MetricView(msgspec.Struct, frozen=True):
    """One metric: its meaning, and what it may be split by."""

    name: str
    label_ko: str
    label_en: str
    unit: Unit
    """`count`; `share`, 0..1; `minor`, money in minor units."""
    meaning_ko: str
    meaning_en: str
    by: tuple[By, ...]
    adds_up: tuple[By, ...]
    """Split by these, the parts add up to the whole."""


class ReportView(msgspec.Struct, frozen=True):
    """One metric, counted. Days are local, in the workspace's zone."""

    metric: MetricView
    by: By
    """What it is split by; empty: by nothing."""
    since: str | None
    """First day, as 2026-11-22; None: from the beginning."""
    until: str | None
    """Last day, included; None: until now."""
    window_days: int
    currency: str
    rows: list[Row]
    """By series, then by part: days in their order, other parts the largest first."""
    whole: list[Row]
    """The same unsplit, one row a series; empty for what cannot be told as a whole."""
    left_out: int
    """Of money: orders of the period in other currencies, which are not converted."""
    position: int
    as_of: int
    """Log time up to which everything that came shows in it."""
    online: tuple[str, ...] = ()
    """Channels that count as online here."""
    in_store: tuple[str, ...] = ()
    """Channels that count as a shop one walks into."""


class MetricList(msgspec.Struct, frozen=True):
    """Every metric there is."""

    permission: ClassVar[str] = "metric.read"

    def answer(self, work: Work) -> Answer[list[MetricView]]:
        """In the order people ask."""
        found = [_view(metric, work.workspace.measured) for metric in METRICS.values()]
        return Answer(found, count=len(found))


class Measure(msgspec.Struct, frozen=True):
    """One metric over the lake. `since` and `until` are days as 2026-11-22, both included.

    `window` is in days; None: as long as itda.yaml says.
    """

    permission: ClassVar[str] = "metric.read"
    name: str
    by: By = ""
    since: str = ""
    until: str = ""
    window: int | None = None

    def answer(self, work: Work) -> Answer[ReportView]:
        """The report; `Misused` where there is no such metric, split, day or window."""
        metric = METRICS.get(self.name)
        if metric is None:
            raise Misused(Fault(what=f"there is no metric {self.name!r}", cure=_nearest(self.name)))
        by = self.by or ("" if metric.has_whole else metric.by[0])
        if by and by not in metric.by:
            raise Misused(Fault(what=f"{metric.name} is not split by {by}", cure=f"by one of {', '.join(metric.by)}"))
        period = Period(_day(self.since), _day(self.until))
        if period.since is not None and period.until is not None and period.until < period.since:
            raise Misused(Fault(what="the period ends before it begins", cure="name the earlier day first"))
        parameters = work.workspace.measured
        if self.window is not None:
            if not 0 < self.window <= _MOST_DAYS:
                raise Misused(Fault(what=f"{self.window} days are no window", cure=f"1 to {_MOST_DAYS} days"))
            parameters = msgspec.structs.replace(parameters, window=self.window * DAY)
        snapshot = work.lake.within(work.connection)
        decided = work.connection.execute(_DECIDED).fetchone()
        moment = (snapshot.position, decided, work.workspace.digest)
        asked = f"metric {metric.name} {by} {period.since} {period.until} {parameters}"
        report = remembered(
            work.lake, asked, moment, lambda: self._report(work, snapshot, metric, by, period, parameters)
        )
        return Answer(report, count=len(report.rows))

    def _report(
        self, work: Work, snapshot: Snapshot, metric: Metric, by: By, period: Period, parameters: Parameters
    ) -> ReportView:
        split = phrased(metric.name, by, parameters)
        is_summed = by in metric.adds_up
        whole = phrased(metric.name, "", parameters) if by and metric.has_whole and not is_summed else None
        tables = split.tables | (whole.tables if whole is not None else frozenset())
        with facts.prepared(
            snapshot,
            work.connection,
            work.workspace,
            tables,
            period,
            work.now,
            with_store=by == "store",
            folded=orders.kept(work.lake, snapshot, work.workspace) if "orders" in tables else None,
        ) as duck:
            rows = _rows(duck, metric, split)
            if whole is not None:
                in_all = _rows(duck, metric, whole)
            else:
                in_all = _summed(metric, rows) if is_summed else ([] if by else rows)
            if metric.finish is not None:
                rows, in_all = metric.finish(rows), metric.finish(in_all)
            other = duck.execute(_OTHER_MONEY).fetchone() if metric.unit == "minor" else None
        return ReportView(
            metric=_view(metric, parameters),
            by=by,
            since=_text(period.since),
            until=_text(period.until),
            window_days=parameters.window // DAY,
            currency=work.workspace.currency,
            rows=_sorted(metric, by, rows),
            whole=_sorted(metric, "", in_all),
            left_out=int(other[0]) if other is not None else 0,
            position=snapshot.position,
            as_of=snapshot.log_time,
            online=parameters.online,
            in_store=parameters.in_store,
        )


_MOST_DAYS = 3_660


def _rows(duck: duckdb.DuckDBPyConnection, metric: Metric, asked: Phrased) -> list[Row]:
    found = duck.execute(f"select series, part, n, d from ({asked.sql})").fetchall()
    return [metric.row(series, part, int(n), None if d is None else int(d)) for series, part, n, d in found]


def _summed(metric: Metric, rows: Sequence[Row]) -> list[Row]:
    """The whole of parts that add up."""
    sums: dict[str, tuple[int, int | None]] = {}
    for row in rows:
        n, d = sums.get(row.series, (0, None))
        sums[row.series] = (n + row.n, d if row.d is None else (d or 0) + row.d)
    return [metric.row(series, "", n, d) for series, (n, d) in sums.items()]


def _sorted(metric: Metric, by: By, rows: Sequence[Row]) -> list[Row]:
    series = {name: place for place, name in enumerate(metric.series)}
    if by in TIMES:
        return sorted(rows, key=lambda row: (series.get(row.series, 0), row.part))
    return sorted(rows, key=lambda row: (series.get(row.series, 0), -row.n, row.part))


def _view(metric: Metric, parameters: Parameters) -> MetricView:
    meaning_ko, meaning_en = metric.meaning(parameters)
    return MetricView(
        name=metric.name,
        label_ko=metric.label_ko,
        label_en=metric.label_en,
        unit=metric.unit,
        meaning_ko=meaning_ko,
        meaning_en=meaning_en,
        by=metric.by,
        adds_up=metric.adds_up,
    )


def _nearest(name: str) -> str:
    near = get_close_matches(name, METRICS, 1)
    return f"did you mean {near[0]}?" if near else f"metrics here: {', '.join(METRICS)}"


def _day(written: str) -> int | None:
    if not written:
        return None
    try:
        return date_to_day(date.fromisoformat(written))
    except ValueError:
        raise Misused(Fault(what=f"{written!r} is no day", cure="write it as 2026-11-22")) from None


def _text(day: int | None) -> str | None:
    return None if day is None else day_to_date(day).isoformat()
