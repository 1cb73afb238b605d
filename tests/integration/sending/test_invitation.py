"""The link of an invitation is mailed to whoever is invited; where that cannot be, it is shown once."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest
from tests.integration.sending.world import Sending, sending
from tests.mail_server import Inbox, serving

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.console.trust_desk import TrustEngineDesk
from itda.engine import inviting

pytestmark = pytest.mark.server
ADMIN = Actor(name="minji", role="admin", system="console")
ORIGIN = "https://console.shop.example"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    with serving(inbox) as port, sending(shop, port) as made:
        made.shop.app.workspace = made.shop.workspace
        yield made


def test_the_link_is_in_the_mail_and_shown_to_nobody(world: Sending, inbox: Inbox) -> None:
    desk = TrustEngineDesk(world.shop.app)
    invited = desk.invite(ADMIN, "hana", "agent", " Hana@Shop.Example ", ORIGIN)
    assert invited.path == ""
    ((_, to, body),) = inbox.mails
    assert to == ["hana@shop.example"]
    told = str(email.message_from_bytes(body, policy=policy.default).get_body(("plain",)).get_content())
    assert f"{ORIGIN}/invitation/" in told
    assert "hana" in told
    with world.shop.db.connection() as connection:
        written = connection.execute("select payload::text, reason from audit_event").fetchall()
    assert "shop.example" not in str(written)


def test_without_an_address_or_where_the_mail_does_not_go_the_link_is_shown(world: Sending, inbox: Inbox) -> None:
    desk = TrustEngineDesk(world.shop.app)
    assert desk.invite(ADMIN, "bora", "agent", "", ORIGIN).path.startswith("/invitation/")
    with pytest.raises(Refused, match="no e-mail address"):
        desk.invite(ADMIN, "dana", "agent", "dana", ORIGIN)
    world.use(1)
    world.shop.app.workspace = world.shop.workspace
    assert desk.invite(ADMIN, "dana", "agent", "dana@shop.example", ORIGIN).path.startswith("/invitation/")
    assert inbox.mails == []


def test_a_shop_that_mails_nothing_says_so_before_it_makes_a_login(world: Sending) -> None:
    import msgspec

    silent = msgspec.structs.replace(world.shop.workspace, email=None)
    with pytest.raises(Refused, match="sends no e-mail"):
        inviting.address(silent, "hana@shop.example")
