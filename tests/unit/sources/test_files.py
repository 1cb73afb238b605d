"""Files as rows: formats, encodings and broken rows."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from itda.base.errors import Refused
from itda.sources.csv_file import CsvFile
from itda.sources.definition import Column, FileMapping, Lines, SourceDef, Time
from itda.sources.jsonl_file import LOOKED_AT, JsonLines
from itda.sources.mapping import Mapped, Mapper
from itda.sources.parquet_file import ParquetFile
from itda.sources.rows import RefusedRow, Row


def csv(content: bytes | str, **settings: str) -> CsvFile:
    return CsvFile(io.BytesIO(content if isinstance(content, bytes) else content.encode()), "it.csv", **settings)


def values(file: Any, *wanted: str) -> list[Any]:
    return [
        list(row.values) if isinstance(row, Row) else (row.line, row.detail)
        for row in file.read(wanted or file.columns)
    ]


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp949", "cp949"), ("ascii", "utf-8")]
)
def test_the_encoding_is_found_out_and_told(encoding: str, told: str) -> None:
    name = "Minji" if encoding == "ascii" else "김민지 뷁"
    file = csv(f"name,city\r\n{name},Seoul\r\n".encode(encoding))
    assert (file.encoding, file.columns, values(file)) == (told, ("name", "city"), [[name, "Seoul"]])
    assert told in file.about


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    assert values(csv(f"a{delimiter}b\n1{delimiter}2\n")) == [["1", "2"]]


def test_quotes_hold_delimiters_lines_and_quotes() -> None:
    file = csv('a,b\n"x, ""y""","one\ntwo"\n3,4\n')
    rows = list(file.read(("a", "b")))
    assert [(row.line, list(row.values)) for row in rows if isinstance(row, Row)] == [
        (2, ['x, "y"', "one\ntwo"]),
        (4, ["3", "4"]),
    ]


def test_a_broken_row_is_refused_with_its_line_and_the_rest_goes_on() -> None:
    file = csv('a,b\n1,2\n3\n4,5,6\n\n"7,8\n9,10\n11,1"2"\n12,13\n')
    assert values(file) == [
        ["1", "2"], (3, "the row's number of fields is 1, the header's 2"), (4, "the row's number of fields is 3, the header's 2"),
        (6, "an open quote: the row does not end"), ["9", "10"], ["11", '1"2"'], ["12", "13"],
    ]  # fmt: skip


def test_bytes_of_no_encoding_break_their_row_alone() -> None:
    rows = values(csv("name,n\n김,1\n".encode() + b"\xff\xfe\xff,2\n" + "이,3\n".encode()))
    assert rows == [["김", "1"], (3, "name: bytes that are no utf-8"), ["이", "3"]]


def test_columns_come_in_the_order_asked_for_and_missing_ones_are_named_at_once() -> None:
    assert values(csv("a,b,c\n1,2,3\n"), "c", "a") == [["3", "1"]]
    with pytest.raises(Refused) as caught:
        list(csv("order,amount,card\n").read(("amount", "card", "oder", "when")))
    assert [str(fault) for fault in caught.value.faults] == [
        "it.csv:1: has no column 'oder' that the mapping names (did you mean 'order'?)",
        "it.csv:1: has no column 'when' that the mapping names (it has: order, amount, card)",
    ]
    with pytest.raises(Refused, match=r"it\.csv:1: has the column 'a' 2 times"):
        list(csv("a,b,a\n").read(("a", "b")))
    assert values(csv("a,b,,\n1,2,,\n"), "a", "b") == [["1", "2"]]


@pytest.mark.parametrize("first", ["c1,Kim Minji,minji@shop.example", "c1,card,minji@shop.example", "Kim,Kim,Kim"])
def test_a_first_line_that_may_be_data_is_never_repeated(first: str) -> None:
    with pytest.raises(Refused) as caught:
        list(csv(f"{first}\nc2,Lee,lee@shop.example\n").read(("card", "name", "email")))
    (fault,) = caught.value.faults
    assert (fault.file, fault.line) == ("it.csv", 1)
    assert "card, name, email" in fault.what
    assert "put such a line on top" in fault.cure
    assert not any(value in str(fault) for value in ("c1", "Kim", "minji"))


def test_a_file_that_names_its_own_columns_is_told_to_map_them() -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"kartennummer": [1]}), buffer)
    with pytest.raises(
        Refused, match=r"^it\.parquet: has none of the columns .* card, name \(name in the source's mapping"
    ):
        list(ParquetFile(buffer, "it.parquet").read(("card", "name")))


