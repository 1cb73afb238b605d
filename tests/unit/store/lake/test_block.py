from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from itda.events.event import Event
from itda.store.lake.block import LATE, OWN_ID, PERMANENT, SCHEMA, LakeColumns, decode, encode, others_of


def event(position: int, **changes: object) -> Event:
    fields = {
        "event_id": f"e{position}",
        "name": "Order Completed",
        "type": "track",
        "source": "till",
        "channel": "store",
        "occurred_at": 1_700_000_000_000_000,
        "received_at": 1_700_000_000_500_000,
        "local_date": 19_675,
        "position": position,
        "identifiers": [],
        "properties": {},
        "context": {},
    }
    return Event(**(fields | changes))


def test_a_block_gives_back_every_column() -> None:
    columns = LakeColumns()
    columns.add(
        event(7, is_late=True, is_permanent=True), b"f" * 16, b"o" * 32, '{"김":1}'.encode(), b'{"x":null}', b"\0\xff"
    )
    table = decode(encode(columns))
    assert table.schema == SCHEMA
    (row,) = table.to_pylist()
    assert row == {
        "position": 7,
        "event_id": "e7",
        "source": "till",
        "channel": "store",
        "name": "Order Completed",
        "type": "track",
        "occurred_at": 1_700_000_000_000_000,
        "received_at": 1_700_000_000_500_000,
        "local_date": 19_675,
        "fragment": b"f" * 16,
        "others": b"o" * 32,
        "properties": '{"김":1}',
        "context": '{"x":null}',
        "sealed": b"\0\xff",
        "flags": LATE | PERMANENT | OWN_ID,
    }
    assert others_of(row["others"]) == [b"o" * 16, b"o" * 16]


def test_a_stewards_decision_is_a_row_of_its_own_source() -> None:
    columns = LakeColumns()
    columns.add_steward(
        position=9,
        event_id="d1",
        name="Identity Cut",
        at=5,
        received_at=6,
        local_date=0,
        a=b"a" * 16,
        b=b"b" * 16,
        properties=b"{}",
        sealed=b"why",
    )
    (row,) = decode(encode(columns)).to_pylist()
    assert (row["source"], row["fragment"], row["others"], row["sealed"]) == (
        "@steward",
        b"a" * 16,
        b"b" * 16,
        b"why",
    )


def test_no_rows_make_an_empty_block() -> None:
    assert decode(encode(LakeColumns())).num_rows == 0


@given(st.lists(st.tuples(st.text(), st.binary(), st.none() | st.binary(), st.dictionaries(st.text(), st.text()))))
def test_decode_undoes_encode(rows: list[tuple[str, bytes, bytes | None, dict[str, str]]]) -> None:
    columns = LakeColumns()
    for position, (text, others, sealed, properties) in enumerate(rows):
        columns.add(event(position, event_id=text), bytes(16), others, json.dumps(properties).encode(), b"{}", sealed)
    table = decode(encode(columns))
    got = [(r["event_id"], r["others"], r["sealed"], json.loads(r["properties"])) for r in table.to_pylist()]
    assert got == rows
