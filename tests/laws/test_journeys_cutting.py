"""However the log is cut, and whoever's timers are looked at when: the same positions, paths and messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.laws.journey_world import DAY, Item, World, ends, journeys, scenes

from itda.journeys.definition import Journey

pytestmark = pytest.mark.timeout(3_600)


def finished(world: World, log: list[Item]) -> tuple[object, ...]:
    world.tick((log[-1].log_at if log else 0) + 9 * DAY)
    return world.told()


@budget(60)
@given(scenes(), journeys("other"), ends())
def test_any_cut_gives_the_same_positions_paths_and_messages(
    scene: tuple[Journey, list[Item]], other: Journey, cut: frozenset[int]
) -> None:
    journey, log = scene
    both = [journey, other]
    whole = finished(World(both).run(log), log)
    assert finished(World(both, is_eager=False).run(log), log) == whole
    assert finished(World(both, is_eager=False).run(log, cut), log) == whole


@budget(50)
@given(scenes())
def test_what_is_told_twice_is_told_once(scene: tuple[Journey, list[Item]]) -> None:
    journey, log = scene
    once = World([journey]).run(log).told()
    twice = World([journey], times=2).run(log).told()
    assert twice[:3] == once[:3]


@budget(60)
@given(scenes(), st.booleans())
def test_the_same_log_gives_the_same_again_whatever_order_people_are_looked_at(
    scene: tuple[Journey, list[Item]], is_eager: bool
) -> None:
    journey, log = scene
    again = World([journey], is_eager=is_eager, backwards=True).run(log)
    assert finished(again, log) == finished(World([journey], is_eager=is_eager).run(log), log)