def test_json_lines_keep_the_text_of_numbers_and_reach_into_objects() -> None:
    text = '{"id": 1, "pay": {"sum": 12.90}}\n\nnonsense\n[1]\n{"id": 2}\n'
    file = JsonLines(io.BytesIO(text.encode()), "it.jsonl")
    assert set(file.columns) == {"id", "pay", "pay.sum"}
    assert values(file, "id", "pay.sum") == [
        [1, Decimal("12.90")],
        (3, "is no JSON in UTF-8"),
        (4, "is no object"),
        [2, None],
    ]


def test_a_field_of_json_lines_that_shows_late_is_a_field() -> None:
    lines = [json.dumps({"id": n}) for n in range(LOOKED_AT + 5)]
    lines += [json.dumps({"id": 9_999, "coupon": "c1", "pay": {"sum": None}})]
    file = JsonLines(io.BytesIO("\n".join(lines).encode()), "it.jsonl")
    found = values(file, "id", "coupon", "pay.sum")
    assert len(found) == len(lines)
    assert found[-1] == [9_999, "c1", None]
    with pytest.raises(Refused, match=r"has no column 'cuopon' .*did you mean 'coupon'"):
        list(file.read(("id", "coupon", "cuopon")))


def test_broken_lines_before_the_first_object_do_not_hide_it() -> None:
    text = "nonsense\n" * (LOOKED_AT + 1) + '{"id": 1}\n'
    assert values(JsonLines(io.BytesIO(text.encode()), "it.jsonl"), "id")[-1] == [1]


def test_parquet_numbers_are_read_by_their_own_text() -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({
        "narrow": pa.array([12.9], pa.float32()), "wide": pa.array([12.9], pa.float64()), "exact": pa.array([Decimal("12.90")]),
        "word": pa.array(["x"]).dictionary_encode(), "at": pa.array([1_500_000_000_123_456_789], pa.timestamp("ns")),
    }), buffer)  # fmt: skip
    assert values(ParquetFile(buffer, "it.parquet")) == [
        [Decimal("12.9"), 12.9, Decimal("12.90"), "x", "2017-07-14 02:40:00.123456"]
    ]


MAPPING = FileMapping(
    event="Order Completed", occurred_at=Time(column="at", zone="Asia/Seoul"), identifiers={"membership": Column(column="card")},
    properties={"order_id": Column(column="id"), "revenue": Column(sum="paid"), "pieces": Column(count=True), "currency": Column(value="KRW")},
    group_by="id", lines=Lines(fields={"sku": Column(column="sku"), "price": Column(column="paid", type="money")}), key=("id",),
)  # fmt: skip


def mapped(
    mapping: FileMapping, *rows: dict[str, Any], file: bytes = b"f" * 32, key: bytes = b"k"
) -> Mapped | RefusedRow:
    mapper = Mapper(
        SourceDef(name="till", kind="file", channel="store", order_scope="till", mapping=mapping),
        "UTC",
        file,
        0,
        key=key,
    )
    return mapper.event(
        [Row(n, [row.get(name) for name in mapper.columns]) for n, row in enumerate(rows, 2)], str(rows[0].get("id"))
    )


def event(mapping: FileMapping, *rows: dict[str, Any], file: bytes = b"f" * 32) -> dict[str, Any]:
    found = mapped(mapping, *rows, file=file)
    assert isinstance(found, Mapped), found
    return dict(json.loads(found.body, parse_float=Decimal))


LINES: Sequence[dict[str, Any]] = (
    {"id": "r1", "card": 42.0, "at": "2026-03-01 10:00", "sku": "a", "paid": "12.90"},
    {"id": "r1", "card": 42.0, "at": "2026-03-01 10:00", "sku": "", "paid": 0.1},
)


def test_lines_become_one_order_with_exact_money() -> None:
    one = event(MAPPING, *LINES)
    assert one == {
        "type": "track", "event": "Order Completed", "messageId": one["messageId"], "timestamp": "2026-03-01T01:00:00Z",
        "identifiers": {"membership": "42"},
        "properties": {"order_id": "r1", "revenue": Decimal("13.00"), "pieces": 2, "currency": "KRW",
                       "products": [{"sku": "a", "price": Decimal("12.90")}, {"price": Decimal("0.1")}]},
    }  # fmt: skip


def test_rounding_errors_of_doubles_do_not_reach_the_event() -> None:
    noisy = [LINES[0] | {"paid": value} for value in (0.1 + 0.2, 1.1 + 2.2, -0.3)]
    assert event(MAPPING, *noisy)["properties"]["revenue"] == Decimal("3.3")


