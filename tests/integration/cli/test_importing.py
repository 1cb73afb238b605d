"""Files brought in from a terminal: what is no file, two at once, and a shop that is served meanwhile."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fixtures_shop import run

pytestmark = pytest.mark.server

SHOPS = """
kind: file
channel: store
mapping:
  event: Store Entered
  occurred_at: at
  identifiers: {membership: card}
  properties: {store_id: store}
"""


@pytest.fixture
def door(shop: Path) -> Path:
    """A shop that takes a file of who entered which store."""
    (shop / "sources" / "door.yaml").write_text(SHOPS, encoding="utf-8")
    return shop


def visits(path: Path, count: int) -> Path:
    rows = (f"c{n % 97},s{n % 5},2026-03-01T10:{n % 60:02d}:00" for n in range(count))
    path.write_text("card,store,at\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Something of a kind, under a name that ends like a file's."""
    with socket.socket(socket.AF_UNIX) as listening, tempfile.TemporaryDirectory(dir="/tmp") as short:

        def make(kind: str) -> Path:
            path = Path(short) / "visits.csv"
            if kind == "a pipe":
                os.mkfifo(path)
            elif kind == "a socket":
                listening.bind(str(path))
            elif kind == "a device":
                path.symlink_to("/dev/zero")
            else:
                path.mkdir()
            return path

        yield make


@pytest.mark.parametrize("kind", ["a pipe", "a socket", "a device", "a folder"])
def test_what_is_no_file_is_wrong_use_in_one_line_and_nothing_waits(door, strange, kind):
    path = strange(kind)
    said = run("import", "door", path, cwd=door, timeout=60)
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [
        f"itda: {path}: is {kind}, no file (name a file: an import reads it more than once)"
    ]


@pytest.mark.parametrize(("source", "file", "words"), [
    ("door", "none.csv", "No such file"), ("dor", "v.csv", "did you mean door?"), ("web", "v.csv", "file sources here: door")
])  # fmt: skip
def test_a_name_that_is_not_there_is_wrong_use(door, itda, source, file, words):
    visits(door / "v.csv", 1)
    said = itda("import", source, file)
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert words in said.err


def test_a_file_without_a_header_tells_nothing_of_its_rows(door, itda):
    (door / "v.csv").write_text("4711,Kim Minji,minji@shop.example\n4712,Lee,lee@shop.example\n", encoding="utf-8")
    said = itda("import", "door", "v.csv")
    assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
    assert "v.csv:1: has none of the columns" in said.err
    assert not any(value in said.err for value in ("4711", "Kim", "minji"))
