"""Files brought in from a terminal: what is no file, two at once, and what is one row."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.integration.cli.importing import begun, ended
from tests.integration.cli.seen import DOOR, visits

import itda as product
from itda.engine import shop as shops
from itda.store.ports import Record

pytestmark = pytest.mark.server


@pytest.fixture
def door(shop: Path) -> Path:
    """A shop that takes a file of who entered which store."""
    (shop / "sources" / "door.yaml").write_text(DOOR, encoding="utf-8")
    return shop


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
@pytest.mark.timeout(60)
def test_what_is_no_file_is_wrong_use_in_one_line_and_nothing_waits(door, itda, strange, kind):
    path = strange(kind)
    said = itda("import", "door", path)
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


def test_two_imports_of_one_file_at_once_bring_each_event_once_and_who_is_second_says_so(door, itda):
    count = 12_000
    visits(door / "v.csv", count)
    first = begun(door, "door", "v.csv")
    with product.open(door) as opened, opened.db.connection() as looking:
        looking.autocommit = True
        while not looking.execute("select from import_file").fetchall():
            assert first.poll() is None, first.communicate()
            time.sleep(0.001)
    said = [itda("import", "door", "v.csv", "--json"), ended(first)]
    assert said[1].code == 0
    for one in said:
        if one.code == 0:
            assert one.json["events"] == count
        else:
            assert (one.code, one.out, len(one.err.splitlines())) == (1, "", 1)
            assert "v.csv: is being imported already" in one.err
    assert itda("status", "--json").json["events"] == {"accepted": count, "duplicate": 0, "quarantined": 0}


def test_one_message_id_in_two_sources_is_two_events_and_twice_in_one_is_one(door, itda):
    event = {
        "type": "track",
        "event": "Product Viewed",
        "messageId": "m-1",
        "userId": "u-1",
        "properties": {"product_id": "p"},
    }
    body = msgspec.json.encode({"batch": [event]})
    with product.open(door) as opened:
        opened.intake.append([Record(source, "batch", body) for source in ("web", "app", "web")], shops.clock())
        opened.settle()
    assert itda("status", "--json").json["events"] == {"accepted": 2, "duplicate": 1, "quarantined": 0}
    assert itda("customer", "user_id:u-1", "--json").json["events"] == 2


def test_one_row_is_one_row_and_two_are_two(door, itda):
    assert itda("import", "door", visits(door / "one.csv", 1)).out == "one.csv: 1 row gave 1 event; 0 were refused.\n"
    (door / "two.csv").write_text(
        "card,store,at\nc1,s1,2026-03-01T10:00:00\n,s1,2026-03-01T10:00:00\n", encoding="utf-8"
    )
    said = itda("import", "door", "two.csv")
    assert said.out.splitlines()[0] == "two.csv: 2 rows gave 1 event; 1 was refused."
    assert "1 event, first" in itda("customer", "membership:c0").out
