"""What holds of every path: it can be walked again, it ends once, no wait ends early, and who bought is left alone."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from tests.laws.identity_world import budget
from tests.laws.journey_world import DAY, FRAGMENTS, Item, Join, Part, World, journeys, scenes

from itda.experiments import assign
from itda.journeys.definition import Journey, decode, encode
from itda.journeys.happening import Occurred, SegmentEntered
from itda.journeys.moves import Move
from itda.journeys.position import Position, apply
from itda.journeys.position import decode as decode_position
from itda.journeys.position import encode as encode_position
from itda.journeys.steps.wait import Wait
from itda.journeys.steps.wait_for import WaitFor

pytestmark = pytest.mark.timeout(3_600)


def walked(journey: Journey, log: list[Item]) -> World:
    world = World([journey]).run(log)
    world.tick((log[-1].log_at if log else 0) + 2 * DAY)
    return world


@budget(60)
@given(scenes())
def test_applying_the_recorded_moves_again_gives_the_same_positions(scene: tuple[Journey, list[Item]]) -> None:
    journey, log = scene
    world = walked(journey, log)
    for key, path in world.path.items():
        stored = [msgspec.msgpack.decode(msgspec.msgpack.encode(move), type=Move) for move in path]
        rebuilt: Position | None = None
        for move in stored:
            rebuilt = apply(rebuilt, move)
            assert apply(rebuilt, move) == rebuilt
        assert rebuilt == world.positions[key]
        assert decode_position(encode_position(world.positions[key])) == world.positions[key]


@budget(60)
@given(journeys())
def test_a_kept_journey_is_read_back_in_the_same_version(journey: Journey) -> None:
    assert decode(encode(journey)) == journey
    assert decode(encode(journey)).version == journey.version


@budget(60)
@given(scenes())
def test_who_entered_is_in_it_or_went_out_once_for_one_reason(scene: tuple[Journey, list[Item]]) -> None:
    journey, log = scene
    world = walked(journey, log)
    out = Counter(position.exit_reason for position in world.positions.values() if not position.is_active)
    assert len(world.path) == sum(position.is_active for position in world.positions.values()) + sum(out.values())
    assert None not in out
    for key, path in world.path.items():
        said = [move.what for move in path]
        assert [move.seq for move in path] == list(range(len(path)))
        assert said[0] == "entered"
        assert said.count("entered") == 1
        assert said.count("exited") == (not world.positions[key].is_active)
        assert said.count("goal") <= 1
        if "exited" in said:
            assert set(said[said.index("exited") + 1 :]) <= {"goal", "messaged", "unsent"}


@budget(150)
@given(scenes())
def test_no_wait_ends_before_its_time_nor_before_what_was_acknowledged_by_then(
    scene: tuple[Journey, list[Item]],
) -> None:
    journey, log = scene
    world = walked(journey, log)
    for path in world.path.values():
        for earlier, later in pairwise(path):
            does = journey.by_name[earlier.step].does
            if not isinstance(does, Wait | WaitFor) or earlier.due_at is None or later.at != earlier.due_at:
                continue
            delay = does.delay if isinstance(does, Wait) else does.within
            assert later.log_at >= later.at
            assert later.at >= max(earlier.at + delay, earlier.log_at)


@budget(120)
@given(scenes())
def test_an_order_acknowledged_by_the_timers_time_always_stops_the_message(scene: tuple[Journey, list[Item]]) -> None:
    journey, log = scene
    goal = journey.goal
    if goal is None:
        return
    world = walked(journey, log)
    for key, path in world.path.items():
        position = world.positions[key]
        group = {position.fragment}
        entered = _index_of_entry(log, position)
        orders = []
        groups = {one: {one} for one in FRAGMENTS}
        for index, item in enumerate(log):
            _regroup(groups, item)
            group = groups[position.fragment]
            event = item.what
            if index > entered and isinstance(event, Occurred) and event.fragment in group:
                is_history = event.is_late and event.occurred_at < position.entered_at
                if goal.takes(event, position.correlation) and not is_history:
                    orders.append(event.received_at)
        for move in path:
            if move.what in ("intended", "held out") and move.read < 0:
                assert not [at for at in orders if at <= move.log_at]


def _index_of_entry(log: list[Item], position: Position) -> int:
    """The place in the log of what somebody came in by."""
    for index, item in enumerate(log):
        what = item.what
        if isinstance(what, Occurred) and position.entry_event == f"{what.source}/{what.event_id}":
            return index
        is_segment = isinstance(what, SegmentEntered) and what.fragment == position.fragment
        if is_segment and position.entry_event == f"segment/{what.segment}/{what.at}":
            return index
    raise AssertionError(position.entry_event)


def _regroup(groups: dict[bytes, set[bytes]], item: Item) -> None:
    if isinstance(item.what, Join):
        whole = groups[item.what.a] | groups[item.what.b]
        for one in whole:
            groups[one] = whole
    elif isinstance(item.what, Part):
        for other in groups[item.what.fragment] - {item.what.fragment}:
            groups[other] = groups[other] - {item.what.fragment}
        groups[item.what.fragment] = {item.what.fragment}


@budget(50)
@given(scenes())
def test_who_is_held_out_goes_the_same_way_and_is_sent_nothing(scene: tuple[Journey, list[Item]]) -> None:
    journey, log = scene
    quiet = walked(msgspec.structs.replace(journey, holdout=1.0), log)
    loud = walked(msgspec.structs.replace(journey, holdout=0.0), log)
    assert not any(quiet.intents.values())
    asked = [move for path in loud.path.values() for move in path if move.what == "intended"]
    assert len(asked) == sum(map(len, loud.intents.values()))
    told = ("messaged", "unsent")
    assert {key: [(m.what, m.step, m.at) for m in path] for key, path in quiet.path.items()} == {
        key: [("held out" if m.what == "intended" else m.what, m.step, m.at) for m in path if m.what not in told]
        for key, path in loud.path.items()
    }


def test_a_share_of_people_is_held_out_and_stays_so() -> None:
    people = [n.to_bytes(16, "big") for n in range(10_000)]
    held = {one for one in people if assign.arm(b"seed", "rescue", one, 0.1) == "holdout"}
    assert 850 < len(held) < 1_150
    assert held <= {one for one in people if assign.arm(b"seed", "rescue", one, 0.2) == "holdout"}
    other = {one for one in people if assign.arm(b"seed", "other", one, 0.1) == "holdout"}
    assert len(held & other) < 200
    assert not any(assign.arm(b"seed", "rescue", one, 0.0) == "holdout" for one in people)
    assert all(assign.arm(b"seed", "rescue", one, 1.0) == "holdout" for one in people)
