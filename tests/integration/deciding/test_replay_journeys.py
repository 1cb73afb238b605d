"""Journeys and segments rebuilt: by the moves in the lake, and by folds made anew."""

from __future__ import annotations

import random

import msgspec
import pytest
from tests.integration.deciding.test_decider_laws import story
from tests.integration.deciding.world import HOUR, EventsTest, Group, Segment, World, event, events, world

pytestmark = pytest.mark.server


@pytest.fixture
def lived(shop):
    with world(shop) as made:
        story(made, random.Random(5), 8, between=made.decide)
        made.at += HOUR
        made.decide()
        yield made


def differences(made: World) -> set[str]:
    return {found.table for found in made.shop.replay(verify=True).differences}


def test_what_is_rebuilt_is_what_lives_and_a_changed_row_is_named(lived: World):
    assert differences(lived) == set()
    for table, change in {
        "journey_position": "update journey_position set step = 'nowhere' where id = (select min(id) from journey_position)",
        "journey_path": "delete from journey_path where position_id = (select min(id) from journey_position) and seq = 0",
        "segment_member": "delete from segment_member where customer = (select min(customer) from segment_member)",
    }.items():
        with lived.shop.db.connection() as connection:
            assert connection.execute(change.encode()).rowcount
        assert table in differences(lived)
    lived.shop.replay(verify=False)
    lived.decide()
    assert differences(lived) == set()


def test_moves_are_no_events_of_customers(lived: World):
    ((moves,),) = lived.rows("select count(*) from journey_path")
    assert moves > 5
    with lived.shop.lake.snapshot() as snapshot, snapshot.duckdb(["name"]) as duck:
        names = {name for (name,) in duck.execute("select distinct name from lake").fetchall()}
    assert not {name for name in names if name.startswith("Journey")}
    assert snapshot.rows > moves


def test_a_segment_on_a_past_that_nobody_folded_is_not_answered_before_a_replay(lived: World):
    carts = Segment(name="carts", where=Group(all=(EventsTest(events=events("Cart Viewed")),)))
    given = lived.shop.workspace
    lived.shop.workspace = msgspec.structs.replace(given, segments=[*given.segments, carts])
    lived.tell(event("Cart Viewed", "u1", cart_id="c9"))
    lived.decide()
    assert lived.members("carts") == 0
    lived.shop.replay(verify=False)
    lived.decide()
    assert lived.members("carts") > 1
