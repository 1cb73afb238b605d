"""Columns of text give the very events that rows give one by one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itda.engine.sheets import Sheets
from itda.sources import csv_file
from itda.sources.csv_file import CsvFile, Plain
from itda.sources.definition import Column, FileMapping, Lines, SourceDef, Time
from itda.sources.gathering import Gatherer, is_fit
from itda.sources.mapping import Mapped, Mapper
from itda.sources.rows import RefusedRow, Row

HEADER = "basket,who,at,item,n,paid"
_LINES = Lines(
    fields={
        "item": Column(column="item"),
        "n": Column(column="n", type="number"),
        "paid": Column(column="paid", type="money"),
        "unit": Column(value="EA"),
    }
)
MAPPING = FileMapping(
    event="Order Completed",
    occurred_at=Time(column="at"),
    identifiers={"membership": Column(column="who")},
    properties={"total": Column(sum="paid", type="money"), "lines": Column(count=True), "id": Column(column="basket")},
    group_by="basket",
    lines=_LINES,
)


def mapper(mapping: FileMapping = MAPPING) -> Mapper:
    source = SourceDef(name="pos", kind="file", channel="store", order_scope="pos", mapping=mapping)
    return Mapper(source, "Asia/Seoul", b"\1" * 32, 1_700_000_000_000_000, key=b"k")


def both(content: bytes, folder: Path, mapping: FileMapping = MAPPING) -> tuple[list[Any], list[Any]]:
    """What columns give, and what rows give."""
    one, other = mapper(mapping), mapper(mapping)
    with Sheets(folder / "sheets", len(content), Gatherer(one)) as sheets:
        by_column = list(sheets.items(CsvFile(io.BytesIO(content), "it.csv"), one.columns))
    refused: list[Any] = []
    groups: dict[str, list[Row]] = {}
    for row in CsvFile(io.BytesIO(content), "it.csv").read(other.columns):
        group = row if isinstance(row, RefusedRow) else other.group(row)
        if isinstance(group, RefusedRow):
            refused.append(group)
        elif isinstance(row, Row):
            groups.setdefault(group, []).append(row)
    items = refused + [other.event(rows, group) for group, rows in groups.items()]
    by_row = sorted(items, key=_in_order)
    events = [item for item in by_column if isinstance(item, Mapped)]
    assert events == sorted(events, key=_in_order)
    assert events == by_column[len(by_column) - len(events) :]
    return sorted(by_column, key=_in_order), by_row


def _in_order(item: Mapped | RefusedRow) -> tuple[int, int]:
    """Refused ones by their line, then events by their time; equal ones stay as they came."""
    return (0, item.line) if isinstance(item, RefusedRow) else (1, item.at or 0)


_WORDS = st.one_of(
    st.sampled_from(
        ["", " ", "1", "-0.50", "1,5", "007", "1e3", "12345678901234567", "3.1234567", ".5", "+2", "x", "우유"]
    ),
    st.sampled_from(["\u00a01", "a\\b", '"a,b"', '"a\nb"', 'a"b', "\t", "٣", "0.10", "99999999.99", "\x1f1", "1 \x85"]),
    st.decimals(-1000, 1000, places=2).map(str),
)
_ROWS = st.tuples(
    st.sampled_from(["a", "b", " b", "", "c", '"c"']),
    st.sampled_from(["1", "", "2"]),
    st.sampled_from(["2026-01-02T03:04:05", "2026-01-01", "", "soon"]),
    _WORDS,
    _WORDS,
    _WORDS,
).map(",".join)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(_ROWS, min_size=1, max_size=30),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp949"]),
)
def test_columns_give_what_rows_give(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], end: str, encoding: str
) -> None:
    content = end.join([HEADER, *rows]).encode(encoding, "replace")
    by_column, by_row = both(content, tmp_path_factory.mktemp("both"))
    assert by_column == by_row


@pytest.mark.parametrize("broken", ["", '"a\nb",1,2026-01-01,x,1,2', "too,short", 'open,"1,2026-01-01,x,1,2'])
def test_a_file_of_many_blocks_gives_the_same_around_a_row_that_needs_a_closer_look(
    tmp_path: Path, broken: str, many_blocks: None
) -> None:
    rows = [
        f"{n % 97},{n % 7},2026-01-{1 + n % 28:02d}T00:00:00,item {n},{n % 3},{n % 50}.{n % 100:02d}"
        for n in range(3000)
    ]
    rows[1500] = broken
    content = "\n".join([HEADER, *rows]).encode()
    by_column, by_row = both(content, tmp_path)
    assert by_column == by_row
    assert len(by_row) >= 97


@pytest.fixture
def many_blocks() -> Iterator[None]:
    """Small blocks for one test."""
    before = csv_file.BLOCK
    csv_file.BLOCK = 4096
    yield
    csv_file.BLOCK = before


def test_sound_rows_are_given_whole_and_the_others_one_by_one(many_blocks: None) -> None:
    rows = [f"{n},1,2026-01-01,x,1,2" for n in range(2000)]
    rows[1000] = '1000,1,2026-01-01,"x",1,2'
    pieces = list(CsvFile(io.BytesIO("\n".join([HEADER, *rows]).encode()), "it.csv").pieces(["basket"]))
    whole = [piece for piece in pieces if isinstance(piece, Plain)]
    assert sum(piece.rows for piece in whole) + len(pieces) - len(whole) == 2000
    assert sum(piece.rows for piece in whole) > 1500
    assert [piece.line for piece in pieces] == sorted(piece.line for piece in pieces)


def test_what_columns_cannot_write_is_left_to_rows() -> None:
    lines = Lines(fields={"given": Column(column="n", type="boolean")})
    assert is_fit(MAPPING)
    assert not is_fit(FileMapping(identifiers={}, group_by="basket", lines=lines))
    assert not is_fit(FileMapping(identifiers={}))
