"""A file that is whole or not there, and columns that are what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.base.errors import Misused, Refused
from itda.engine.exporting.columns import Column, chosen
from itda.engine.exporting.files import placed, safe, sink
from itda.engine.exporting.second import ceilings

COLUMNS = [Column("customer", "text"), Column("identifier", "texts", "email"), Column("events", "whole"),
           Column("consent", "text", "ad_receive", "email"), Column("first_at", "time")]  # fmt: skip


@pytest.mark.parametrize("may_replace", [False, True])
def test_until_it_is_whole_nothing_is_seen_that_a_killed_process_could_leave(tmp_path: Path, may_replace: bool) -> None:
    with placed(tmp_path / "a.csv", may_replace=may_replace) as file:
        file.write(b"half")
        file.flush()
        assert list(tmp_path.iterdir()) == []
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_bytes() == b"half"


def test_what_breaks_half_way_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("before")
    with pytest.raises(ValueError, match="closed"), placed(tmp_path / "a.csv", may_replace=True) as file:
        file.write(b"half") and file.close()
    assert [one.read_text() for one in tmp_path.iterdir()] == ["before"]


def test_a_file_that_somebody_wrote_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="--force"), placed(tmp_path / "a.csv", may_replace=False) as file:
        (tmp_path / "a.csv").write_bytes(b"theirs" if file.write(b"mine") else b"")
    assert [one.read_text() for one in tmp_path.iterdir()] == ["theirs"]


@pytest.mark.parametrize("sign", list("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
def test_a_cell_that_would_be_a_formula_is_text(tmp_path: Path, sign: str) -> None:
    page = {"customer": ["c1"], "identifier.email": [[f"{sign}1", "b"]], "events": [-3],
            "consent.ad_receive.email": [None], "first_at": [0]}  # fmt: skip
    with placed(tmp_path / "a.csv", may_replace=False) as file:
        writer = sink(tmp_path / "a.csv", file, COLUMNS)
        writer.take(page)
        writer.end()
    row = (tmp_path / "a.csv").read_bytes().decode().split("\r\n")[1]
    assert row.replace('"', "") == f"c1,'{sign}1; b,-3,,1970-01-01T00:00:00.000Z"
    assert safe("a=b") == "a=b"


def test_columns_are_named_singly_or_by_their_group_and_in_the_order_asked() -> None:
    assert [one.name for one in chosen(COLUMNS, ["consent", "customer", "identifier.email", "customer"])] == [
        "consent.ad_receive.email", "customer", "identifier.email",
    ]  # fmt: skip
    assert chosen(COLUMNS, []) == COLUMNS
    for wrong in ("identifier.emial", "email"):
        with pytest.raises(Misused, match=r"identifier\.email"):
            chosen(COLUMNS, [wrong])


def test_an_approval_reaches_a_tenth_further_at_most_and_covers_whoever_are_fewer() -> None:
    for customers in (1, 5, 99, 100, 101, 999, 1_000, 1_001, 1_100, 1_234, 9_901, 25_431, 1_000_001):
        found = list(ceilings(customers))
        assert customers <= found[0] <= customers * 1.1
        assert found == sorted(set(found))
        assert len(found) < 1_200
    assert list(ceilings(1_234))[:2] == [1_300, 1_400]
    assert set(ceilings(27_000)) < set(ceilings(25_431)), "what was approved for more covers fewer"
