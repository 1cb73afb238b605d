"""The shop in numbers: metric."""

from __future__ import annotations

from collections.abc import Sequence

import click

import itda
from itda.base import money
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import command, given
from itda.engine.questions.metric import MetricList, MetricView, ReportView
from itda.measure.definition import SPLITS, By, Row


@command(
    "metric",
    "itda metric",
    "itda metric revenue --by month",
    "itda metric cross_channel_conversion --by month --from 2017-01-01 --to 2017-12-31 --json",
    "itda metric attributed_revenue --by channel --window 7",
)
@click.argument("name", metavar="[NAME]", default="")
@click.option("--by", type=click.Choice(SPLITS), default=None, help="What to split it by.")
@click.option("--from", "since", metavar="DAY", default="", help="First day, such as 2026-11-22.")
@click.option("--to", "until", metavar="DAY", default="", help="Last day, included.")
@click.option(
    "--window", metavar="DAYS", type=int, default=None,
    help="How long a touch counts for an order; left out: as itda.yaml says, else 30.",
)  # fmt: skip
def metric_command(name: str, by: By | None, since: str, until: str, window: int | None) -> None:
    """Count one metric, or list all there are.

    Days are local days of the shop, as they were stored with each event.
    """
    if not name and (by or since or until):
        raise Misused("name a metric: `itda metric` alone lists them")
    with itda.open(given().workspace) as shop:
        if name:
            _report(shop.report(name, by=by or "", since=since, until=until, window=window))
        else:
            _listed(shop.ask(MetricList()))


def _listed(found: Sequence[MetricView]) -> None:
    if given().is_json:
        terminal.json_line(found)
        return
    rows = [(one.name, one.label_en, one.unit, ", ".join(one.by)) for one in found]
    terminal.say(terminal.table(("metric", "what", "unit", "split by"), rows))


def _report(report: ReportView) -> None:
    if given().is_json:
        terminal.json_line(report)
        return
    terminal.say(f"{report.metric.label_en}: {report.metric.meaning_en}\n")
    split = report.rows if report.by else []
    rows = [_row(row, report, is_whole=False) for row in split]
    rows += [_row(row, report, is_whole=True) for row in report.whole]
    terminal.say(terminal.table(("series", report.by or "part", "value #", "n #", "of #", "95 %"), rows))
    if report.left_out:
        terminal.say(f"{report.left_out:,} orders are in other currencies and not in it.")


def _row(row: Row, report: ReportView, *, is_whole: bool) -> tuple[object, ...]:
    sign = "+" if row.series == "difference" else ""
    sure = "" if row.low is None or row.high is None else f"{row.low:{sign}.1%} to {row.high:{sign}.1%}"
    part = "all" if is_whole else (row.part or "none")
    return (row.series, part, _value(row, report), row.n, "" if row.d is None else row.d, sure)


def _value(row: Row, report: ReportView) -> str:
    if row.value is None:
        return "-"
    if report.metric.unit == "share":
        return f"{row.value:.1%}"
    if report.metric.unit == "minor":
        return f"{money.text(int(row.value), report.currency)} {report.currency}"
    return f"{row.value:,}" if isinstance(row.value, int) else f"{row.value:,.2f}"
