"""Merge: of two positions that may not be together the later goes, whoever is named first; a cut revives none."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.laws.journey_world import DAY, FRAGMENTS, SEED, Item, Join, Part, Standing, World, scenes

from itda.journeys.definition import Journey, Step
from itda.journeys.enter import merged
from itda.journeys.position import Position, position_id
from itda.journeys.steps.wait import Wait

pytestmark = pytest.mark.timeout(3_600)


def patient(journey: Journey) -> Journey:
    """The same with nothing but a long wait: many are in it at once."""
    wait = Step(name="long", does=Wait(delay=20 * DAY), then="done")
    return msgspec.structs.replace(journey, steps=(wait, journey.by_name["done"]), leave=())


def joined(journey: Journey, log: list[Item]) -> list[Position]:
    """The positions of four people who never met, whom somebody finds to be one."""
    alone = [item for item in log if not isinstance(item.what, Join)]
    return list(World([journey]).run(alone).positions.values())


@budget(60)
@given(scenes(), st.randoms(use_true_random=False))
def test_of_two_that_may_not_be_together_the_later_goes(scene: tuple[Journey, list[Item]], chance: object) -> None:
    journey, log = patient(scene[0]), scene[1]
    positions = joined(journey, log)
    at = log[-1].log_at if log else 0
    gone = {one.position.id: one.position for one in merged(journey, positions, Standing(), at)}
    shuffled = list(positions)
    chance.shuffle(shuffled)
    assert {one.position.id: one.position for one in merged(journey, shuffled, Standing(), at)} == gone
    after = [gone.get(one.id, one) for one in positions]
    assert merged(journey, after, Standing(), at) == []
    for one, other in combinations([one for one in after if one.is_active], 2):
        assert one.correlation != other.correlation
    for one in gone.values():
        assert one.exit_reason == "merged"
        earlier = [
            other for other in after
            if other.correlation == one.correlation and other.exit_reason != "merged"
            and (other.entered_at, other.entered_log_at, other.id) < (one.entered_at, one.entered_log_at, one.id)
        ]  # fmt: skip
        assert earlier
        stays = [other.is_active or not journey.again.is_allowed for other in earlier]
        assert any(stays) or min(one.entered_at - other.entered_at for other in earlier) < journey.again.after


@budget(50)
@given(scenes())
def test_no_merge_and_no_cut_rewrites_a_position_or_brings_anybody_back(scene: tuple[Journey, list[Item]]) -> None:
    journey, log = scene
    world = World([journey])
    out: dict[bytes, Position] = {}
    for item in log:
        world.run([item])
        for fragment in FRAGMENTS:
            if isinstance(item.what, Part):
                world.take(Item(item.log_at, Part(fragment)))
        for key, position in world.positions.items():
            entry = (position.journey, position.fragment, position.entry_event, position.correlation)
            assert key == position.id == position_id(SEED, *entry)
            if key in out:
                before = out[key]
                assert (position.exited_at, position.exit_reason, position.step, position.due_at) == (
                    before.exited_at, before.exit_reason, before.step, None,
                )  # fmt: skip
            if not position.is_active:
                out.setdefault(key, position)


@budget(50)
@given(scenes())
def test_nobody_is_in_one_journey_twice_for_the_same_thing(scene: tuple[Journey, list[Item]]) -> None:
    journey, log = patient(scene[0]), scene[1]
    world = World([journey])
    for item in log:
        world.run([item])
        active = [one for one in world.positions.values() if one.is_active]
        for one, other in combinations(active, 2):
            is_one_person = other.fragment in world.groups[one.fragment]
            assert not (is_one_person and one.correlation == other.correlation)
