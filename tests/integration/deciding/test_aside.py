"""Our own fault with one person: they are put aside and counted, everybody else goes on, and so do they when asked for."""

from __future__ import annotations

import pytest
from tests.integration.deciding.world import HOUR, MINUTE, World, event, world

from itda.engine import doctor
from itda.engine.questions.aside import GoOn, PutAside

pytestmark = pytest.mark.server

PERSON = "select i.fragment from identifier i where i.kind = 'user_id' order by i.first_at limit 1"


@pytest.fixture
def lively(shop):
    with world(shop) as made:
        yield made


def known(made: World, *people: str) -> None:
    """People with an address and a cart each, one after the other."""
    for who in people:
        made.at += MINUTE
        made.tell(
            {"type": "identify", "userId": who, "traits": {"email": f"{who}@shop.example"}},
            event("Cart Viewed", who, cart_id=f"cart of {who}"),
        )
    made.decide()


def broken(made: World, table: str, cart: str) -> bytes:
    """Make what is kept of the person with this cart unreadable; what it was."""
    with made.shop.db.connection() as connection:
        row = connection.execute(
            f"select t.state from {table} t join journey_position p on p.fragment = t.fragment and p.correlation = %s",
            [cart],
        ).fetchone()
        _write(connection, table, cart, b"\xc1")
    return bytes(row[0])


def mend(made: World, table: str, cart: str, state: bytes) -> None:
    with made.shop.db.connection() as connection:
        _write(connection, table, cart, state)


def _write(connection, table: str, cart: str, state: bytes) -> None:
    connection.execute(
        f"update {table} t set state = %b from journey_position p where p.fragment = t.fragment and p.correlation = %s",
        [state, cart],
    )


def messages(made: World) -> list[tuple[str, str]]:
    return made.rows(
        "select p.correlation, o.status from outbox o join journey_position p on p.id = o.position_id order by 1"
    )


def test_a_state_nobody_can_read_stops_its_person_alone_until_it_is_mended_and_asked_for(lively: World):
    known(lively, "u1", "u2")
    state = broken(lively, "fragment", "cart of u1")
    lively.at += HOUR + MINUTE
    lively.decide()
    assert messages(lively) == [("cart of u2", "queued")]
    assert lively.shop.status().aside == {"state": 1}
    found = {check.name: check for check in doctor.examine_store(lively.shop)}["aside"]
    assert (found.ok, found.what) == (False, "1 customer put aside (state)")
    ((view,),) = [lively.shop.ask(PutAside())]
    assert (view.why, view.is_asked_back) == ("state", False)
    lively.shop.app.act(GoOn(), lively.shop.actor, "too early")
    lively.decide()
    assert lively.shop.status().aside == {"state": 1}, "it is put aside again"
    mend(lively, "fragment", "cart of u1", state)
    lively.decide()
    assert len(messages(lively)) == 1, "nobody asked for it"
    lively.shop.app.act(GoOn(), lively.shop.actor, "mended")
    lively.decide()
    assert messages(lively) == [("cart of u1", "queued"), ("cart of u2", "queued")]
    assert lively.shop.status().aside == {}


def test_an_order_that_came_while_somebody_was_put_aside_stops_the_mail_when_they_are_gone_on_with(lively: World):
    known(lively, "u1", "u2")
    state = broken(lively, "journey_position", "cart of u1")
    lively.at += 10 * MINUTE
    lively.tell(*(event("Order Completed", who, order_id=f"order of {who}") for who in ("u1", "u2")))
    lively.decide()
    assert lively.rows("select why, count(distinct customer) from put_aside group by 1") == [("journeys", 1)]
    lively.tell(event("Order Completed", "u1", order_id="another"))
    lively.at += 2 * HOUR
    lively.decide()
    mend(lively, "journey_position", "cart of u1", state)
    lively.shop.app.act(GoOn(), lively.shop.actor, "mended")
    lively.decide()
    assert messages(lively) == []
    assert lively.rows("select correlation, exit_reason from journey_position order by 1") == [
        ("cart of u1", "goal"),
        ("cart of u2", "goal"),
    ]
    assert lively.members("buyers") == 2
    assert lively.rows("select count(*) from put_aside") == [(0,)]


def test_a_message_that_breaks_the_gate_is_dead_and_stops_no_other(lively: World):
    known(lively, "u1", "u2")
    with lively.shop.db.connection() as connection:
        connection.execute(
            "update keyring k set wrapped_key = '\\x00' from journey_position p"
            " where p.fragment = k.fragment and p.correlation = 'cart of u1'"
        )
    lively.at += HOUR + MINUTE
    lively.decide()
    assert messages(lively) == [("cart of u1", "dead"), ("cart of u2", "queued")]
    assert lively.rows("select reasons from outbox where status = 'dead'") == [("BROKEN",)]
    assert lively.path("rescue").count(("unsent", "ask")) == 1
