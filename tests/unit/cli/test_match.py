"""Where `itda match` writes, and what it never writes over."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixtures_shop import typed

RECORDS = "id,name\n1,Kim Mina\n2,Lee Bora\n"


@pytest.mark.parametrize(
    ("out", "what"),
    [
        ("people.csv", "is read, and would be written over"), ("./again.csv", "is read, and would be written over"),
        ("same.csv", "is read, and would be written over"), ("folder", "is a folder"), ("none/a.csv", "no such folder"),
    ],
)  # fmt: skip
def test_nothing_is_written_over_what_is_read(tmp_path: Path, out: str, what: str) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("people.csv", "same.csv"):
        (tmp_path / name).write_text(RECORDS, encoding="utf-8")
    (tmp_path / "again.csv").symlink_to("people.csv")
    told = typed("match", "people.csv", "same.csv", "--id", "id", "--out", out, cwd=tmp_path)
    assert told.code != 0
    assert what in told.err
    assert (tmp_path / "people.csv").read_text(encoding="utf-8") == RECORDS
