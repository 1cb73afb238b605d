"""The reader's process: what it gives is what the writer would have read itself, and its end is nobody's loss."""

from __future__ import annotations

import contextlib
import os
import signal

import msgspec
import psutil
import pytest

from itda.base.errors import Unavailable
from itda.engine import processing
from itda.engine import shop as shops
from itda.engine.reader import Reader, task
from itda.store.ports import Record

from .conftest import batch


@pytest.fixture
def waiting(opened: shops.Shop) -> shops.Shop:
    """A shop whose log holds five frames that nobody processed."""
    for first in range(0, 250, 50):
        opened.intake.append([batch(range(first, first + 50)), batch(range(first, first + 5))], shops.clock())
    return opened


def _reader(shop: shops.Shop) -> Reader:
    return Reader(task(shop.path, shop.db.url))


def test_another_process_reads_what_this_one_would(waiting: shops.Shop) -> None:
    here = processing.source(waiting.intake, waiting.workspace, waiting.vault)
    with contextlib.closing(_reader(waiting)) as there:
        for source in (here, there):
            source.start(2)
        found, expected = there.take(), here.take()
        assert found == expected
        assert (found.first, found.position, len(found.events)) == (3, 5, 3 * 55)
        assert there.take() is None
        waiting.intake.append([batch([900])], shops.clock())
        assert [event.event_id for event in there.take().events] == ["m900"]


def test_a_reader_does_without_pandas(waiting: shops.Shop) -> None:
    with contextlib.closing(_reader(waiting)) as reader:
        reader.start(0)
        assert reader.take() is not None
        mapped = psutil.Process(reader._process.pid).memory_maps()
    assert [part.path for part in mapped if "pyarrow" in part.path]
    assert [part.path for part in mapped if "pandas" in part.path] == []


def test_a_reader_that_was_killed_is_started_again(waiting: shops.Shop) -> None:
    with contextlib.closing(_reader(waiting)) as reader:
        reader.start(0)
        first = reader.take()
        os.kill(reader._process.pid, signal.SIGKILL)
        with pytest.raises(Unavailable, match="started again"):
            reader.take()
        reader.start(0)
        assert reader.take() == first


def test_a_pipeline_whose_reader_dies_loses_nothing(waiting: shops.Shop) -> None:
    with contextlib.closing(waiting.pipeline(has_reader=True)) as pipeline:
        assert pipeline.step() == 5
        os.kill(pipeline._parts.source._process.pid, signal.SIGKILL)
        waiting.intake.append([batch(range(300, 310))], shops.clock())
        with contextlib.suppress(Unavailable):
            pipeline.drain()
        pipeline.drain()
    assert waiting.status().events.accepted == 260


def test_the_reader_ends_with_the_writer(waiting: shops.Shop) -> None:
    reader = _reader(waiting)
    reader.start(0)
    reader.take()
    reader._process.stdin.close()
    assert reader._process.wait(20) == 0
    reader.close()


def test_a_reader_that_finds_other_definitions_prepares_nothing(waiting: shops.Shop) -> None:
    told = task(waiting.path, waiting.db.url)
    (waiting.path / "traits" / "more.yaml").write_text("more:\n  kind: count\n", encoding="utf-8")
    with contextlib.closing(Reader(told)) as reader:
        reader.start(0)
        with pytest.raises(Unavailable, match="restart"):
            reader.take()


def test_a_reader_long_dead_is_started_again_too(waiting: shops.Shop) -> None:
    with contextlib.closing(_reader(waiting)) as reader:
        reader.start(0)
        first = reader.take()
        reader._process.kill()
        reader._process.wait()
        with pytest.raises(Unavailable, match="started again"):
            reader.take()
        assert reader.take() == first


def test_whole_numbers_of_any_size_reach_the_writer(opened: shops.Shop) -> None:
    said = [
        {"type": "identify", "userId": "u", "traits": {"code": 10**30, "codes": [{"low": -(10**25)}], "mobile": 10**24}},
        {"type": "track", "event": "Order Completed", "userId": "u",
         "properties": {"order_id": 20261122061500000001, "revenue": 10, "currency": "KRW"}},
    ]  # fmt: skip
    opened.intake.append([Record("web", "batch", msgspec.json.encode({"batch": said}))], shops.clock())
    with contextlib.closing(opened.pipeline(has_reader=True)) as pipeline:
        assert pipeline.step() == 1
    assert opened.status().events.accepted == 2
    traits = {row["name"]: row["value"] for row in opened.traits("user_id:u").to_dicts()}
    assert traits["code"] == f'"{10**30}"'
    assert opened.replay(verify=True).ok


def test_a_file_that_is_no_definition_is_none_of_the_readers_business(waiting: shops.Shop) -> None:
    before = task(waiting.path, waiting.db.url)
    (waiting.path / "ci.yaml").write_text("steps: []\n", encoding="utf-8")
    assert task(waiting.path, waiting.db.url) == before
    (waiting.path / "sources" / "web.yaml").write_text("", encoding="utf-8")
    assert task(waiting.path, waiting.db.url) != before
