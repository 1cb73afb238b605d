"""The reader's process: what it gives is what the writer would have read itself, and its end is nobody's loss."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import psutil
import pytest

from itda.base.errors import Unavailable
from itda.engine import processing
from itda.engine import shop as shops
from itda.engine.pipeline import Pipeline
from itda.engine.reader import PATIENCE_S, Reader, task
from itda.store.ports import Record
from itda.workspace.load import load

from .breaking_reader import Breaking
from .conftest import batch


@pytest.fixture
def waiting(opened: shops.Shop) -> shops.Shop:
    """A shop whose log holds five frames that nobody processed."""
    for first in range(0, 250, 50):
        opened.intake.append([batch(range(first, first + 50)), batch(range(first, first + 5))], shops.clock())
    return opened


def _reader(shop: shops.Shop) -> Reader:
    return Reader(task(shop.workspace, shop.db.url))


def _forked(shop: shops.Shop) -> Reader:
    """One that is there sooner, where how it is started is not what a test shows."""
    return Breaking(task(shop.workspace, shop.db.url), "none", PATIENCE_S)


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
    with contextlib.closing(_forked(waiting)) as reader:
        reader.start(0)
        first = reader.take()
        os.kill(reader._process.pid, signal.SIGKILL)
        with pytest.raises(Unavailable, match="started again"):
            reader.take()
        reader.start(0)
        assert reader.take() == first


def test_a_pipeline_whose_reader_dies_loses_nothing(waiting: shops.Shop) -> None:
    with contextlib.closing(_breaking(waiting, "none")) as pipeline:
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
    told = task(waiting.workspace, waiting.db.url)
    (waiting.path / "traits" / "more.yaml").write_text("more:\n  kind: count\n", encoding="utf-8")
    with contextlib.closing(Reader(told)) as reader:
        reader.start(0)
        with pytest.raises(Unavailable, match="restart"):
            reader.take()
        (waiting.path / "traits" / "more.yaml").unlink()
        assert reader.take().first == 1


def test_a_reader_that_starts_while_the_database_is_away_reads_once_it_is_back(waiting: shops.Shop) -> None:
    (folder,) = parse_qs(urlsplit(waiting.db.url).query)["host"]
    with tempfile.TemporaryDirectory(prefix="away-") as away:
        told = task(waiting.workspace, waiting.db.url.replace(folder, away))
        with contextlib.closing(Reader(told)) as reader:
            reader.start(2)
            with pytest.raises(Unavailable, match="cannot start: the database does not answer"):
                reader.take()
            (Path(away) / ".s.PGSQL.5432").symlink_to(Path(folder) / ".s.PGSQL.5432")
            assert reader.take().first == 3


def test_a_reader_long_dead_is_started_again_too(waiting: shops.Shop) -> None:
    with contextlib.closing(_forked(waiting)) as reader:
        reader.start(0)
        first = reader.take()
        reader._process.kill()
        reader._process.wait()
        with pytest.raises(Unavailable, match="started again"):
            reader.take()
        reader.start(0)
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
    before = waiting.workspace.digest
    (waiting.path / "README.md").write_text("a shop", encoding="utf-8")
    (waiting.path / ".github").mkdir()
    (waiting.path / ".github" / "ci.yaml").write_text("steps: []\n", encoding="utf-8")
    assert load(waiting.path).digest == before
    (waiting.path / "sources" / "web.yaml").write_text("", encoding="utf-8")
    assert load(waiting.path).digest != before


def test_definitions_that_change_after_they_were_read_do_not_pass_for_those_in_force(waiting: shops.Shop) -> None:
    (waiting.path / "contracts" / "more.yaml").write_text("event: Tea Tasted\nschema: {}\n", encoding="utf-8")
    waiting.intake.append([batch([700])], shops.clock())
    with contextlib.closing(waiting.pipeline(has_reader=True)) as pipeline, pytest.raises(Unavailable, match="restart"):
        pipeline.step()
    assert waiting.status().events.accepted == 0


def _breaking(shop: shops.Shop, how: str, patience_s: float = PATIENCE_S) -> Pipeline:
    """A pipeline whose reader is ended by every record that says `end me`."""
    pipeline = shop.pipeline(has_reader=True)
    reader = Breaking(task(shop.workspace, shop.db.url), how, patience_s)
    pipeline._parts = msgspec.structs.replace(pipeline._parts, source=reader)
    return pipeline


def _persistently(pipeline: Pipeline, goal: int) -> int:
    """Drain until this position is durable; how often it was in vain."""
    lost = 0
    while pipeline.position < goal:
        assert lost < 20
        try:
            pipeline.drain()
        except Unavailable:
            lost += 1
    return lost


POISON = Record("web", "batch", b'{"batch": [{"type": "page", "userId": "u", "name": "end me"}]}')


def test_records_that_end_every_reader_are_refused_and_the_others_count(opened: shops.Shop) -> None:
    opened.intake.append([batch([1, 2])], shops.clock())
    opened.intake.append([batch([3]), POISON, batch([4]), batch([5]), POISON], shops.clock())
    opened.intake.append([batch([6, 7])], shops.clock())
    with contextlib.closing(_breaking(opened, "kill")) as pipeline:
        assert _persistently(pipeline, 3) == 3
        opened.intake.append([batch([8])], shops.clock())
        assert pipeline.drain() == 1
    status = opened.status().events
    assert (status.accepted, status.duplicate, status.quarantined) == (8, 0, 2)
    assert sorted(opened.lake.table(["event_id"]).column("event_id").to_pylist()) == [f"m{n}" for n in range(1, 9)]
    refused = opened.quarantine()
    assert refused.by_reason == {"broken": 2}
    assert {line.source for line in refused.lines} == {"web"}
    assert opened.replay(verify=True).ok


def test_a_record_that_no_reader_ever_answers_for_is_refused(opened: shops.Shop) -> None:
    opened.intake.append([batch([1]), POISON], shops.clock())
    with contextlib.closing(_breaking(opened, "hang", 1.5)) as pipeline:
        assert _persistently(pipeline, 1) >= 3
    status = opened.status().events
    assert (status.accepted, status.quarantined) == (1, 1)


@pytest.mark.parametrize("deaths", [2, 5])
def test_readers_that_end_by_accident_at_one_position_cost_no_event(waiting: shops.Shop, deaths: int) -> None:
    died = waiting.path.parent / "died"
    with contextlib.closing(_breaking(waiting, f"{deaths}:{died}")) as pipeline:
        _persistently(pipeline, 5)
    assert died.read_text(encoding="utf-8") == "." * deaths
    status = waiting.status().events
    assert (status.accepted, status.quarantined) == (250, 0)


def test_a_reader_that_hangs_is_replaced_and_nothing_is_lost_or_doubled(waiting: shops.Shop) -> None:
    with contextlib.closing(_breaking(waiting, "none")) as pipeline:
        assert pipeline.step() == 5
        reader = pipeline._parts.source
        hung, reader._patience_s = reader._process, 1.0
        os.kill(hung.pid, signal.SIGSTOP)
        waiting.intake.append([batch(range(300, 310))], shops.clock())
        with pytest.raises(Unavailable, match="does not answer"):
            pipeline.drain()
        assert hung.poll() == -signal.SIGKILL
        reader._patience_s = PATIENCE_S
        assert pipeline.drain() == 1
    status = waiting.status().events
    assert (status.accepted, status.quarantined) == (260, 0)


def test_a_reader_that_hangs_in_the_midst_of_an_answer_is_replaced(waiting: shops.Shop) -> None:
    with contextlib.closing(_forked(waiting)) as reader:
        reader.start(0)
        whole = reader.take()
        reader.start(0)
        reader._patience_s = 1.0
        reader._say(b"n")
        os.kill(reader._process.pid, signal.SIGSTOP)
        with pytest.raises(Unavailable, match="does not answer"):
            _take_twice(reader)
        reader._patience_s = PATIENCE_S
        reader.start(0)
        assert reader.take() == whole


def _take_twice(reader: Reader) -> None:
    reader.take()
    reader.take()
