"""Who pauses the use of where they are is in no segment and gets no message by it, and nothing more of it is taken in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.integration.deciding.world import event
from tests.integration.sending.world import Sending, journey, sending
from tests.mail_server import Inbox, serving

from itda.access.actor import Actor
from itda.base.instant import MINUTE
from itda.engine import membership
from itda.engine.commands.mine import Pause
from itda.profiles.events import Events
from itda.segments.definition import Group, Segment
from itda.segments.operators.events import EventsTest

pytestmark = pytest.mark.server
VISITS = EventsTest(events=Events(name="Store Visited"))
MINA = Actor(name="customer", role="customer", system="centre")


@pytest.fixture
def world(shop: Path) -> Iterator[Sending]:
    with serving(Inbox()) as port, sending(shop, port) as made:
        made.shop.workspace = msgspec.structs.replace(
            made.shop.workspace,
            segments=[Segment(name="visitors", where=Group(all=(VISITS,)))],
            journeys=[journey("hello", "Store Visited", "notice")],
        )
        made.person("mina")
        made.tell(event("Store Visited", "mina", store_id="S1"))
        made.decide()
        yield made


def pause(world: Sending, *, is_paused: bool) -> None:
    rows = world.rows("select fragment from identifier where kind = 'email'")
    made = Pause(proven=(bytes(rows[0][0]),), purpose="location", is_paused=is_paused, language="ko")
    assert world.shop.app.act(made, MINA).value.changed == 1


def in_lake(world: Sending, segment: str) -> int:
    """How many are in a segment by the whole lake, as a preview counts them."""
    with (
        world.shop.lake.snapshot() as snapshot,
        world.shop.db.connection() as connection,
        membership.at(snapshot, connection, world.shop.workspace, world.at) as lake,
    ):
        return len(list(lake.members(segment)))


def test_who_pauses_it_leaves_segments_and_gets_no_message_by_it_and_nothing_more_is_taken_in(world: Sending) -> None:
    assert (world.members("visitors"), in_lake(world, "visitors")) == (1, 1)
    pause(world, is_paused=True)
    world.at += MINUTE
    world.send()
    assert (world.members("visitors"), in_lake(world, "visitors")) == (0, 0)
    assert world.rows("select status, reasons from outbox") == [("dropped", "LOCATION_PAUSED")]
    before = world.rows("select sum(events)::int from fragment")
    world.tell(event("Store Visited", "mina", store_id="S2"))
    world.decide()
    assert world.rows("select sum(events)::int from fragment") == before
    assert world.rows("select name, reason from quarantine") == [("Store Visited", "location")]
    pause(world, is_paused=False)
    world.tell(event("Store Visited", "mina", store_id="S3"))
    world.decide()
    assert (world.members("visitors"), in_lake(world, "visitors")) == (1, 1)
    assert world.shop.replay(verify=True).ok


def test_a_device_that_shares_no_identifier_with_the_pause_is_theirs_once_joined(world: Sending) -> None:
    pause(world, is_paused=True)
    seen = event("Store Visited", "mina", store_id="S1")
    world.tell({**event("Product Viewed", "mina", product_id="p"), "anonymousId": "phone"})
    world.process()
    alone = {key: value for key, value in seen.items() if key not in {"userId", "identifiers"}} | {
        "anonymousId": "phone"
    }
    world.tell(alone | {"messageId": "alone"})
    world.process()
    assert world.rows("select name, reason from quarantine") == [("Store Visited", "location")]
