from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from itda.store.arrays import byteas
from itda.store.chunk_sql import Table

PORTION = 1 << 20


class Heavy(msgspec.Struct, frozen=True):
    id: bytes
    state: bytes


def table(heavy: str) -> Table:
    return Table("held", {"id": "bytea", "state": "bytea"}, "on conflict do nothing", heavy=heavy)


@given(sizes=st.lists(st.sampled_from([0, 10, PORTION // 3, PORTION - 1, PORTION + 5]), max_size=12))
def test_heavy_rows_are_sent_in_portions_each_once_and_in_order(sizes) -> None:
    rows = [Heavy(bytes([at]), bytes([at]) * size) for at, size in enumerate(sizes)]
    sent = [column.data for _, (_, column) in table("state").statements(rows, set())]
    most = max(sizes, default=0)
    assert all(len(data) < PORTION + most + 8 * len(rows) + 20 for data in sent)
    header = len(byteas([b""])) - 4
    assert b"".join(data[header:] for data in sent) == byteas([row.state for row in rows]).data[header:]


def test_light_rows_are_sent_at_once() -> None:
    rows = [Heavy(bytes([at]), b"x" * PORTION) for at in range(5)]
    assert len(list(table("").statements(rows, set()))) == 1
