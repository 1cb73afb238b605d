"""The decider and a door that takes a refusal never wait for each other in a circle."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest
from tests.integration.deciding.world import CART, DAY, MINUTE, World, event, events, world

from itda.consent.definition import SUBJECT_WIDE, ConsentEvent, ConsentKey
from itda.decisions.policy import SENDER
from itda.engine import consenting
from itda.journeys.definition import Enter, Journey, Leave, Step
from itda.journeys.selector import Selector
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send
from itda.journeys.steps.wait import Wait
from itda.store.consents import Act
from itda.store.ports import Record

pytestmark = pytest.mark.server

ASKING = Journey(
    name="asking",
    enter=Enter(event=events("Cart Viewed")),
    leave=(Leave(event=Selector(event=events("Order Completed"))),),
    steps=(
        Step(name="ask", does=Send(message="cart", channel="email"), then="pause"),
        Step(name="pause", does=Wait(delay=DAY), then="end"),
        Step(name="end", does=Exit()),
    ),
)


@pytest.fixture
def lively(shop):
    with world(shop, journeys=[ASKING]) as made:
        yield made


def test_a_refusal_and_a_step_that_end_the_same_message_come_one_after_the_other(lively: World):
    lively.tell(
        {"type": "identify", "userId": "u1", "traits": {"email": "u1@shop.example"}},
        event("Cart Viewed", "u1", cart_id="c1"),
    )
    lively.decide()
    assert lively.rows("select status from outbox") == [("queued",)]
    lively.at += MINUTE
    lively.tell(event("Order Completed", "u1", order_id="o1"))
    lively.process()
    ((fragment,),) = lively.rows("select fragment from outbox")
    faults: list[Exception] = []

    def decide() -> None:
        try:
            with contextlib.closing(lively.decider()) as decider:
                decider.drain()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            faults.append(error)

    deciding = threading.Thread(target=decide)
    lively.shop.intake.prepare(lively.at)
    with lively.shop.db.connection() as connection:
        refusal = ConsentEvent(
            id=bytes(16), key=ConsentKey(SENDER, fragment, SUBJECT_WIDE, CART.purpose, "email"), action="withdraw",
            occurred_at=lively.at, recorded_at=lively.at,
        )  # fmt: skip
        consenting.record(connection, lively.shop.workspace.consent, [(Act(refusal, "a key"), [])])
        deciding.start()
        _wait_until_somebody_waits(lively)
        told = Record("web", "track", b"{}")
        lively.shop.intake.append_in(connection, [told], lively.at)
    deciding.join(30)
    assert faults == []
    assert lively.rows("select status from outbox") == [("dropped",)]
    assert lively.rows("select exit_reason from journey_position") == [("left",)]


def _wait_until_somebody_waits(made: World) -> None:
    for _ in range(200):
        if made.rows("select count(*) from pg_locks where not granted") != [(0,)]:
            return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
