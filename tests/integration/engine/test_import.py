"""Files through the whole house: mapped, appended, processed, and asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import itda
from itda.base.errors import Refused, Unavailable
from itda.engine.bundle import Bundle
from itda.engine.importer import import_file
from itda.engine.shop import Shop
from itda.sources.mapping import Mapped, Mapper
from itda.sources.rows import Row

TILL = """
kind: file
channel: store
mapping:
  event: Order Completed
  occurred_at: {column: sold_at, format: "%Y-%m-%d %H:%M"}
  identifiers: {membership: card}
  group_by: receipt
  key: receipt
  properties:
    order_id: receipt
    store_id: store
    currency: {value: KRW}
    revenue: {sum: amount}
  lines:
    fields: {product_id: product, quantity: {column: quantity, type: number}, price: {column: amount, type: money}}
"""
CRM = """
kind: file
channel: crm
mapping:
  type: identify
  occurred_at: updated
  identifiers: {membership: card, email: email, phone: mobile}
  key: [card, updated]
  properties: {name: name, email: email, phone: mobile, grade: grade}
"""


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    (shop / "sources" / "till.yaml").write_text(TILL, encoding="utf-8")
    (shop / "sources" / "crm.yaml").write_text(CRM, encoding="utf-8")
    with itda.open(shop) as one:
        yield one


def receipts(path: Path, count: int, lines: int = 3) -> Path:
    """Lines of `count` receipts, each receipt's scattered over the whole file."""
    rows = [
        f"r{receipt},c{receipt % 7},s{receipt % 3},p{line},{line + 1},{receipt % 50 + 1}.25,2026-03-{receipt % 28 + 1:02d} 10:{receipt % 60:02d}"
        for line in range(lines)
        for receipt in range(count)
    ]
    path.write_text("receipt,card,store,product,quantity,amount,sold_at\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_the_lines_of_a_receipt_become_one_order_of_its_customer(opened: Shop, tmp_path: Path) -> None:
    done = opened.import_file("till", receipts(tmp_path / "r.csv", 70))
    opened.settle()
    assert (done.rows_done, done.rows_total, done.events, done.refused) == (210, 210, 70, 0)
    assert done.finished_at is not None
    profile = opened.customer("membership:c3")
    traits = {trait.name: trait.value for trait in profile.traits}
    mine = [receipt for receipt in range(70) if receipt % 7 == 3]
    assert traits["orders"] == len(mine)
    # 1.25 won thrice is 3.75: money is rounded once an order, half to even
    assert traits["revenue"] == sum(
        int((Decimal(receipt % 50 + 1) + Decimal("0.25")) * 3 + Decimal("0.5")) for receipt in mine
    )
    assert [identifier.kind for identifier in profile.identifiers] == ["membership"]


def test_a_second_run_changes_nothing(opened: Shop, tmp_path: Path) -> None:
    path = receipts(tmp_path / "r.csv", 20)
    first = opened.import_file("till", path)
    opened.settle()
    before = opened.positions()
    assert opened.import_file("till", path) == first
    assert opened.positions() == before
    status = opened.status()
    assert (status.events.accepted, status.events.duplicate) == (20, 0)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize("source", ["till", "crm"])
def test_what_is_appended_during_an_import_waits_for_the_next_one(
    opened: Shop, tmp_path: Path, source: str, ending: str
) -> None:
    rows = [
        {"receipt": f"r{n}", "card": f"c{n}", "store": "s1", "product": "p1", "quantity": "1", "amount": "10", "mobile": "",
         "email": "", "name": "Kim", "grade": "a", "sold_at": "2026-03-01 10:00", "updated": "2026-03-01 10:00"}
        for n in range(3_000)
    ]  # fmt: skip

    def written(some: list[dict[str, str]]) -> str:
        if ending == "csv":
            return "".join(",".join(row.values()) + "\n" for row in some)
        return "".join(json.dumps(row) + "\n" for row in some)

    path = tmp_path / f"r.{ending}"
    header = ",".join(rows[0]) + "\n" if ending == "csv" else ""
    path.write_text(header + written(rows[:-50])[:-1], encoding="utf-8")
    grown: list[bool] = []

    def grow(_done: int, _total: int | None) -> None:
        if not grown:
            grown.append(True)
            with path.open("a", encoding="utf-8") as file:
                file.write("\n" + written(rows[-50:]))

    first = import_file(opened, source, path, grow)
    assert (first.events, first.rows_done, first.rows_total) == (2_950, 2_950, 2_950)
    second = opened.import_file(source, path)
    assert (second.events, second.refused) == (3_000, 0)
    opened.settle()
    status = opened.status()
    assert (status.events.accepted, status.events.duplicate) == (3_000, 2_950)


def test_a_file_that_becomes_shorter_during_its_import_is_refused(opened: Shop, tmp_path: Path) -> None:
    path = receipts(tmp_path / "r.csv", 2_000)
    with pytest.raises(Refused, match=r"r\.csv: became shorter while it was imported"):
        import_file(opened, "till", path, lambda _done, _total: os.truncate(path, 10_000))


def test_a_changed_file_is_a_new_file_and_what_it_repeats_is_there_once(opened: Shop, tmp_path: Path) -> None:
    opened.import_file("till", receipts(tmp_path / "r.csv", 20))
    opened.import_file("till", receipts(tmp_path / "r.csv", 25))
    opened.settle()
    status = opened.status()
    assert (status.events.accepted, status.events.duplicate) == (25, 20)


def test_a_file_without_a_key_repeats_its_rows_only_in_another_file(opened: Shop, tmp_path: Path) -> None:
    source = opened.path / "sources" / "till.yaml"
    source.write_text(TILL.replace("  key: receipt\n", ""), encoding="utf-8")
    with itda.open(opened.path) as shop:
        shop.import_file("till", receipts(tmp_path / "a.csv", 5))
        shop.import_file("till", receipts(tmp_path / "b.csv", 6))
        shop.settle()
        assert shop.status().events.accepted == 11


def test_broken_rows_wait_in_quarantine_with_line_and_reason_and_the_rest_goes_on(opened: Shop, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "receipt,card,store,product,quantity,amount,sold_at\n"
        "r1,c1,s1,p1,1,10,2026-03-01 10:00\n"
        "r2,c1,s1\n"
        "r3,c1,s1,p1,1,ten,2026-03-01 10:00\n"
        "r4,,s1,p1,1,10,2026-03-01 10:00\n"
        "r5,c1,s1,p1,1,10,yesterday\n"
        ",c1,s1,p1,1,10,2026-03-01 10:00\n"
        "r7,c1,s1,p1,1,10,2026-03-01 10:00\n",
        encoding="utf-8",
    )
    done = opened.import_file("till", path)
    opened.settle()
    assert (done.events, done.refused, done.rows_done) == (2, 5, 7)
    view = opened.quarantine()
    assert {line.detail.partition(":")[0] for line in view.lines} == {f"line {n}" for n in (3, 4, 5, 6, 7)}
    assert {line.reason for line in view.lines} == {"row"}
    assert "amount" in next(line.detail for line in view.lines if line.detail.startswith("line 4"))
    assert opened.status().events.quarantined == 5


def test_the_crm_names_the_customer_of_the_till(opened: Shop, tmp_path: Path) -> None:
    opened.import_file("till", receipts(tmp_path / "r.csv", 14))
    people = tmp_path / "people.csv"
    people.write_bytes(
        "card,name,email,mobile,grade,updated\nc3,김민지,MinJi@Shop.example,010-9876-5431,gold,2026-02-01T09:00:00\n".encode(
            "cp949"
        )
    )
    opened.import_file("crm", people)
    opened.settle()
    by_mail = opened.customer("email:minji@shop.example")
    assert by_mail.id == opened.customer("membership:c3").id
    assert by_mail.name == "김민지"
    assert {identifier.kind: identifier.value for identifier in by_mail.identifiers} == {
        "membership": "C3", "email": "minji@shop.example", "phone": "+821098765431",
    }  # fmt: skip
    assert {link.tier for link in by_mail.links} == {"observed"}
    assert by_mail.links[0].evidence[0].channel == "crm"
    traits = {trait.name: trait for trait in by_mail.traits}
    assert (traits["name"].value, traits["name"].label_ko, traits["name"].source) == ("김민지", "이름", "crm")
    assert traits["orders"].value == 2


def test_a_search_finds_by_any_identifier_by_name_and_by_id(opened: Shop, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "card,name,email,mobile,grade,updated\nC9,Dana Park,d@x.example,+1 202 555 0175,,2026-02-01\n", encoding="utf-8"
    )
    opened.import_file("crm", people)
    opened.settle()
    customer = opened.customer("membership:C9").id
    for text, matched in (
        ("D@X.example", "email"), ("email:d@x.example", "email"), ("dana  PARK", "name"), (customer, "customer"), ("C9", "membership"),
        ("+12025550175", "phone"),
    ):  # fmt: skip
        hits = opened.search(text)
        assert hits["id"].to_list() == [customer], text
        assert hits["matched"].to_list() == [matched]
        assert hits["name"].to_list() == ["Dana Park"]
    assert opened.search("nobody").is_empty()
    assert opened.search("Dana").is_empty()  # part of a name is no name


def test_parquet_and_json_lines_give_the_same_events_as_csv(opened: Shop, tmp_path: Path) -> None:
    columns = {"receipt": ["a", "b", "a"], "card": [1, 2, 1], "store": ["s", "s", "s"], "product": ["x", "y", "z"], "quantity": [1, 2, 3],
               "amount": [12.9, 0.1, 0.2], "sold_at": ["2026-03-01 10:00", "2026-03-02 10:00", "2026-03-01 10:00"]}  # fmt: skip
    table = pa.table(columns)
    pq.write_table(table, tmp_path / "r.parquet")
    (tmp_path / "r.jsonl").write_text("\n".join(json.dumps(row) for row in table.to_pylist()), encoding="utf-8")
    (tmp_path / "r.csv").write_text(
        ",".join(columns)
        + "\n"
        + "\n".join(",".join(str(value) for value in row.values()) for row in table.to_pylist()),
        encoding="utf-8",
    )
    for name in ("r.parquet", "r.jsonl", "r.csv"):
        assert opened.import_file("till", tmp_path / name).events == 2
    opened.settle()
    status = opened.status()
    assert (status.events.accepted, status.events.duplicate, status.events.quarantined) == (2, 4, 0)
    assert {t.name: t.value for t in opened.customer("membership:1").traits}["revenue"] == 13


def test_what_cannot_be_imported_is_refused_in_one_clear_line(opened: Shop, tmp_path: Path) -> None:
    wrong = tmp_path / "r.csv"
    wrong.write_text("receipt,crad,store,product\n1,2,3,4\n", encoding="utf-8")
    for source, path, words in (
        ("til", wrong, "did you mean till?"),
        ("web", wrong, "takes live events"),
        ("till", tmp_path / "none.csv", "cannot be opened"),
        ("till", tmp_path, "is a folder, no file"),
        ("till", wrong, "did you mean 'crad'?"),
        ("till", _written(tmp_path / "r.xlsx", b"PK"), "tells no format"),
        ("till", _written(tmp_path / "r.parquet", b"PAR1"), "no Parquet file"),
        ("till", _written(tmp_path / "empty.csv", b""), "is empty"),
        ("till", _written(tmp_path / "wide.csv", "a,b".encode("utf-16")), "UTF-16"),
    ):
        with pytest.raises(Refused, match=words.replace("?", r"\?")):
            opened.import_file(source, path)
    assert opened.positions()[1] == 0


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_an_import_killed_at_any_moment_goes_on_where_it_was(opened: Shop, tmp_path: Path) -> None:
    path = receipts(tmp_path / "r.csv", 4_000, lines=2)
    program = (
        "import sys, itda; from itda.engine import bundle, importer; bundle.MOST = 50\n"
        "with itda.open(sys.argv[1]) as shop: importer.import_file(shop, 'till', importer.Path(sys.argv[2]), lambda d, t: print(d, flush=True))"
    )
    for kill_after in (1, 9, 30):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(opened.path), str(path)], stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        for _ in range(kill_after):
            process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
    seen: list[int] = []
    deadline = time.monotonic() + 20
    while True:
        try:
            done = import_file(opened, "till", path, lambda done, _total: seen.append(done))
            break
        except Refused:  # the killed one's lock goes with its connection
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert seen[0] >= 29 * 50 * 2  # what was in the log is not read into it again
    opened.settle()
    assert (done.events, done.refused, done.rows_done) == (4_000, 0, 8_000)
    status = opened.status()
    assert (status.events.accepted, status.events.duplicate) == (4_000, 0)


