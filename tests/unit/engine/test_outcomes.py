"""What the log tells of how messages of journeys ended."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from itda.engine.deciding.outcomes import End, ended

MAIL = b"\x07" * 16


def row(name: str, source: str = "itda", at: int = 5, **properties: Any) -> dict[str, Any]:
    told = msgspec.json.encode({"message_id": MAIL.hex(), **properties}).decode()
    return {"name": name, "source": source, "occurred_at": at, "received_at": at + 1, "properties": told}


def test_a_mail_that_its_server_refused_for_good_was_not_sent() -> None:
    assert ended([row("Message Bounced", is_permanent=True, code="550 nobody here")]) == {
        MAIL: End("unsent", 5, 6, "bounced 550 nobody here")
    }
    assert ended([row("Message Bounced", is_permanent=False, code="4.2.2")]) == {}


def test_a_mail_that_came_back_later_was_sent() -> None:
    assert ended([row("Message Sent"), row("Message Bounced", at=9, is_permanent=True)]) == {MAIL: End("sent", 5, 6)}


@pytest.mark.parametrize("name", ["Message Sent", "Message Bounced"])
def test_nobody_but_us_ends_a_message(name: str) -> None:
    assert ended([row(name, "web", is_permanent=True), row(name, "esp", is_permanent=True)]) == {}


@pytest.mark.parametrize("said", ["", "07", "zz" * 16, 7, None, ["07"]])
def test_an_id_that_is_none_ends_nothing(said: object) -> None:
    assert ended([row("Message Sent", message_id=said)]) == {}
