"""Tables of real databases, read by their cursor column: nothing lost, nothing twice, whatever happens in between."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

import itda
from itda.base.errors import Misused, Refused, Unavailable
from itda.engine.fetching.run import fetch
from itda.engine.shop import Shop

MAPPING = """
mapping:
  event: Order Completed
  occurred_at: {column: sold_at, zone: UTC}
  identifiers: {membership: card}
  key: [id]
  properties: {order_id: id, currency: {value: KRW}, revenue: {column: amount, type: money}}
"""


class Till(NamedTuple):
    """A database with a table `sales`."""

    url: str
    run: Callable[..., None]
    sign: str

    def sell(self, *rows: tuple[str, str, str, str, str]) -> None:
        """Put rows into it: id, card, amount, sold_at, changed_at."""
        one = f"({', '.join([self.sign] * 5)})"
        self.run(f"insert into sales values {', '.join([one] * len(rows))}", [value for row in rows for value in row])

    def source(self, **more: str) -> str:
        """The source of it, as YAML."""
        lines = {"url": self.url, "table": "sales", "cursor": "changed_at", **more}
        told = "\n".join(f"  {key}: {value}" for key, value in lines.items() if value)
        return f"kind: database\nchannel: store\ndatabase:\n{told}\n{MAPPING}"


TABLE = "create table sales (id varchar(20) primary key, card varchar(20), amount decimal(12, 2), sold_at {0}, changed_at {0})"


@pytest.fixture
def sqlite_till(tmp_path: Path) -> Iterator[Till]:
    path = tmp_path / "till.db"
    with closing(sqlite3.connect(path)) as database:

        def run(statement: str, values: Any = ()) -> None:
            database.execute(statement, values)
            database.commit()

        run(TABLE.format("text"))
        yield Till(f"sqlite:{path}", run, "?")


@pytest.fixture
def postgresql_till(database_url: str) -> Iterator[Till]:
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("create schema till")
        database.execute("set search_path = till")
        database.execute(TABLE.format("timestamp").encode())
        url = database_url + ("&" if "?" in database_url else "?") + "options=-csearch_path%3Dtill"
        yield Till(url, lambda statement, values=(): database.execute(statement, values) and None, "%s")
        database.execute("drop schema till cascade")


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[tuple[str, Any]]:
    """A MariaDB of its own, on a free port; whoever cannot have one skips."""
    pymysql = pytest.importorskip("pymysql")
    if shutil.which("mariadbd") is None:
        pytest.skip("mariadbd is not installed: apt-get install mariadb-server-core")
    folder = Path(tempfile.mkdtemp(prefix="itda-mysql-"))
    options = [
        "mariadbd", "--no-defaults", f"--datadir={folder}", "--user=root", "--innodb-buffer-pool-size=8M",
        "--innodb-log-file-size=4M", "--lc-messages-dir=/usr/share/mysql/english", "--performance-schema=off",
    ]  # fmt: skip
    tables = Path("/usr/share/mysql")
    begin = "create database mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n"
    script = begin + "".join(
        (tables / name).read_text() for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
    )
    subprocess.run([*options, "--bootstrap"], input=script, text=True, check=True, capture_output=True)
    socket = folder / "s"
    port = 20_000 + os.getpid() % 10_000
    with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []  # a killed run leaves no server
    server = subprocess.Popen(
        [*with_us, *options, f"--socket={socket}", f"--port={port}", "--bind-address=127.0.0.1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 30
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.05)
        with closing(pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)) as root:
            with root.cursor() as cursor:
                cursor.execute("create user reader@'127.0.0.1' identified by 'sesame'")
                cursor.execute("create database shop")
                cursor.execute("grant select on shop.* to reader@'127.0.0.1'")
            yield f"mysql://reader@127.0.0.1:{port}/shop", root
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mysql_till(mysql_server: tuple[str, Any]) -> Iterator[Till]:
    url, root = mysql_server
    os.environ["TILL_PASSWORD"] = "sesame"

    def run(statement: str, values: Any = ()) -> None:
        with root.cursor() as cursor:
            cursor.execute("use shop")
            cursor.execute(statement, values)

    run(TABLE.format("datetime(3)"))
    yield Till(f"{url}\n  password_from: TILL_PASSWORD", run, "%s")
    run("drop table sales")
    del os.environ["TILL_PASSWORD"]


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def till(request: pytest.FixtureRequest) -> Till:
    return request.getfixturevalue(f"{request.param}_till")


@pytest.fixture
def opened(shop: Path) -> Iterator[Callable[[str], Shop]]:
    shops: list[Shop] = []

    def open_with(source: str) -> Shop:
        (shop / "sources" / "erp.yaml").write_text(source, encoding="utf-8")
        shops.append(itda.open(shop))
        return shops[-1]

    yield open_with
    for one in shops:
        one.close()


def at(minute: int) -> str:
    return f"2026-03-01 10:{minute:02d}:00"


def sale(number: int, minute: int, amount: str = "10.50") -> tuple[str, str, str, str, str]:
    return (f"s{number}", f"c{number % 3}", amount, at(minute), at(minute))


def test_each_run_takes_what_is_new_and_ties_are_neither_lost_nor_doubled(till: Till, opened: Any) -> None:
    till.sell(sale(1, 1), sale(2, 2), sale(3, 2))
    shop = opened(till.source())
    first = shop.sources.fetch("erp")
    assert (first.rows, first.events, first.refused, first.known, first.outcome) == (3, 3, 0, 0, "done")
    till.sell(sale(4, 2), sale(5, 3))  # one with the value that was the last
    second = shop.sources.fetch("erp")
    assert (second.rows, second.events, second.known) == (4, 2, 2)
    third = shop.sources.fetch("erp")
    assert (third.rows, third.events, third.known) == (1, 0, 1)
    shop.settle()
    status = shop.status()
    assert (status.events.accepted, status.events.duplicate, status.events.quarantined) == (5, 0, 0)
    traits = {trait.name: trait.value for trait in shop.customer("membership:c2").traits}
    assert (traits["orders"], traits["revenue"]) == (2, 20)  # 10.50 is rounded half to even, order by order
    state = shop.sources.state("erp")
    assert (state.source.standing, state.cursor, len(state.runs)) == ("ok", "changed_at", 3)
    assert (state.mark or "").replace("T", " ").startswith(at(3))


def test_rows_that_came_late_are_taken_within_the_overlap(till: Till, opened: Any) -> None:
    till.sell(sale(1, 10), sale(2, 30))
    shop = opened(till.source(table="", query="select * from sales where id like 's%'", overlap="10 min"))
    shop.sources.fetch("erp")
    till.sell(sale(3, 21), sale(4, 5))  # the one within ten minutes of the last, the other not
    run = shop.sources.fetch("erp")
    assert (run.rows, run.events, run.known) == (2, 1, 1)
    assert shop.sources.fetch("erp").events == 0


def test_a_column_may_have_any_name(till: Till, opened: Any) -> None:
    till.sell(sale(1, 1))
    quote = "`" if till.url.startswith("mysql") else '"'
    named = f"select id, card, sold_at, changed_at, amount as {quote}amount %s (%){quote} from sales"
    shop = opened(till.source(table="", query=named).replace("column: amount", 'column: "amount %s (%)"'))
    assert shop.sources.fetch("erp").events == 1
    till.sell(sale(2, 2))
    assert shop.sources.fetch("erp").events == 1


def test_a_backfill_reads_again_from_a_value_on_and_counts_nothing_twice(till: Till, opened: Any) -> None:
    till.sell(sale(1, 1), sale(2, 20), sale(3, 30))
    shop = opened(till.source(since=f'"{at(15)}"'))
    assert shop.sources.fetch("erp").events == 2
    shop.sources.backfill("erp", at(0))
    assert shop.sources.fetch("erp").events == 3
    shop.settle()
    assert (shop.status().events.accepted, shop.status().events.duplicate) == (3, 2)
    shop.sources.backfill("erp")
    assert shop.sources.fetch("erp").rows == 2  # as the first time


def test_what_is_wrong_is_said_and_kept_and_mended_by_the_next_run(till: Till, opened: Any) -> None:
    till.sell(sale(1, 1, amount="1.5"))
    shop = opened(till.source(table="sale"))
    with pytest.raises(Refused, match="the database says"):
        shop.sources.fetch("erp")
    state = shop.sources.state("erp")
    assert (state.source.standing, state.source.failures, state.runs[0].outcome) == ("failing", 1, "failed")
    shop = opened(till.source(cursor="changed"))
    with pytest.raises(Refused, match=r"sources/erp.yaml: there is no column 'changed' \(did you mean changed_at"):
        shop.sources.fetch("erp")
    assert shop.sources.state("erp").source.failures == 2
    shop = opened(till.source())
    assert shop.sources.fetch("erp").events == 1
    view = shop.sources.state("erp").source
    assert (view.standing, view.failures, view.error) == ("ok", 0, "")


def test_a_run_that_is_stopped_goes_on_where_it_stood(sqlite_till: Till, opened: Any) -> None:
    sqlite_till.sell(*(sale(number, number % 60) for number in range(5_000)))
    shop = opened(sqlite_till.source())
    asked = iter([False, True])
    first = fetch(shop, "erp", lambda _done, _total: None, stopped=lambda: next(asked))
    assert (first.outcome, first.events) == ("stopped", 4_000)
    second = shop.sources.fetch("erp")
    assert (second.outcome, first.events + second.events) == ("done", 5_000)
    shop.settle()
    assert (shop.status().events.accepted, shop.status().events.duplicate) == (5_000, 0)


def test_rows_of_a_group_become_one_event_with_exact_lines(sqlite_till: Till, opened: Any) -> None:
    sqlite_till.run("create table lines (receipt text, product text, amount text, card text, changed_at integer)")
    for receipt in range(3):
        for line in range(4):
            sqlite_till.run(
                "insert into lines values (?, ?, ?, ?, ?)", (f"r{receipt}", f"p{line}", "0.25", "c1", receipt)
            )
    source = f"""
