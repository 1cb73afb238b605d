"""What is too much for one step is taken on in parts, and comes out the same."""

from __future__ import annotations

import contextlib

import pytest
from tests.integration.deciding.world import MINUTE, World, event, world

from itda.base.errors import Unavailable
from itda.engine.deciding.decider import Limits
from itda.store.lake.following import Following

pytestmark = pytest.mark.server

PAIRS = 8


@pytest.fixture
def lively(shop):
    with world(shop) as made:
        yield made


def seen(who: str, **more: str) -> dict:
    return (
        {"type": "track", "event": "Product Viewed", "properties": {"product_id": "p"}}
        | ({"userId": who} if who else {})
        | more
    )


def test_more_changes_of_who_is_whom_than_a_step_takes_are_all_known_before_what_happened_after(lively: World):
    lively.decide()  # the definitions are in force
    lively.tell(*(event("Search Done", f"u{n}") for n in range(PAIRS)))
    lively.at += MINUTE
    strangers = [f"a-long-anonymous-{n}" for n in range(PAIRS)]
    lively.tell(*(seen("", anonymousId=one) for one in strangers for _ in range(2)))
    lively.decide()
    before = lively.rows("select distinct since from segment_member where segment = 'lookers'")
    assert len(before) == 1
    lively.at += MINUTE
    lively.tell(*(seen(f"u{n}", anonymousId=one) for n, one in enumerate(strangers)))
    lively.decide(Limits(resolved=1))
    assert lively.members("lookers") == PAIRS
    since = lively.rows("select distinct since from segment_member where segment = 'lookers'")
    assert since == before, "whoever was in it before they were joined did not come in anew"
    assert lively.rows("select count(*) from journey_position where journey = 'welcome'") == [(PAIRS,)]


def test_a_step_too_long_for_the_servers_patience_is_done_in_smaller_ones(lively: World):
    lively.tell(*(event("Cart Viewed", f"u{n}", cart_id=f"c{n}") for n in range(400)))
    lively.process()
    with contextlib.closing(lively.decider(Limits(patience_s=0.004))) as decider:
        for _ in range(40):
            with contextlib.suppress(Unavailable):
                decider.drain()
                break
        assert decider.pace.slowed > 0
    assert lively.rows("select count(*) from journey_position") == [(400,)]
    assert lively.rows("select count(*) from wake") == [(400,)]


def test_the_first_frames_of_a_portion_are_whole_and_followed_by_the_rest(lively: World):
    for n in range(5):
        lively.tell(*(event("Cart Viewed", f"u{n}", cart_id=f"{n} {place}") for place in range(4)))
        lively.at += MINUTE
    lively.process()
    following = Following(lively.shop.lake)
    whole = following.after(0)
    part = whole.first(6)
    assert (part.rows, part.position, part.is_end) == (8, 2, False), "the frame that holds the sixth row is in it"
    assert part.log_time < whole.log_time
    assert sum(len(full()) for full in part.full) == 8
    rest = following.after(part.position)
    assert (part.rows + rest.rows, rest.position) == (whole.rows, whole.position)
    assert whole.first(10_000) is whole
    assert whole.first(1).position == 1
