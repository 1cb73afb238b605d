"""Cut as one likes, repeated, killed or replaced: the same is decided, once."""

from __future__ import annotations

import contextlib
import random

import pytest
from tests.integration.deciding.world import DAY, HOUR, MINUTE, World, event, world

from itda.base.errors import Conflict
from itda.engine.compactor import Compactor
from itda.engine.deciding.decider import Limits

pytestmark = pytest.mark.server


@pytest.fixture
def lively(shop):
    with world(shop) as made:
        yield made


def story(made: World, chance: random.Random, frames: int, between=lambda: None) -> None:
    """Some frames of carts, orders, looks and consents of a few people, with time between them."""
    for _ in range(frames):
        made.at += chance.choice((MINUTE, 20 * MINUTE, HOUR + 1, 5 * HOUR))
        told = []
        for _ in range(chance.randrange(1, 4)):
            who = f"u{chance.randrange(6)}"
            cart = f"c{chance.randrange(4)}"
            name = chance.choice(("Cart Viewed", "Cart Viewed", "Order Completed", "Product Viewed", "Search Done"))
            body = event(name, who, cart_id=cart, order_id=f"o{chance.randrange(99)}", product_id="p")
            if chance.random() < 0.3:
                body = body | {"context": {"traits": {"email": f"{who}@shop.example"}}}
            told.append(body)
        made.tell(*told)
        between()


def without_segment_journeys(decided):
    """Segments are looked at when a portion is committed: what begins by them depends on that; events do not."""
    return {
        "journey_position": [row for row in decided["journey_position"] if row[1] == "rescue"],
        "outbox": [row for row in decided["outbox"] if row[2] == "rescue"],
        "segment_member": decided["segment_member"],
    }


@pytest.mark.parametrize("seed", range(3))
def test_any_cutting_of_the_log_decides_the_same(lively: World, seed):
    story(lively, random.Random(seed), 12)
    lively.at += DAY
    lively.process()
    found = []
    for rows, limits in ((20_000, Limits()), (1, Limits(due=1, waking=1, resolved=1, renewed=1)), (3, Limits(due=2))):
        lively.forget()
        with contextlib.closing(lively.decider(limits, most_rows=rows)) as decider:
            decider.drain()
        found.append(without_segment_journeys(lively.decided()))
    assert len(found[0]["journey_position"]) > 3
    assert found[0] == found[1] == found[2]


def test_deciding_as_it_comes_is_deciding_at_the_end(lively: World):
    story(lively, random.Random(7), 10, between=lively.decide)
    lively.at += DAY
    lively.decide()
    live = without_segment_journeys(lively.decided())
    lively.forget()
    lively.decide()
    assert without_segment_journeys(lively.decided()) == live


def test_a_decider_that_was_replaced_changes_nothing(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.process()
    with contextlib.closing(lively.decider()) as old, contextlib.closing(lively.decider()) as new:
        assert old.step()
        lively.tell(event("Cart Viewed", "u2", cart_id="c2"))
        lively.process()
        assert new.step(is_tick=True)
        before = lively.decided()
        lively.tell(event("Cart Viewed", "u3", cart_id="c3"))
        lively.process()
        with pytest.raises(Conflict):
            old.step()
        assert lively.decided() == before


def test_everybody_who_entered_is_in_or_out_by_a_reason(lively: World):
    story(lively, random.Random(11), 14, between=lively.decide)
    ((entered, active, exited),) = lively.rows(
        "select count(*), count(*) filter (where exited_at is null), count(exit_reason) from journey_position"
    )
    assert entered == active + exited > 3
    assert lively.rows("select count(*) from journey_path where what = 'entered'") == [(entered,)]
    told = lively.rows("select count(*) from journey_path where seq >= 0")
    assert told == lively.rows("select sum(1) from journey_path")


@pytest.mark.parametrize("rows", [1, 4, 20_000])
def test_what_the_compactor_put_into_files_is_decided_as_from_the_tail(lively: World, rows):
    story(lively, random.Random(2), 12)
    lively.at += DAY
    lively.process()
    with contextlib.closing(lively.decider()) as decider:
        decider.drain()
    wanted = without_segment_journeys(lively.decided())
    lively.forget()
    Compactor(lively.shop.db, lively.shop.workspace.lake_dir).settle()
    assert lively.rows("select count(*) from lake_file") != [(0,)]
    with contextlib.closing(lively.decider(most_rows=rows)) as decider:
        decider.drain()
    assert without_segment_journeys(lively.decided()) == wanted
