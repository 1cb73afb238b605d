"""Journeys and segments rebuilt: by the moves in the lake, and by folds made anew."""

from __future__ import annotations

import random

import msgspec
import pytest
from tests.integration.deciding.test_decider_laws import story
from tests.integration.deciding.world import HOUR, EventsTest, Group, Segment, World, event, events, world
from tests.integration.pipeline.test_rebuild import rewrite

from itda.store.lake.block import JOURNEYS_SOURCE

pytestmark = pytest.mark.server


@pytest.fixture
def lived(shop):
    with world(shop) as made:
        story(made, random.Random(5), 8, between=made.decide)
        made.tell(*(consent(f"u{one}", is_given=one > 2) for one in range(6)))
        made.at += HOUR
        made.decide()
        yield made


def consent(who: str, *, is_given: bool) -> dict:
    said = event("Consent Changed", who, purpose="ad_receive", channel="email", is_given=is_given)
    return said | {"context": {"traits": {"email": f"{who}@shop.example"}}}


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


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happened_what_is_rebuilt_is_what_lives(shop, seed):
    chance = random.Random(seed)
    people = [f"u{one}" for one in range(6)]
    with world(shop) as made:
        for _ in range(3):
            story(made, chance, 3, between=made.decide)
            made.tell(*(consent(who, is_given=chance.random() < 0.5) for who in people if chance.random() < 0.5))
            made.tell({"type": "identify", "userId": chance.choice(people), "anonymousId": "a-long-anonymous-1"})
            made.tell({"type": "track", "event": "Cart Viewed", "anonymousId": "a-long-anonymous-1",
                       "properties": {"cart_id": "c1"}})  # fmt: skip
            made.decide()
        assert made.rows("select count(*) from journey_path")[0][0] > 10
        assert made.rows("select count(*) from consent_state")[0][0] > 3
        assert differences(made) == set()


def test_a_consent_that_is_not_what_its_ledger_says_is_named_and_made_anew(lived: World):
    with lived.shop.db.connection() as connection:
        connection.execute("update consent_state set status = 'granted', refused_at = null where status = 'withdrawn'")
    (found,) = [one for one in lived.shop.replay(verify=True).differences if one.table != "segment_member"]
    assert (found.table, found.column, found.live, found.rebuilt) == ("consent_state", "status", "granted", "withdrawn")
    lived.shop.replay(verify=False)
    lived.decide()
    assert differences(lived) == set()
    with lived.shop.db.connection() as connection:
        connection.execute("delete from consent_state where status = 'withdrawn'")
    assert "consent_state" in differences(lived)


def test_an_altered_decision_is_named(lived: World):
    altered = []

    def alter(row):
        if not altered and row["source"] == JOURNEYS_SOURCE and row["name"] == "Journey Exited":
            told = msgspec.json.decode(row["properties"])
            altered.append(told["move"]["reason"])
            told["move"]["reason"] = "goal" if told["move"]["reason"] == "finished" else "finished"
            row["properties"] = msgspec.json.encode(told)
        return row

    rewrite(lived.shop, alter)
    assert altered
    assert differences(lived) == {"journey_path", "journey_position"}


def test_a_lost_decision_is_named(lived: World):
    lost = []

    def lose(row):
        if not lost and row["source"] == JOURNEYS_SOURCE and row["name"] == "Journey Exited":
            lost.append(row)
            return None
        return row

    rewrite(lived.shop, lose)
    assert lost
    assert differences(lived) == {"journey_path", "journey_position"}


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
