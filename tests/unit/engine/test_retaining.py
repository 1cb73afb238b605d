"""Which rows are due by a rule that was carried out before."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pytest

from itda.base.instant import HOUR, MINUTE
from itda.consent.retention import Law, Rule, Term
from itda.engine.questions.remembered import QUICK_S
from itda.engine.retaining.judging import Judge, digest, order_of
from itda.engine.retaining.looking import _GOING_ON
from itda.engine.retaining.report import once_an_hour
from itda.profiles import orders
from itda.store.database import Database
from itda.store.lake.files import LakeFile
from itda.store.lake.reader import LakeReader

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


def test_a_law_that_keeps_for_another_time_makes_a_rule_another_one() -> None:
    first = Judge([RULE], [LAW], THEN + 95, {}, frozenset())
    sooner = Law("orders", LAW.names, Term(days=92), "the law as it was amended")
    later = Judge([RULE], [sooner], THEN + 96, dict(first.reached(1_000)), frozenset())
    assert due(later) == [True, True], "it looks at what the former term kept"
    assert later.chosen([file()]) == [file()]
    unlike = Law("other", frozenset({"Complaint Received"}), Term(days=30), "no longer than the rule")
    assert digest(RULE, [LAW]) == digest(RULE, [unlike, LAW]) != digest(RULE, [sooner])
    alone = hashlib.sha256(msgspec.json.encode(msgspec.to_builtins(RULE), order="sorted")).hexdigest()
    assert digest(RULE, [unlike]) == alone, "a rule that was carried out before laws were asked is no new one"


NUMBERS = ["o-1", "true", "", 7, 7.0, 10**25, 1.5e300, 0.1, True, False, None, [], {"a": 1}, '한글 "x"']


def test_an_orders_number_is_read_alike_by_who_folds_it_and_by_who_asks_whether_it_goes_on() -> None:
    rows = [{"order_id": one} for one in NUMBERS] + [{}]
    read = sorted({number for row in rows if (number := orders.number(row))})
    assert read == sorted(["o-1", "true", "7", "7.0", "10000000000000000000000000", "1.5e300", "0.1", '한글 "x"'])
    with duckdb.connect() as duck:
        duck.execute("create table lake (name varchar, local_date integer, properties varchar)")
        for row in rows:
            said = msgspec.json.encode(row).decode()
            duck.executemany("insert into lake values ('Order Completed', ?, ?)", [[1, said], [9, said]])
        found = duck.execute(_GOING_ON.format(names="'Order Completed'"), [5, 5]).fetchall()
    assert sorted(number for (number,) in found) == read
    assert [order_of(msgspec.json.encode(row).decode()) for row in rows] == [orders.number(row) for row in rows]


def test_what_came_in_since_a_rule_was_carried_out_is_looked_at() -> None:
    marks = dict(Judge([RULE], [], THEN + 95, {}, frozenset()).reached(POSITION))
    later = Judge([RULE], [], THEN + 96, marks, frozenset())
    assert due(later) == [True, True]
    assert later.chosen([file()]) == [file()]


def test_what_was_counted_before_a_run_or_by_another_rule_is_not_told_after_it(tmp_path: Path) -> None:
    lake = LakeReader(Database("postgresql://nobody.asks"), tmp_path)

    def slowly(n: int) -> Callable[[], int]:
        def count() -> int:
            time.sleep(QUICK_S + 0.05)
            return n

        return count

    assert once_an_hour(lake, b"run 1", HOUR, slowly(5_000)) == 5_000
    assert once_an_hour(lake, b"run 1", HOUR + MINUTE, slowly(4_000)) == 5_000, "within the hour"
    assert once_an_hour(lake, b"run 2", HOUR + MINUTE, slowly(0)) == 0