def test_the_id_of_a_fact_is_that_of_its_key_else_of_its_place_in_the_file() -> None:
    keyless = msgspec.structs.replace(MAPPING, key=())
    single = msgspec.structs.replace(keyless, group_by="", lines=None, properties={})
    assert event(MAPPING, *LINES)["messageId"] == event(MAPPING, LINES[1], file=b"g" * 32)["messageId"]
    assert event(keyless, *LINES)["messageId"] != event(keyless, *LINES, file=b"g" * 32)["messageId"]
    assert event(keyless, *LINES)["messageId"] == event(keyless, LINES[0])["messageId"]
    assert event(single, LINES[0])["messageId"] == f"r:{'66' * 16}:2"
    assert all(len(event(kind, *LINES)["messageId"]) < 100 for kind in (MAPPING, keyless, single))


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"card": ""}, "identifiers: membership: all are empty"), ({"at": "soon"}, "at: is no time of the format iso"),
        ({"at": None}, "at: is empty, and it says when"), ({"paid": "dear"}, "paid: is no number"),
        ({"id": None}, "id: is empty, and it names the row for ever"), ({"at": "9999-99-99"}, "at: is no time of the format iso"),
    ],
)  # fmt: skip
def test_a_row_that_gives_no_event_says_why_without_its_values(change: dict[str, Any], detail: str) -> None:
    refused = mapped(MAPPING, LINES[0] | change)
    assert isinstance(refused, RefusedRow)
    assert (refused.line, refused.detail) == (2, detail)


def test_a_column_may_name_the_event() -> None:
    mapping = msgspec.structs.replace(
        MAPPING,
        event="",
        event_column="what",
        event_names={"R": "Order Refunded"},
        group_by="",
        lines=None,
        properties={},
    )
    assert event(mapping, LINES[0] | {"what": "R"})["event"] == "Order Refunded"
    refused = mapped(mapping, LINES[0] | {"what": "X"})
    assert isinstance(refused, RefusedRow)
    assert refused.detail == "what: names an event that the mapping does not know"


@pytest.mark.parametrize(
    ("kind", "given", "written"),
    [
        ("number", "1,234.50", Decimal("1234.50")), ("number", " 007 ", 7), ("number", "", None), ("text", 7.0, "7"), ("text", "  x ", "x"),
        ("boolean", "Y", True), ("boolean", "아니오", False), ("boolean", 1, True), ("auto", "12.90", "12.90"), ("auto", float("nan"), None),
        ("time", "2026-03-01 09:00", "2026-03-01T09:00:00Z"), ("money", "99999999999999999.99", None), ("auto", ["a", 1.5], ["a", Decimal("1.5")]),
    ],
)  # fmt: skip
def test_values_are_written_as_their_column_says(kind: Any, given: Any, written: Any) -> None:
    mapping = msgspec.structs.replace(
        MAPPING, properties={"it": Column(column="v", type=kind)}, group_by="", lines=None, key=()
    )
    found = mapped(mapping, LINES[0] | {"v": given})
    if isinstance(found, RefusedRow):
        assert written is None
        assert found.detail == "v: is no number"
    else:
        assert json.loads(found.body, parse_float=Decimal)["properties"].get("it") == written


@pytest.mark.parametrize(
    ("format_", "given", "at"),
    [("unix", 1_500_000_000, "2017-07-14T02:40:00Z"), ("unix_ms", "1500000000123", "2017-07-14T02:40:00.123000Z"),
     ("%d.%m.%Y %H:%M", "14.07.2017 11:40", "2017-07-14T02:40:00Z"), ("iso", "2017-07-14T02:40:00+00:00", "2017-07-14T02:40:00Z")],
)  # fmt: skip
def test_times_are_read_in_their_format_and_zone(format_: str, given: Any, at: str) -> None:
    mapping = msgspec.structs.replace(MAPPING, occurred_at=Time(column="at", format=format_, zone="Asia/Seoul"))
    assert event(mapping, LINES[0] | {"at": given})["timestamp"] == at


def test_nobody_without_the_workspaces_key_can_tell_whose_row_an_id_is_by_guessing() -> None:
    by_mail = msgspec.structs.replace(MAPPING, key=("card",), group_by="", lines=None, properties={})
    grouped = msgspec.structs.replace(MAPPING, key=())
    row = {"id": "kim@mail.kr", "card": "kim@mail.kr", "at": "2026-03-01 10:00", "sku": "a", "paid": "12.90"}
    for mapping in (by_mail, grouped):
        ours, again, others = (mapped(mapping, row, key=key) for key in (b"one", b"one", b"other"))
        assert isinstance(ours, Mapped)
        assert ours == again
        assert isinstance(others, Mapped)
        own, their = (json.loads(one.body)["messageId"] for one in (ours, others))
        assert own != their
        assert ours.former == others.former
        assert ours.former.decode() not in {own, their}
        assert len(ours.former) == len(own)
