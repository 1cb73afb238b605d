"""One customer with more carts than a person can have: they cost as much as others, and everybody else goes on."""

from __future__ import annotations

import msgspec
import pytest
from tests.integration.deciding.world import DAY, HOUR, MINUTE, RESCUE, World, event, world

from itda.journeys.definition import Again
from itda.journeys.enter import MOST_AT_ONCE
from itda.store import engagement, outbox

pytestmark = pytest.mark.server

CARTS = 300
ALWAYS_WAIT = 20
"""What the rule `waiting` lets wait where the brand says nothing."""


@pytest.fixture
def lively(shop):
    with world(shop, journeys=[RESCUE]) as made:
        yield made


def flood(made: World, who: str, n: int) -> None:
    made.tell(
        {"type": "identify", "userId": who, "traits": {"email": f"{who}@shop.example"}},
        *(event("Cart Viewed", who, cart_id=f"{who} {place}") for place in range(n)),
    )


def test_of_three_hundred_carts_of_one_customer_a_hundred_are_followed_and_twenty_messages_wait(lively: World):
    flood(lively, "flooder", CARTS)
    flood(lively, "other", 1)
    lively.decide()
    assert lively.rows("select why, n from journey_declined") == [("crowded", CARTS - MOST_AT_ONCE)]
    lively.at += HOUR + MINUTE
    lively.decide()
    told = lively.rows(
        "select o.status, o.reasons, count(*) from outbox o join journey_position p on p.id = o.position_id"
        " where p.correlation like 'flooder%' group by 1, 2 order by 3"
    )
    assert told[0] == ("queued", "", ALWAYS_WAIT)
    assert [(status, n) for status, _, n in told] == [
        ("queued", ALWAYS_WAIT), ("dropped", MOST_AT_ONCE - ALWAYS_WAIT),
    ]  # fmt: skip
    assert "waiting TOO_MANY_WAIT" in told[1][1]
    assert lively.path("rescue").count(("unsent", "ask")) == MOST_AT_ONCE - ALWAYS_WAIT, "journeys know why"
    assert lively.rows("select status from outbox o join journey_position p on p.id = o.position_id"
                       " where p.correlation = 'other 0'") == [("queued",)]  # fmt: skip


def test_who_was_followed_too_often_comes_in_again_when_the_goals_time_is_over(lively: World):
    flood(lively, "flooder", CARTS)
    lively.decide()
    lively.at += 3 * DAY + HOUR
    lively.tell(event("Cart Viewed", "flooder", cart_id="later"))
    lively.decide()
    assert lively.rows("select count(*) from journey_position where correlation = 'later'") == [(1,)]


def test_a_cart_of_long_ago_forbids_its_like_however_many_came_since(lively: World):
    once = msgspec.structs.replace(RESCUE, again=Again(is_allowed=False))
    lively.shop.workspace = msgspec.structs.replace(lively.shop.workspace, journeys=[once])
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.decide()
    lively.at += 4 * DAY
    lively.tell(*(event("Cart Viewed", "u1", cart_id=f"c{place}") for place in (1, 2, 3)))
    lively.decide()
    assert lively.rows("select correlation from journey_position order by 1") == [("c1",), ("c2",), ("c3",)]
    assert lively.rows("select why, n from journey_declined") == [("again", 1)]


def test_what_is_read_of_one_persons_messages_has_an_end(lively: World):
    flood(lively, "flooder", 1)
    lively.decide()
    lively.at += HOUR + MINUTE
    lively.decide()
    with lively.shop.db.connection() as connection:
        columns = "message, message_version, channel, class, purpose, variant, language, fragment, contact, status"
        for status, made in (("held", "1"), ("sent", "2")):
            connection.execute(
                f"insert into outbox (id, journey, step, {columns}, not_before, created_at, expires_at, priority)"
                f" select decode(md5(n || '{made}'), 'hex'), '', '', {columns.replace('status', f'{status!r}')}, n, n,"
                " expires_at, n % 7 from outbox, generate_series(1, 1200) as n where status = 'queued'"
            )
        connection.execute(
            "insert into attempt (id, outbox, n, message_id, started_at, consent_seq)"
            " select id, id, 1, encode(id, 'hex'), created_at, 0 from outbox where status = 'sent'"
        )
        ((fragment,),) = connection.execute("select distinct fragment from outbox").fetchall()
        waiting = outbox.waiting_for(connection, [fragment])
        sent = outbox.sent_to(connection, [fragment], 0)
    assert len(waiting) == engagement.MOST_WAITING
    assert min(one.priority for _, one in waiting) == 4, "the most important are read"
    assert len(sent) == engagement.MOST_SENT
    assert min(one.at for _, one in sent) == 1200 - engagement.MOST_SENT + 1, "the latest are read"
