"""What somebody says back is in the ledger when the door answers, and the log's reader adds nothing to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.integration.sending.world import Sending, sending
from tests.mail_server import Inbox, serving

from itda.api.app import build
from itda.base.errors import Broken
from itda.engine.replies import Replies

pytestmark = pytest.mark.server
TAKEN = "select action, purpose, channel, source from consent_event where source in ('sms:reply', '080') order by seq"
NUMBERS = {"mina": "010-2222-0001", "juno": "010-2222-0002"}


@pytest.fixture
def world(shop: Path) -> Iterator[Sending]:
    with serving(Inbox()) as port, sending(shop, port) as made:
        made.tell(*(heard("Call Started", number, call_id=name) for name, number in NUMBERS.items()))
        made.decide()
        yield made


@pytest.fixture
def door(world: Sending) -> Iterator[TestClient]:
    app = world.shop.app
    with TestClient(build(app, world.shop.intake, lambda: world.at), base_url="http://doors") as client:
        client.auth = (app.vault.write_key("web"), "")
        yield client


def heard(event: str, number: str, **properties: str) -> dict[str, object]:
    return {"type": "track", "event": event, "identifiers": {"phone": number}, "properties": properties}


def test_stop_and_080_are_in_the_ledger_before_the_answer_and_once_for_good(world: Sending, door: TestClient):
    stop = heard("Text Received", NUMBERS["mina"], text="수신거부") | {"messageId": "sms-1"}
    called = heard("Opt-out Called", NUMBERS["juno"]) | {"messageId": "call-1"}
    assert door.post("/v1/track", json=stop).status_code == 200
    assert world.rows(TAKEN) == [("withdraw", "ad_receive", "any", "sms:reply")], "no reader has seen it yet"
    answer = door.post("/v1/batch", json={"batch": [called, stop]})
    assert int(answer.headers["x-itda-position"]) > 0
    told = world.rows(TAKEN)
    assert told == [("withdraw", "ad_receive", "any", "sms:reply"), ("withdraw", "ad_receive", "any", "080")]
    world.decide()
    assert world.rows(TAKEN) == told, "the reader knows the acts by their keys"
    assert world.rows("select status from consent_state where channel = 'any'") == [("withdrawn",), ("withdrawn",)]
    assert world.shop.replay(verify=True).ok


def test_other_words_and_people_nobody_knows_go_the_way_of_the_log(world: Sending, door: TestClient):
    asked = heard("Text Received", NUMBERS["mina"], text="when do you open?") | {"messageId": "sms-2"}
    new = heard("Text Received", "010-9999-0009", text="STOP") | {"messageId": "sms-3"}
    without_id = heard("Opt-out Called", NUMBERS["juno"])
    for one in (asked, new, without_id):
        assert door.post("/v1/track", json=one).status_code == 200
    assert world.rows(TAKEN) == []
    world.decide()
    assert sorted(world.rows(TAKEN)) == [
        ("withdraw", "ad_receive", "any", "080"), ("withdraw", "ad_receive", "any", "sms:reply"),
    ]  # fmt: skip


def test_a_reply_that_cannot_be_taken_at_once_is_not_lost(world: Sending):
    class Breaking(Replies):
        def take(self, record):
            raise Broken("the ledger")

    door = build(world.shop.app, world.shop.intake, lambda: world.at)
    door.tracking._aside = Breaking(world.shop.app)
    with TestClient(door, base_url="http://doors") as client:
        stop = heard("Text Received", NUMBERS["mina"], text="STOP") | {"messageId": "sms-4"}
        key = (world.shop.app.vault.write_key("web"), "")
        assert client.post("/v1/track", json=stop, auth=key).status_code == 200
    world.decide()
    assert world.rows(TAKEN) == [("withdraw", "ad_receive", "any", "sms:reply")]
