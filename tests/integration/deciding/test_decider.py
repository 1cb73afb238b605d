"""The decider over a real store: events become memberships, journeys and what is to be sent."""

from __future__ import annotations

import pytest
from tests.integration.deciding.world import HOUR, MINUTE, World, event, world

pytestmark = pytest.mark.server


@pytest.fixture
def lively(shop):
    with world(shop) as made:
        yield made


def test_an_event_makes_a_member_and_passing_time_ends_it(lively: World):
    lively.tell(event("Product Viewed", "u1", product_id="p1"), event("Product Viewed", "u1", product_id="p2"))
    lively.decide()
    assert lively.members("lookers") == 1
    assert lively.members("silent") == 0
    lively.at += 4 * 24 * HOUR
    lively.decide()
    assert lively.members("lookers") == 0
    assert lively.members("silent") == 1


def test_a_cart_left_alone_is_asked_about_after_an_hour_and_one_that_was_bought_is_not(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"), event("Cart Viewed", "u2", cart_id="c2"))
    lively.decide()
    lively.at += 59 * MINUTE
    lively.tell(event("Order Completed", "u2", order_id="o1"))
    lively.decide()
    lively.at += 2 * MINUTE
    lively.decide()
    found = dict(lively.rows("select correlation, exit_reason from journey_position"))
    assert found == {"c1": "finished", "c2": "goal"}
