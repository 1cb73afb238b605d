"""Sources on a schedule, and from the terminal."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import itda
from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.instant import MINUTE, SECOND
from itda.engine.app import Forbidden
from itda.engine.examination import _sources
from itda.engine.fetching.keeping import fetch_due, keep_fetching
from itda.engine.fetching.run import fetch
from itda.engine.shop import Shop
from itda.sources.schedule import WAIT

SOURCE = """
kind: database
channel: store
every: 10 min
database: {url: "sqlite:till.db", table: sales, cursor: id}
mapping:
  event: Order Completed
  identifiers: {membership: card}
  key: id
  properties: {order_id: {column: id, type: text}, currency: {value: KRW}}
"""


@pytest.fixture
def till(shop: Path) -> Any:
    (shop / "sources" / "erp.yaml").write_text(SOURCE, encoding="utf-8")
    with closing(sqlite3.connect(shop / "till.db")) as database:
        database.execute("create table sales (id integer primary key, card text)")

        def sell(*numbers: int) -> None:
            database.executemany("insert into sales values (?, 'c1')", [(number,) for number in numbers])
            database.commit()

        yield sell


def at(shop: Shop, moment: int) -> None:
    shop.app.clock = lambda: moment


def test_what_is_due_is_fetched_and_what_fails_waits_longer_each_time(shop: Path, till: Any) -> None:
    till(1, 2)
    stop = threading.Event()
    with itda.open(shop) as one:
        now = one.app.clock() + MINUTE
        at(one, now)
        assert fetch_due(one, stop) == 1
        till(3)
        at(one, now + 10 * MINUTE - SECOND)
        assert fetch_due(one, stop) == 0
        at(one, now + 10 * MINUTE)
        assert fetch_due(one, stop) == 1
        assert [run.events for run in one.sources.state("erp").runs] == [1, 2]
        (shop / "till.db").rename(shop / "away.db")
        failed = now + 20 * MINUTE
        for failures, wait in ((1, WAIT), (2, 2 * WAIT), (3, 4 * WAIT)):
            at(one, failed)
            assert fetch_due(one, stop) == 1
            view = one.sources.state("erp").source
            assert (view.standing, view.failures, view.due_at) == ("failing", failures, failed + wait)
            failed += wait
        (check,) = list(_sources(one))
        assert (check.ok, "erp failed 3 times in a row: sources/erp.yaml: the database says" in check.what) == (
            False,
            True,
        )
        (shop / "away.db").rename(shop / "till.db")
        at(one, failed)
        assert fetch_due(one, stop) == 1
        assert one.sources.state("erp").source.standing == "ok"
        assert [(check.ok, check.what) for check in _sources(one)] == [(True, "3 sources, none fails")]


def test_a_served_shop_fetches_by_itself_until_it_is_told_to_stop(shop: Path, till: Any) -> None:
    till(1, 2)
    with itda.open(shop) as one:
        stop = threading.Event()
        keeping = threading.Thread(target=keep_fetching, args=(one, stop))
        keeping.start()
        try:
            for _ in range(200):
                if one.positions()[1]:
                    break
                stop.wait(0.05)
        finally:
            stop.set()
            keeping.join(20)
        assert one.sources.state("erp").runs[0].events == 2


def test_a_source_is_fetched_by_one_at_a_time(shop: Path, till: Any) -> None:
    till(*range(1, 10))

    with itda.open(shop) as one:

        def again(_done: int, _total: int | None) -> None:
            with pytest.raises(Refused, match="'erp' is being fetched already"):
                one.sources.fetch("erp")
            with pytest.raises(Refused, match="'erp' is being fetched already"):
                one.sources.backfill("erp")
            assert one.sources.state("erp").source.standing == "running"

        assert fetch(one, "erp", again).events == 9


def test_who_may_not_import_may_not_fetch_and_who_did_is_in_the_audit(shop: Path, till: Any) -> None:
    till(1)
    with itda.open(shop, actor=Actor(name="minji", role="viewer", system="python")) as one:
        assert [view.name for view in one.sources.all()] == ["app", "erp", "web"]
        with pytest.raises(Forbidden, match=r"may not source\.import"):
            one.sources.fetch("erp")
        with pytest.raises(Forbidden, match=r"may not source\.import"):
            one.sources.backfill("erp")
    with itda.open(shop, actor=Actor(name="sora", role="admin", system="python")) as one:
        one.sources.backfill("erp", "1")
        one.sources.fetch("erp")
        with one.db.connection() as connection:
            rows = connection.execute("select actor, command, decision from audit_event order by seq").fetchall()
    assert [row for row in rows if row[1] in ("Fetch", "Backfill")] == [
        ("minji", "Fetch", "forbidden"), ("minji", "Backfill", "forbidden"),
        ("sora", "Backfill", "allowed"), ("sora", "Fetch", "allowed"),
    ]  # fmt: skip


def test_the_terminal_lists_runs_and_reads_again(till: Any, itda: Any) -> None:
    till(1, 2, 3)
    first = itda("source", "run", "erp", "--json").json
    assert (first["rows"], first["events"], first["outcome"]) == (3, 3, "done")
    listed = {view["name"]: view for view in itda("source", "list", "--json").json}
    assert (listed["erp"]["standing"], listed["erp"]["accepted"], listed["web"]["standing"]) == ("ok", 3, "")
    said = itda("source", "backfill", "erp", "--since", "2", "--yes")
    assert said.out.splitlines() == ["erp: 2 rows gave 2 events; 0 were refused."]
    state = itda("source", "state", "erp")
    assert "read up to, by id" in state.out
    assert "done" in state.out
    assert "erp" in itda("source", "list").out
    wrong = itda("source", "run", "erpp")
    assert (wrong.code, wrong.err) == (2, "itda: 'erpp' is no source of this workspace (did you mean erp?)\n")
    assert itda("source", "backfill", "erp").err.startswith("itda: Read erp again from the beginning?")
