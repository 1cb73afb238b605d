"""However the log is cut, and whoever's timers are looked at when: the same positions, paths and messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.laws.journey_world import DAY, Item, World, ends, journeys, logs

from itda.journeys.definition import Journey

pytestmark = pytest.mark.timeout(3_600)


def finished(world: World, log: list[Item]) -> tuple[object, ...]:
    world.tick((log[-1].log_at if log else 0) + 9 * DAY)
    return world.told()


@budget(150)
@given(journeys(), journeys("other"), logs(), ends())
def test_any_cut_gives_the_same_positions_paths_and_messages(
    one: Journey, other: Journey, log: list[Item], cut: frozenset[int]
) -> None:
    both = [one, other]
    whole = finished(World(both).run(log), log)
    assert finished(World(both, is_eager=False).run(log), log) == whole
    assert finished(World(both, is_eager=False).run(log, cut), log) == whole


@budget(80)
@given(journeys(), logs())
def test_what_is_told_twice_is_told_once(journey: Journey, log: list[Item]) -> None:
    once = World([journey]).run(log).told()
    twice = World([journey], times=2).run(log).told()
    assert twice[:3] == once[:3]


@budget(60)
@given(journeys(), logs(), st.booleans())
def test_the_same_log_gives_the_same_again_whatever_order_people_are_looked_at(
    journey: Journey, log: list[Item], is_eager: bool
) -> None:
    again = World([journey], is_eager=is_eager, backwards=True).run(log)
    assert finished(again, log) == finished(World([journey], is_eager=is_eager).run(log), log)
