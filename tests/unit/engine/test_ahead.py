"""The next chunk is read and decoded while the one before it is committed, and nothing hangs on it."""

from __future__ import annotations

import threading

import pytest
from tests.laws.pipeline_world import START, World, batch

from itda.base.errors import Unavailable


def test_the_next_chunk_is_read_while_one_is_committed() -> None:
    with World() as world:
        for first in (0, 10, 20):
            world.intake.append([batch(range(first, first + 10))], START)
        pipeline = world.pipeline(most_events=10)
        commit, read_during = pipeline._parts.store.commit, []
        decoded = threading.Event()
        frame = world.decoder.frame

        class Noting:
            def frame(self, one):
                if one.position == 2:
                    decoded.set()
                return frame(one)

        def slow(writes) -> None:
            read_during.append(decoded.wait(10))
            commit(writes)

        pipeline._parts.store.commit = slow
        pipeline._ahead._decoder = Noting()
        assert pipeline.drain() == 3
        pipeline.close()
        assert read_during == [True, True, True]


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


def test_what_cannot_be_read_ahead_does_not_disturb_the_commit() -> None:
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
        assert pipeline.step() == 1
        assert pipeline.position == 1
        assert pipeline.step() == 1
        pipeline.close()
        assert calls[:3] == [0, 1, 1]