def test_an_import_whose_connection_is_cut_says_so_and_goes_on_afterwards(opened: Shop, tmp_path: Path) -> None:
    path = receipts(tmp_path / "r.csv", 5_500, lines=1)  # more than one transaction takes

    def cut(_done: int, _total: int | None) -> None:
        with opened.db.connection() as connection:
            connection.execute(
                "select pg_terminate_backend(pid, 2000) from pg_stat_activity where application_name = 'itda import'"
            )

    with pytest.raises(Unavailable):
        opened.import_file("till", path, progress=cut)
    done = opened.import_file("till", path)
    assert (done.events, done.refused) == (5_500, 0)
    opened.settle()
    assert opened.status().events.duplicate == 0


def test_a_file_is_not_imported_twice_at_a_time(opened: Shop, tmp_path: Path) -> None:
    path = receipts(tmp_path / "r.csv", 20)
    refused: list[Refused] = []

    def meanwhile(_done: int, _total: int | None) -> None:
        with pytest.raises(Refused, match="is being imported already") as caught:
            opened.import_file("till", path)
        refused.append(caught.value)

    assert import_file(opened, "till", path, meanwhile).events == 20
    assert refused


def test_what_came_in_before_ids_were_keyed_is_known_by_its_former_id(opened: Shop, tmp_path: Path) -> None:
    head = "card,updated,email,mobile,name,grade\n"
    old = "c1,2026-03-01T10:00:00+09:00,kim@mail.kr,,Kim,gold\n"
    mapper = Mapper(opened.workspace.sources["crm"], "Asia/Seoul", b"", 0, key=b"")
    values = ["c1", "2026-03-01T10:00:00+09:00", "kim@mail.kr", "", "Kim", "gold"]
    row = dict(zip(head.strip().split(","), values, strict=True))
    before = mapper.event([Row(2, [row[name] for name in mapper.columns])])
    assert isinstance(before, Mapped)
    bundle = Bundle()
    bundle.add(before)
    opened.intake.append(bundle.records("crm"), opened.app.clock())
    opened.settle()
    assert opened.status().events.accepted == 1

    file = tmp_path / "crm.csv"
    file.write_text(head + old + old.replace("c1", "c2").replace("kim@", "lee@"), encoding="utf-8")
    opened.import_file("crm", file)
    opened.settle()
    assert (opened.status().events.accepted, opened.status().events.duplicate) == (2, 1)
    file.write_text(file.read_text(encoding="utf-8") + old.replace("c1", "c3"), encoding="utf-8")
    opened.import_file("crm", file)
    opened.settle()
    assert (opened.status().events.accepted, opened.status().events.duplicate) == (3, 3)
    ids = {one for one in opened.lake.table(["event_id"]).column("event_id").to_pylist() if one.startswith("k:")}
    assert len(ids & {before.former.decode()}) == 1
    assert len(ids) == 3
