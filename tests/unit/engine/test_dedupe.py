from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from itda.base.errors import Broken
from itda.engine.dedupe import WINDOW_HOURS, Dedupe, key
from itda.engine.dedupe_file import OpenFile
from itda.store.ports import DedupeBlock, DedupeFile, DedupeSwap


class Rows:
    """The two tables, as a store would keep them."""

    def __init__(self) -> None:
        self.blocks: list[DedupeBlock] = []
        self.files: list[DedupeFile] = []

    def commit(self, block: DedupeBlock | None, swap: DedupeSwap | None) -> None:
        if swap is not None:
            self.blocks = [one for one in self.blocks if one.position > swap.folded_to]
            self.files = [one for one in self.files if one.path not in swap.removed] + swap.added
        if block is not None:
            self.blocks.append(block)


class Writer:
    """A pipeline reduced to its dedupe: each chunk is one commit."""

    def __init__(self, folder: Path, rows: Rows, epoch: int, **bounds: int) -> None:
        self.rows = rows
        self.dedupe = Dedupe(folder, epoch, **bounds)
        self.dedupe.load(rows.files, rows.blocks)

    def chunk(self, position: int, hour: int, keys: list[bytes], *, dies_before_commit: bool = False) -> list[bool]:
        known = self.dedupe.known(hour, keys)
        fresh = [one for one, is_known in zip(keys, known, strict=True) if not is_known]
        block = DedupeBlock(position=position, hour=hour, keys=b"".join(fresh)) if fresh else None
        swap = self.dedupe.tidy(hour)
        if dies_before_commit:
            return known
        self.rows.commit(block, swap)
        if swap is not None:
            self.dedupe.swapped(swap)
        if block is not None:
            self.dedupe.remember(block)
        return known


chunks = st.lists(
    st.tuples(
        st.integers(0, 30),  # hours since the chunk before
        st.lists(st.integers(0, 40), max_size=12),
        st.sampled_from(["stays", "stays", "restarts", "dies"]),
    ),
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=chunks, open_keys=st.sampled_from([1, 5, 1000]), filter_bytes=st.sampled_from([8, 1 << 20]))
def test_what_is_known_equals_a_plain_set_over_restarts_and_deaths(
    tmp_path_factory, chunks, open_keys, filter_bytes
) -> None:
    folder = tmp_path_factory.mktemp("dedupe")
    rows = Rows()
    bounds = {"open_keys": open_keys, "filter_bytes": filter_bytes}
    writer = Writer(folder, rows, 1, **bounds)
    accepted: dict[int, int] = {}
    hour = 1000
    for position, (later, numbers, fate) in enumerate(chunks, start=1):
        hour += later
        keys = [key("web", str(number), 7) for number in numbers]
        expected = []
        here: set[int] = set()
        for number in numbers:
            at = accepted.get(number)
            expected.append(number in here or (at is not None and at >= hour - WINDOW_HOURS))
            here.add(number)
        died = fate == "dies"
        assert writer.chunk(position, hour, keys, dies_before_commit=died) == expected
        if not died:
            for number, is_known in zip(numbers, expected, strict=True):
                if not is_known:
                    accepted[number] = hour
        if fate != "stays":
            writer = Writer(folder, rows, position + 1, **bounds)
    assert {path.name for path in folder.glob("*.keys")} >= {row.path for row in rows.files}


def test_a_million_ids_stay_within_their_memory_and_are_all_known(tmp_path) -> None:
    rows = Rows()
    writer = Writer(tmp_path, rows, 1, open_keys=50_000, filter_bytes=1 << 20)
    for position in range(100):
        keys = [key("web", f"{position}-{number}", 7) for number in range(5_000)]
        assert not any(writer.chunk(position + 1, 1000 + position // 50, keys))
    assert writer.dedupe.memory_bytes() <= (1 << 20) + 100 * 60_000
    for position in (0, 49, 77, 99):
        keys = [key("web", f"{position}-{number}", 7) for number in range(5_000)]
        assert all(writer.chunk(200 + position, 1002, keys))


def test_many_small_files_of_an_hour_become_one(tmp_path) -> None:
    rows = Rows()
    writer = Writer(tmp_path, rows, 1, open_keys=10)
    for position in range(1, 80):
        writer.chunk(position, 1000, [key("web", f"{position}-{number}", 7) for number in range(10)])
    assert len(rows.files) < 16
    assert {path.name for path in tmp_path.glob("*.keys")} >= {row.path for row in rows.files}
    writer.chunk(80, 1000 + WINDOW_HOURS + 1, [])
    writer.chunk(81, 1000 + WINDOW_HOURS + 1, [])
    assert rows.files == []
    assert list(tmp_path.glob("*.keys")) == []


def test_equal_high_halves_are_told_apart_by_the_low_ones(tmp_path) -> None:
    rows = Rows()
    writer = Writer(tmp_path, rows, 1, open_keys=1)
    same = bytes(range(8))
    one, two, three = (same + bytes([number] * 8) for number in (1, 2, 3))
    writer.chunk(1, 1000, [one, two])
    writer.chunk(2, 1000, [])
    assert rows.blocks == []
    assert writer.chunk(3, 1000, [two, three, one]) == [True, False, True]


def test_a_file_that_lost_its_end_is_named(tmp_path) -> None:
    rows = Rows()
    writer = Writer(tmp_path, rows, 1, open_keys=1)
    writer.chunk(1, 1000, [key("web", "a", 7), key("web", "b", 7)])
    writer.chunk(2, 1000, [])
    path = tmp_path / rows.files[0].path
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(Broken, match="restore it from a backup"):
        OpenFile(tmp_path, rows.files[0])


def test_the_same_id_of_two_sources_is_two_events() -> None:
    assert key("web", "1", 7) != key("till", "1", 7)
    assert key("web", "1", 7) != key("web", "1", 8)


def test_memory_read_again_in_one_epoch_takes_no_name_in_use(tmp_path: Path) -> None:
    rows = Rows()
    a, b = key("web", "a", 7), key("web", "b", 7)
    writer = Writer(tmp_path, rows, 1, open_keys=1)
    writer.chunk(1, 1000, [a])
    writer.chunk(2, 1000, [b])
    Writer(tmp_path, rows, 2).chunk(3, 1001, [])
    assert [file.rows for file in rows.files] == [1, 1]
    again = Writer(tmp_path, rows, 2)
    for position in range(4, 8):
        again.chunk(position, 1001, [])
    assert [file.rows for file in rows.files] == [2]
    assert again.dedupe.known(1001, [a, b]) == [True, True]
