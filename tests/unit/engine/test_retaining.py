"""Which rows are due by a rule that was carried out before."""

from __future__ import annotations

import pyarrow as pa
import pytest

from itda.consent.retention import Law, Rule, Term
from itda.engine.retaining.judging import Judge
from itda.store.lake.files import LakeFile

THEN, POSITION = 10_000, 5
YEARS = Term(months=60)
LAW = Law("orders", frozenset({"Order Completed"}), YEARS, "a law")
RULE = Rule(name="ip", of="field", keep=Term(days=90), written="90 days", purpose="safety", field="context.ip")


def due(judge: Judge) -> list[bool]:
    rows = [
        {"position": POSITION, "name": name, "source": "web", "type": "track", "local_date": THEN, "flags": 0,
         "properties": "{}"}
        for name in ("Order Completed", "Product Viewed")
    ]  # fmt: skip
    found: list[bool] = judge.due(pa.Table.from_pylist(rows))["ip"].tolist()
    return found


def file() -> LakeFile:
    return LakeFile(
        path="f", first_day=THEN, last_day=THEN, level=0, rows=2, size=1, min_position=POSITION, max_position=POSITION,
        fragment_filter=b"", sha256=b"",
    )  # fmt: skip


@pytest.mark.parametrize(("after", "orders"), [(100, False), (YEARS.due_on(THEN) - THEN, True)])
def test_a_field_of_what_a_law_keeps_is_due_once_that_term_is_over_though_the_rule_went_further(
    after: int, *, orders: bool
) -> None:
    first = Judge([RULE], [LAW], THEN + 95, {}, frozenset())
    assert due(first) == [False, True]
    later = Judge([RULE], [LAW], THEN + after, dict(first.reached(1_000)), frozenset())
    assert due(later) == [orders, False]
    assert later.chosen([file()]) == ([file()] if orders else [])


def test_what_came_in_since_a_rule_was_carried_out_is_looked_at() -> None:
    marks = dict(Judge([RULE], [], THEN + 95, {}, frozenset()).reached(POSITION))
    later = Judge([RULE], [], THEN + 96, marks, frozenset())
    assert due(later) == [True, True]
    assert later.chosen([file()]) == [file()]
