from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.base.errors import Unavailable
from itda.store.lake.block import (
    FORMAT,
    LATE,
    OWN_ID,
    PERMANENT,
    SCHEMA,
    Row,
    decode,
    first_half,
    of_rows,
    others_of,
    part,
)


def row(position: int, **changes: object) -> Row:
    fields = {
        "position": position,
        "event_id": f"e{position}",
        "source": "till",
        "channel": "store",
        "name": "Order Completed",
        "type": "track",
        "occurred_at": 1_700_000_000_000_000,
        "received_at": 1_700_000_000_500_000,
        "local_date": 19_675,
        "fragment": b"f" * 16,
        "others": b"o" * 32,
        "properties": '{"김":1}'.encode(),
        "context": b'{"x":null}',
        "sealed": b"\0\xff",
        "flags": LATE | PERMANENT | OWN_ID,
    }
    return tuple((fields | changes).values())


def test_a_block_gives_back_every_column() -> None:
    table = decode(of_rows([row(7)]))
    assert table.schema == SCHEMA
    (found,) = table.to_pylist()
    assert found == dict(zip(SCHEMA.names, row(7, properties='{"김":1}', context='{"x":null}'), strict=True))
    assert others_of(found["others"]) == [b"o" * 16, b"o" * 16]


def test_a_part_holds_the_rows_that_are_named_and_no_other() -> None:
    rows = [row(number) for number in range(5)]
    first = first_half([(*one[:9], *one[11:13], one[14]) for one in rows])
    block = part(first, [1, 4], [b"1" * 16, b"4" * 16], [b"", b"x" * 16], [None, b"s"]) + of_rows([row(9)])
    table = decode(block, ["fragment", "position", "sealed"])
    assert table.to_pylist() == [
        {"fragment": b"1" * 16, "position": 1, "sealed": None},
        {"fragment": b"4" * 16, "position": 4, "sealed": b"s"},
        {"fragment": b"f" * 16, "position": 9, "sealed": b"\0\xff"},
    ]


def test_columns_of_the_owner_alone_can_be_read() -> None:
    assert decode(of_rows([row(1), row(2)]), ["fragment"]).to_pylist() == [{"fragment": b"f" * 16}] * 2


def test_a_part_from_before_formats_were_marked_is_read_beside_one_that_has_its_mark() -> None:
    marked = of_rows([row(7)])
    assert decode(marked[4:] + marked + marked[4:])["position"].to_pylist() == [7, 7, 7]


def test_a_block_of_a_newer_format_is_one_line_that_says_so() -> None:
    marked = of_rows([row(7)])
    with pytest.raises(Unavailable, match=f"has format {FORMAT + 1}, this Itda knows {FORMAT}: use the newer Itda"):
        decode(marked + bytes([FORMAT + 1]) + marked[1:])


def test_no_rows_make_an_empty_block() -> None:
    assert decode(of_rows([])).num_rows == 0


@given(st.lists(st.tuples(st.text(), st.binary(), st.none() | st.binary(), st.dictionaries(st.text(), st.text()))))
def test_decode_undoes_encode(rows: list[tuple[str, bytes, bytes | None, dict[str, str]]]) -> None:
    made = [
        row(number, event_id=text, others=others, sealed=sealed, properties=json.dumps(properties).encode())
        for number, (text, others, sealed, properties) in enumerate(rows)
    ]
    found = [
        (r["event_id"], r["others"], r["sealed"], json.loads(r["properties"]))
        for r in decode(of_rows(made)).to_pylist()
    ]
    assert found == rows
