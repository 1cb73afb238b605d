"""The next chunk is begun while the one before it is committed, and nothing hangs on it."""

from __future__ import annotations

import threading

import msgspec
import pytest
from tests.laws.pipeline_world import START, World, batch

from itda.base.errors import Unavailable


def _begun(pipeline, position: int) -> threading.Event:
    """Set as soon as the chunk that ends with this frame is begun."""
    seen, started = threading.Event(), pipeline._memory.chunks.begin

    def begin(reading):
        if reading.position == position:
            seen.set()
        return started(reading)

    pipeline._memory.chunks.begin = begin
    return seen


def test_the_next_chunk_is_begun_while_one_is_committed() -> None:
    with World() as world:
        world.intake.append([batch(range(10))], START)
        pipeline = world.pipeline(most_events=10)
        assert pipeline.step() == 1
        for first in (10, 20):
            world.intake.append([batch(range(first, first + 10))], START)
        third, commit, begun_during = _begun(pipeline, 3), pipeline._parts.store.commit, []

        def slow(writes) -> None:
            if writes.position_after == 2:
                begun_during.append(third.wait(10))
            commit(writes)

        pipeline._parts.store.commit = slow
        assert pipeline.drain() == 2
        pipeline.close()
        assert begun_during == [True]


def test_a_chunk_with_permanent_ids_waits_for_the_commit_before_it() -> None:
    with World() as world:
        world.intake.append([batch(range(10))], START)
        pipeline = world.pipeline(most_events=10)
        assert pipeline.step() == 1
        for _ in range(2):
            record = batch(range(10, 20), "till")
            world.intake.append([msgspec.structs.replace(record, is_permanent=True)], START)
        third, commit, begun_during = _begun(pipeline, 3), pipeline._parts.store.commit, []

        def slow(writes) -> None:
            if writes.position_after == 2:
                begun_during.append(third.wait(0.2))
            commit(writes)

        pipeline._parts.store.commit = slow
        pipeline.drain()
        pipeline.close()
        assert begun_during == [False]
        assert [row["source"] for row in world.lake()].count("till") == 10


def test_a_commit_that_fails_is_done_again_with_what_was_read_ahead() -> None:
    with World() as world, World() as calm:
        for one in (world, calm):
            for first in (0, 10, 20):
                one.intake.append([batch(range(first, first + 10))], START)
        pipeline = world.pipeline(most_events=10)
        commit, fails = pipeline._parts.store.commit, [True, False, True]

        def failing(writes) -> None:
            if fails and fails.pop():
                raise Unavailable("the database is away")
            commit(writes)

        pipeline._parts.store.commit = failing
        for _ in range(2):
            with pytest.raises(Unavailable):
                pipeline.drain()
        assert pipeline.drain() > 0
        pipeline.close()
        undisturbed = calm.pipeline(most_events=10)
        undisturbed.drain()
        undisturbed.close()
        ids = [[row["event_id"] for row in one.lake()] for one in (world, calm)]
        assert ids[0] == ids[1]


def test_a_log_that_cannot_be_read_does_not_lose_what_is_being_committed() -> None:
    with World() as world:
        for first in (0, 10):
            world.intake.append([batch(range(first, first + 10))], START)
        pipeline = world.pipeline(most_events=10)
        read, calls = world.intake.read, []

        def once(after, most):
            calls.append(after)
            if len(calls) == 2:
                raise Unavailable("the database is away")
            return read(after, 1)

        world.intake.read = once
        with pytest.raises(Unavailable):
            pipeline.drain()
        assert pipeline.drain() == 1
        assert pipeline.position == 2
        pipeline.close()
        assert calls[:3] == [0, 1, 1]
        assert len(world.lake()) == 20
