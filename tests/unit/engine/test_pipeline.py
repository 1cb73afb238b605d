from __future__ import annotations

import msgspec
import pytest
from tests.laws.pipeline_world import START, World, batch, event

from itda.base.errors import Conflict, Unavailable
from itda.base.instant import HOUR
from itda.engine.working_set import Bounds
from itda.profiles.fold import Fold
from itda.store.memory import MemoryPipelineStore
from itda.store.ports import Record


class BreaksOn:
    """A decoder that breaks on any record whose body holds a word."""

    def __init__(self, decoder, word: bytes) -> None:
        self._decoder = decoder
        self._word = word

    def frame(self, frame):
        if any(self._word in record.body for record in frame.records):
            raise ZeroDivisionError("planted")
        return self._decoder.frame(frame)


class BreakingFold(Fold):
    """A fold that breaks on one event."""

    def absorb(self, state, event, *given) -> None:
        if event.event_id == "m7":
            raise ZeroDivisionError("planted")
        super().absorb(state, event, *given)


def test_a_record_that_breaks_the_decoder_is_quarantined_and_the_others_count() -> None:
    with World() as world:
        world.intake.append([batch([1, 2]), batch([3, 4]), batch([6, 8])], START)
        pipeline = world.pipeline(decoder=BreaksOn(world.decoder, b'"m3"'))
        assert pipeline.drain() == 1
        assert sorted(row["event_id"] for row in world.lake()) == ["m1", "m2", "m6", "m8"]
        (refused,) = world.tables.quarantine.values()
        assert (refused.reason, refused.source) == ("broken", "web")
        assert "ZeroDivisionError" in refused.detail
        positions = [row["position"] for row in world.lake()]
        assert len({*positions, refused.position}) == 5


class BeyondTheLake:
    """A decoder one of whose events has a day that no column of the lake holds."""

    def __init__(self, decoder) -> None:
        self._decoder = decoder

    def frame(self, frame):
        items = self._decoder.frame(frame)
        for item in items:
            if item.event_id == "m3":
                item.local_date = 1 << 40
        return items


def test_an_event_that_the_lake_cannot_hold_is_quarantined_and_the_others_count() -> None:
    with World() as world:
        world.intake.append([batch([1, 2]), batch([3, 4])], START)
        world.intake.append([batch([6])], START)
        assert world.pipeline(decoder=BeyondTheLake(world.decoder)).drain() == 2
        assert sorted(row["event_id"] for row in world.lake()) == ["m1", "m2", "m4", "m6"]
        (refused,) = world.tables.quarantine.values()
        assert (refused.reason, refused.name) == ("broken", "Order Completed")
        assert all(row.events for row in world.tables.fragments.values())


def test_an_event_that_breaks_the_fold_is_quarantined_and_the_others_count() -> None:
    with World() as world:
        for first in range(0, 12, 4):
            world.intake.append([batch(range(first, first + 4))], START)
        fold = BreakingFold(world.rules.fold.traits, "Asia/Seoul")
        assert world.pipeline(fold=fold).drain() == 3
        assert sorted(row["event_id"] for row in world.lake()) == sorted(f"m{n}" for n in range(12) if n != 7)
        (refused,) = world.tables.quarantine.values()
        assert (refused.reason, refused.name) == ("broken", event(7).get("event"))
        world.pipeline().drain()
        world.intake.append([batch([7])], START)
        world.pipeline().drain()
        assert "m7" in {row["event_id"] for row in world.lake()}


def test_a_stale_writer_changes_nothing_and_says_so() -> None:
    with World() as world:
        world.intake.append([batch([1])], START)
        old = world.pipeline()
        old.drain()
        world.intake.append([batch([2])], START)
        world.pipeline().drain()
        world.intake.append([batch([3])], START)
        before = world.state()
        with pytest.raises(Conflict):
            old.step()
        assert world.state() == before
        world.pipeline().drain()
        assert len(world.lake()) == 3


