"""The laws of the whole pipeline: cutting, repetition, determinism."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given
from tests.laws.identity_world import budget
from tests.laws.pipeline_world import START, World, bad, batch, cut, decision, event

from itda.base.instant import HOUR
from itda.store.ports import Record

sizes = st.lists(st.integers(1, 7), min_size=1, max_size=4)
numbers = st.lists(st.integers(0, 120), min_size=1, max_size=60)
items = st.lists(
    st.one_of(st.integers(0, 120), st.integers(0, 20).map(decision), st.integers(0, 20).map(lambda one: -1 - one)),
    min_size=1,
    max_size=50,
)


def _frames(stream, sizes) -> list[list[Record]]:
    """The stream in frames: numbers are events (negative: bad ones), records stand for themselves."""
    import msgspec

    frames = []
    for piece in cut(stream, sizes):
        records = []
        for item in piece:
            if isinstance(item, Record):
                records.append(item)
            else:
                said = event(item) if item >= 0 else bad(-item)
                records.append(
                    Record("till" if item % 5 == 0 else "web", "batch", msgspec.json.encode({"batch": [said]}))
                )
        frames.append(records)
    return frames


@budget(40)
@given(
    stream=items, frames=sizes, hours=st.integers(0, 30), most=st.integers(1, 12), restarts=st.sets(st.integers(0, 30))
)
def test_any_cut_of_the_log_into_chunks_and_any_restart_gives_the_same_state(
    stream, frames, hours, most, restarts
) -> None:
    with World() as one, World() as other:
        for index, records in enumerate(_frames(stream, frames)):
            one.intake.append(records, START + index * hours * HOUR)
            other.intake.append(records, START + index * hours * HOUR)
        one.pipeline().drain()
        pipeline = other.pipeline(most)
        step = 0
        while pipeline.step():
            step += 1
            if step in restarts:
                pipeline = other.pipeline(most)
        assert other.state() == one.state()


@budget(40)
@given(stream=numbers, first=sizes, second=sizes)
def test_any_cut_of_the_stream_into_frames_gives_the_same_state(stream, first, second) -> None:
    with World() as one, World() as other:
        for world, size in ((one, first), (other, second)):
            for piece in cut(stream, size):
                world.intake.append([batch(piece)], START)
            world.pipeline(5).drain()
        assert other.state(other.event_at()) == one.state(one.event_at())


@budget(40)
@given(
    stream=numbers,
    again=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 70)), max_size=20),
    most=st.integers(1, 12),
)
def test_an_event_that_comes_again_counts_once(stream, again, most) -> None:
    distinct = list(dict.fromkeys(stream))
    repeated = list(distinct)
    for which, later in again:
        place = which % len(distinct)
        repeated.insert(
            repeated.index(distinct[place]) + 1 + later % (len(repeated) - repeated.index(distinct[place])),
            distinct[place],
        )
    with World() as one, World() as other:
        one.intake.append([batch(distinct)], START)
        one.pipeline().drain()
        for piece in cut(repeated, [3]):
            other.intake.append([batch(piece)], START)
        other.pipeline(most).drain()
        was, now = one.state(one.event_at()), other.state(other.event_at())
        counts = now.pop("quality"), was.pop("quality")
        assert now == was
        of = [
            {measure: sum(n for key, n in found.items() if key[3] == measure) for measure in ("accepted", "duplicate")}
            for found in counts
        ]
        assert of[0] == {"accepted": len(distinct), "duplicate": len(repeated) - len(distinct)}
        assert of[1] == {"accepted": len(distinct), "duplicate": 0}


@budget(20)
@given(stream=items, frames=sizes)
def test_the_same_log_gives_the_same_state(stream, frames) -> None:
    with World() as one, World() as other:
        for world in (one, other):
            for index, records in enumerate(_frames(stream, frames)):
                world.intake.append(records, START + index)
            world.pipeline(7).drain()
        assert other.state() == one.state()
        assert one.state()["lake"] or one.state()["quarantine"]


def test_a_row_of_a_file_comes_once_for_ever_but_a_web_event_again_after_three_days() -> None:
    with World() as world:
        pipeline = world.pipeline()
        body = batch([1, 2]).body
        for day in range(0, 10, 5):
            world.intake.append(
                [Record("till", "batch", body, is_permanent=True), Record("web", "batch", body)],
                START + day * 24 * HOUR,
            )
        pipeline.drain()
        counts = {(key[1], key[3]): n for key, n in world.tables.quality.items() if key[3] == "duplicate"}
        assert counts == {("till", "duplicate"): 2}
        assert len(world.lake()) == 6
