"""Who asked that all use stops is written to no more, is in no segment and no journey; what informs them still leaves.

And who is erased leaves nothing behind with those who decide and send.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.integration.deciding.world import RESCUE, SEGMENTS, event
from tests.integration.sending.world import JOURNEYS, Sending, cart, ready, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import HOUR, MINUTE
from itda.engine import membership

pytestmark = pytest.mark.server
WHO = "email:mina@example.com"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    with serving(inbox) as port, sending(shop, port) as made:
        made.shop.workspace.segments.extend(SEGMENTS)
        made.at = made.shop.app.clock()
        made.shop.app.clock = lambda: made.at  # type: ignore[method-assign]
        yield made


def bought(name: str) -> dict[str, object]:
    return event("Order Completed", name, order_id=f"o-{name}", revenue=5)


def test_a_stop_ends_segments_journeys_and_advertising_and_lets_information_leave(world: Sending, inbox: Inbox) -> None:
    world.shop.workspace.journeys[:] = [msgspec.structs.replace(RESCUE, name="later"), JOURNEYS[1]]
    world.person("mina")
    world.person("bora")
    world.tell(
        bought("mina"), bought("bora"), {**cart("mina"), "properties": {"cart_id": "waits"}}, ready("mina", "o1")
    )
    world.decide()
    assert world.members("buyers") == 2
    waiting = "select count(*) from journey_position where exited_at is null and journey = 'later'"
    before = world.rows(waiting)[0][0]
    request = world.shop.requests.open("stop", WHO)
    assert request.counts["segments left"] >= 1
    world.at += MINUTE
    world.decide()
    assert world.members("buyers") == 1
    assert (before, world.rows(waiting)[0][0]) == (1, 0)
    with (
        world.shop.lake.snapshot() as snapshot,
        world.shop.db.connection() as connection,
        membership.at(snapshot, connection, world.shop.workspace, world.at) as lake,
    ):
        assert len(list(lake.members("buyers"))) == 1, "a preview counts them no more either"
    world.tell(bought("mina"), cart("mina"))
    world.at += MINUTE
    world.send()
    world.at += 2 * HOUR
    world.send()
    assert world.members("buyers") == 1
    assert {(message, status) for message, status in world.outbox()} == {("notice", "sent")}
    assert len(inbox.mails) == 1
    assert world.shop.replay(verify=True).ok


def test_between_choice_and_departure_a_stop_holds_everything_of_who_is_to_be_erased(
    world: Sending, inbox: Inbox
) -> None:
    world.person("mina")
    world.tell(ready("mina", "o1"))
    world.decide()
    with world.shop.db.connection() as connection:  # it comes by a race: the outbox is filled after the request
        rows = connection.execute("select * from outbox").fetchall()
    request = world.shop.requests.open("erase", WHO)
    with world.shop.db.connection() as connection:
        connection.execute("update outbox set status = 'queued', reasons = ''")
    world.at += MINUTE
    world.send()
    assert (inbox.mails, len(rows)) == ([], 1)
    assert world.rows("select status, reasons from outbox") == [("cancelled", "KR-50 STOPPED")]
    assert world.shop.requests.resume(request.id).state == "done"
    for table in ("outbox", "attempt", "send_decision", "journey_position", "journey_path", "consent_state", "stopped"):
        assert world.rows(f"select count(*) from {table}") == [(0,)], table
    assert world.rows("select count(*) > 0, bool_and(not has_evidence) from consent_event") == [(True, True)]
    mails = [data.decode() for _, to, data in inbox.mails]
    assert len(mails) == 1, "the person is told that it is done"
    assert request.id[:12] in mails[0] or "=EA=B0=9C" in mails[0] or "base64" in mails[0]


def test_what_the_decider_had_under_way_goes_as_it_comes_by_the_erasure(world: Sending) -> None:
    world.person("mina")
    world.tell(cart("mina"))
    world.decide()
    kept = {table: world.rows(f"select * from {table}") for table in ("journey_position", "journey_path", "outbox")}
    assert all(kept.values())
    request = world.shop.requests.open("erase", WHO)
    for _ in range(3):
        world.shop.app.act(_proceed(request.id), world.shop.actor, "carry on")
    world.process()
    assert world.rows("select count(*) from outbox") == [(0,)]
    with world.shop.db.connection() as connection:  # as if a step had committed just after the pipeline
        for table, rows in kept.items():
            for row in rows:
                connection.execute(f"insert into {table} values ({', '.join(['%s'] * len(row))})", row)
    world.decide()
    for table in kept:
        assert world.rows(f"select count(*) from {table}") == [(0,)], table


def _proceed(made: str) -> object:
    from itda.engine.requests.carrying import Proceed

    return Proceed(made)