class Failing(MemoryPipelineStore):
    """A store whose answer to a commit is lost, after or before it was written."""

    fails: list[str]

    def commit(self, writes) -> None:
        fate = self.fails.pop() if self.fails else ""
        if fate == "before":
            raise Unavailable("lost")
        super().commit(writes)
        if fate == "after":
            raise Unavailable("lost")


@pytest.mark.parametrize("fate", ["before", "after"])
def test_a_commit_whose_answer_is_lost_counts_once(fate) -> None:
    with World() as world:
        for number in range(8):
            world.intake.append([batch([number, number + 1])], START + number * HOUR)
        store = Failing(world.tables)
        store.fails = [fate, "", fate]
        pipeline = world.pipeline(2)
        pipeline._parts = msgspec.structs.replace(pipeline._parts, store=store)
        lost = 0
        while True:
            try:
                pipeline.drain()
            except Unavailable:
                lost += 1
                continue
            break
        assert lost == 2
        assert sorted(row["event_id"] for row in world.lake()) == [f"m{n}" for n in range(9)]


def test_running_goes_on_after_an_outage_and_ends_when_told() -> None:
    with World() as world:
        world.intake.append([batch([1])], START)
        store = Failing(world.tables)
        store.fails = ["before"]
        pipeline = world.pipeline()
        pipeline._parts = msgspec.structs.replace(pipeline._parts, store=store)
        asked = iter(range(1000))
        pipeline.run(lambda: next(asked) > 5, lambda: START)
        assert len(world.lake()) == 1


def test_an_unreadable_decision_is_quarantined() -> None:
    with World() as world:
        world.intake.append([Record("@steward", "steward", b'{"id": 5}'), batch([1])], START)
        world.pipeline().drain()
        (refused,) = world.tables.quarantine.values()
        assert refused.source == "@steward"
        assert len(world.lake()) == 1


def test_a_value_that_nobody_owns_ties_nothing_and_alone_is_refused() -> None:
    with World() as world:
        said = {"type": "track", "event": "Seen", "anonymousId": "00000000-0000-0000-0000-000000000000"}
        body = msgspec.json.encode({"batch": [said | {"messageId": "a"}, said | {"messageId": "b", "userId": "u1"}]})
        world.intake.append([Record("web", "batch", body)], START)
        world.pipeline().drain()
        assert [row["event_id"] for row in world.lake()] == ["b"]
        assert [row.reason for row in world.tables.quarantine.values()] == ["identity"]
        assert [node.kind for node in world.tables.nodes.values()] == ["user_id"]


@pytest.mark.parametrize("most_events", [1, 1000])
def test_values_that_are_no_identifier_are_counted_by_kind_once_an_event(most_events: int) -> None:
    with World() as world:
        said = {"type": "page", "userId": "u1", "context": {"traits": {"email": "no address"}}}
        known = said | {"messageId": "a", "identifiers": {"email": ["neither", "none"], "shoe": "42"}}
        for items in ([said, known], [known, said | {"userId": "undefined"}], [said]):
            world.intake.append([Record("web", "batch", msgspec.json.encode({"batch": items}))], START)
        world.pipeline(most_events).drain()
        counted = {measure: n for (_, _, _, measure), n in world.tables.quality.items()}
        assert counted == {
            "accepted": 3, "duplicate": 1, "quarantined:identity": 1, "unreadable:email": 5, "unreadable:unknown": 1
        }  # fmt: skip


def test_memory_stays_bounded_while_customers_grow() -> None:
    with World() as world:
        pipeline = world.pipeline()
        pipeline._bounds = Bounds(identifiers=50, ciphers=20, fragments=30)
        for start in range(0, 600, 20):
            said = [
                {"type": "track", "event": "Seen", "messageId": f"x{n}", "userId": f"many-{n}"}
                for n in range(start, start + 20)
            ]
            world.intake.append([Record("web", "batch", msgspec.json.encode({"batch": said}))], START)
            pipeline.drain()
            chunks = pipeline._memory.chunks
            assert len(chunks._keyring._known) <= 50
            assert len(chunks._keyring._ciphers) <= 20
            assert len(chunks._folding._lately) <= 30
        assert len(world.tables.fragments) == 600
