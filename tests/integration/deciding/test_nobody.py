"""What many people share is no customer: it is in no segment, in no journey, and gets no message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.deciding.world import SEGMENTS, World, event
from tests.integration.sending.world import Sending, ready, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import MINUTE
from itda.engine import membership
from itda.engine.commands.identity import ClearHub, ConfirmHub
from itda.segments.definition import Group, Segment
from itda.segments.operators.in_segment import InSegment

pytestmark = pytest.mark.server
ADDRESS = ("email", "till@example.com")
SOMEBODY = Segment(name="somebody", where=Group())
OTHERS = Segment(name="others", where=Group(none=(InSegment(segment="buyers"),)))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    with serving(inbox) as port, sending(shop, port) as made:
        made.shop.workspace.segments.extend([*SEGMENTS, SOMEBODY, OTHERS])
        made.at = made.shop.app.clock()
        yield made


def bought(name: str, order: str) -> dict[str, object]:
    return {**event("Order Completed", name, order_id=order, revenue=5), "identifiers": {"email": ADDRESS[1]}}


def decided_anew(world: World, command: object) -> None:
    world.shop.act(command, "the till's own address")
    world.at = world.shop.app.clock()
    world.decide()


def kept(world: World) -> dict[str, set[bytes]]:
    found: dict[str, set[bytes]] = {segment.name: set() for segment in world.shop.workspace.segments}
    for name, customer in world.rows("select segment, customer from segment_member"):
        found[name].add(bytes(customer))
    return found


def asked_of_the_lake(world: World) -> dict[str, set[bytes]]:
    shop = world.shop
    with shop.lake.snapshot() as snapshot, shop.db.connection() as connection:
        (row,) = connection.execute("select log_time from cursor where name = 'decider'").fetchall()
        with membership.at(snapshot, connection, shop.workspace, row[0]) as lake:
            return {segment.name: set(lake.members(segment.name)) for segment in shop.workspace.segments}


def test_a_confirmed_hub_is_in_no_segment_live_and_in_batch_until_it_is_cleared(world: Sending):
    only_address = {"type": "track", "event": "Order Completed", "identifiers": {"email": ADDRESS[1]},
                    "properties": {"order_id": "o9", "revenue": 5}}  # fmt: skip
    world.tell(bought("mina", "o1"), bought("bora", "o2"), only_address)
    world.decide()
    assert kept(world) == asked_of_the_lake(world)
    assert len(kept(world)["buyers"]) == 2
    decided_anew(world, ConfirmHub(ADDRESS))
    assert kept(world) == asked_of_the_lake(world)
    assert (len(kept(world)["buyers"]), len(kept(world)["somebody"])) == (2, 2)
    world.tell(only_address)
    world.decide()
    assert kept(world) == asked_of_the_lake(world)
    assert len(kept(world)["somebody"]) == 2
    decided_anew(world, ClearHub(ADDRESS))
    assert kept(world) == asked_of_the_lake(world)
    assert len(kept(world)["buyers"]) == 2


def test_an_address_alone_leaves_its_segments_as_it_turns_out_a_hub_and_comes_back(world: Sending):
    world.tell({"type": "track", "event": "Order Completed", "identifiers": {"email": ADDRESS[1]},
                "properties": {"order_id": "o9", "revenue": 5}})  # fmt: skip
    world.decide()
    assert len(kept(world)["buyers"]) == 1
    decided_anew(world, ConfirmHub(ADDRESS))
    assert kept(world) == asked_of_the_lake(world)
    assert not any(kept(world).values())
    assert world.rows("select count(*) from wake") == [(0,)]
    decided_anew(world, ClearHub(ADDRESS))
    assert kept(world) == asked_of_the_lake(world)
    assert len(kept(world)["buyers"]) == 1


def test_a_hub_enters_no_journey_and_what_waits_for_it_is_not_sent(world: Sending, inbox: Inbox):
    notice = {key: value for key, value in ready("", "o1").items() if key != "userId"}
    notice |= {"identifiers": {"email": ADDRESS[1]}}
    world.tell(notice)
    world.decide()
    assert world.outbox() == [("notice", "queued")]
    world.shop.act(ConfirmHub(ADDRESS), "the till's own address")
    world.process()
    world.at = world.shop.app.clock() + MINUTE
    world.send()
    world.tell({**notice, "properties": {"order_id": "o2"}})
    world.send()
    assert inbox.mails == []
    assert [status for _, status in world.outbox()] == ["dropped"]
    assert world.rows("select reasons from outbox") == [("NO_CUSTOMER",)]
    assert world.rows("select count(*) from journey_position") == [(1,)]


def test_somebody_who_turns_out_a_hub_leaves_the_journeys_they_are_in(world: Sending):
    from tests.integration.deciding.world import RESCUE

    world.shop.workspace.journeys[:] = [RESCUE]
    world.tell({"type": "track", "event": "Cart Viewed", "identifiers": {"email": ADDRESS[1]},
                "properties": {"cart_id": "c1"}})  # fmt: skip
    world.decide()
    active = "select count(*) from journey_position where exited_at is null"
    before = world.rows(active)[0][0]
    assert before > 0
    decided_anew(world, ConfirmHub(ADDRESS))
    assert world.rows(active) == [(0,)]
    said = world.rows("select p.detail from journey_path p where p.what = 'exited' order by p.log_at desc limit 1")
    assert "no customer" in said[0][0]