kind: database
channel: store
database: {{url: "{sqlite_till.url}", query: "select * from lines where product like 'p%'", cursor: changed_at}}
mapping:
  event: Order Completed
  identifiers: {{membership: card}}
  group_by: receipt
  key: receipt
  properties: {{order_id: receipt, currency: {{value: USD}}, revenue: {{sum: amount}}}}
  lines: {{fields: {{product_id: product, price: {{column: amount, type: money}}}}}}
"""
    shop = opened(source)
    run = shop.sources.fetch("erp")
    assert (run.rows, run.events) == (12, 3)
    shop.settle()
    assert {trait.name: trait.value for trait in shop.customer("membership:c1").traits}["orders"] == 3
    assert shop.sources.fetch("erp").known == 1


def test_a_row_that_gives_no_event_waits_in_quarantine_and_one_without_a_cursor_is_told(
    sqlite_till: Till, opened: Any
) -> None:
    sqlite_till.sell(sale(1, 1), ("s2", "", "3", at(2), at(2)))
    sqlite_till.run("insert into sales values ('s3', 'c3', '3', '2026-03-01 10:00:00', null)")
    shop = opened(sqlite_till.source())
    run = shop.sources.fetch("erp")
    assert (run.rows, run.events, run.refused, run.unordered) == (2, 1, 1, 1)
    shop.settle()
    line = shop.quarantine().lines[0]
    assert (line.source, line.reason, line.detail) == ("erp", "row", "identifiers: membership: all are empty")


def test_a_secret_that_is_not_there_is_named_and_a_wrong_one_never_repeated(mysql_till: Till, opened: Any) -> None:
    shop = opened(mysql_till.source())
    with pytest.raises(Refused, match="TILL_PASSWORD is not in the environment"):
        fetch(shop, "erp", lambda _done, _total: None, environment={})
    with pytest.raises(Refused, match="Access denied") as told:
        fetch(shop, "erp", lambda _done, _total: None, environment={"TILL_PASSWORD": "open-wide"})
    assert "open-wide" not in str(told.value)
    assert "open-wide" not in shop.sources.state("erp").source.error


def test_a_database_that_is_away_is_to_be_tried_again(shop: Path, opened: Any) -> None:
    source = (
        "kind: database\nchannel: store\ndatabase: {url: 'mysql://reader@127.0.0.1:1/shop', table: sales, cursor: id}\n"
    )
    with pytest.raises(Unavailable, match="does not answer"):
        opened(source + MAPPING).sources.fetch("erp")


def test_a_source_that_is_not_fetched_is_not_asked(opened: Any, sqlite_till: Till) -> None:
    shop = opened(sqlite_till.source())
    with pytest.raises(Misused, match="did you mean erp"):
        shop.sources.fetch("erpp")
    with pytest.raises(Misused, match="kind: tracking"):
        shop.sources.fetch("web")


KILLED = """
import sys, itda
from itda.engine import bundle
from itda.engine.fetching import databases, run, tables
tables.AT_ONCE = databases.AT_ONCE = 100
with itda.open(sys.argv[1]) as shop:
    run.fetch(shop, "erp", lambda done, _: print(done, flush=True))
"""


def test_a_run_killed_at_any_moment_loses_nothing_and_doubles_nothing(sqlite_till: Till, opened: Any) -> None:
    sqlite_till.sell(*(sale(number, number % 7) for number in range(3_000)))
    shop = opened(sqlite_till.source())
    with subprocess.Popen([sys.executable, "-c", KILLED, str(shop.path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "700":
                process.kill()
    state = shop.sources.state("erp")
    assert [run.outcome for run in state.runs] == ["running"]
    assert state.source.standing == "new"  # nobody runs it, and it was never through
    run = shop.sources.fetch("erp")
    assert 0 < run.events <= 2_300
    assert [run.outcome for run in shop.sources.state("erp").runs] == ["done", "stopped"]
    shop.settle()
    assert (shop.status().events.accepted, shop.status().events.duplicate) == (3_000, 0)
