"""Who proved a part of a customer alone gets, and has others told of, that part: the rest may be somebody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.engine.test_requests import CUSTOMER, MINJI, known, told

import itda
from itda.engine.commands.consent import RecordConsent
from itda.engine.commands.mine import AskOfOwn
from itda.engine.requests.carrying import Proceed
from itda.engine.shop import Shop
from itda.store import receipts
from itda.store.requests import Kind

pytestmark = pytest.mark.server


def part(shop: Shop) -> tuple[str, tuple[bytes, ...]]:
    """Somebody else's address, tied to an account by whoever holds a public key; and what proves it."""
    theirs = "stranger@mail.example"
    page = {"type": "track", "event": "Page Viewed", "timestamp": "2026-03-02T10:00:00Z", "messageId": "tied",
            "userId": MINJI["user_id"], "identifiers": {"email": theirs}}  # fmt: skip
    alone = {"type": "track", "event": "Newsletter Read", "timestamp": "2026-03-03T10:00:00Z", "messageId": "alone",
             "identifiers": {"email": theirs}}  # fmt: skip
    told(shop, *known(MINJI, order="2025-1"), page, alone)
    return theirs, (shop.vault.fragment("email", theirs),)


@pytest.mark.parametrize("kind", ["access", "port"])
def test_a_copy_of_a_part_of_a_customer_holds_nothing_of_the_others(shop: Path, kind: Kind) -> None:
    with itda.open(shop) as opened:
        theirs, proven = part(opened)
        for who, channel in ((("email", theirs), "email"), (("phone", MINJI["phone"]), "sms")):
            opened.app.act(RecordConsent(who=who, action="withdraw", channel=channel), opened.actor, "on the phone")
        asked = opened.app.act(AskOfOwn(proven=proven, kind=kind), CUSTOMER, "asked").value
        assert asked is not None
        copy = opened.requests.copy(asked.id, "ko")
        said = json.loads(copy.data)
        assert [one["value"] for one in said["identifiers"]] == [theirs]
        assert [one["name"] for one in said["events"]] == ["Newsletter Read"]
        assert [(one["channel"], one["contact"]) for one in said["consents"]] == [("email", f"email:{theirs}")]
        for value in (*MINJI.values(), "2025-1"):
            assert value not in copy.data.decode() + copy.html
        whole = json.loads(opened.requests.copy(opened.requests.open(kind, "email:" + theirs).id, "ko").data)
        assert len(whole["identifiers"]) == 4, "whom one of us asks for is whoever they found them to be"


@pytest.mark.parametrize("kind", ["erase", "stop"])
def test_processors_are_told_of_a_part_of_a_customer_alone(shop: Path, kind: Kind) -> None:
    (shop / "processors.yaml").write_text("partner: {tell: person, how: by hand, kinds: [email, phone, user_id]}\n")
    with itda.open(shop) as opened:
        theirs, proven = part(opened)
        asked = opened.app.act(AskOfOwn(proven=proven, kind=kind), CUSTOMER, "asked").value
        assert asked is not None
        assert opened.requests.resume(asked.id).state == "done"
        told_of = opened.requests.to_tell(asked.id, "partner")
        assert told_of["identifiers"] == [{"kind": "email", "value": theirs}]
        assert len(opened.customer("user_id:" + MINJI["user_id"]).identifiers) == (3 if kind == "erase" else 4)


def test_who_proved_a_part_is_given_no_request_of_the_whole_customer_to_wait_for(shop: Path) -> None:
    with itda.open(shop) as opened:
        theirs, proven = part(opened)
        whole = opened.requests.open("access", "email:" + MINJI["email"])
        asked = opened.app.act(AskOfOwn(proven=proven, kind="access"), CUSTOMER, "asked").value
        again = opened.app.act(AskOfOwn(proven=proven, kind="access"), CUSTOMER, "asked").value
        assert asked is not None
        assert again is not None
        assert (asked.id != whole.id, again.id) == (True, asked.id)
        said = json.loads(opened.requests.copy(asked.id, "ko").data)
        assert [one["value"] for one in said["identifiers"]] == [theirs]


@pytest.mark.parametrize("kind", ["erase", "stop"])
def test_the_mail_that_it_is_done_goes_to_the_address_that_was_named(shop: Path, kind: Kind) -> None:
    (shop / "channels.yaml").write_text(
        "email: {host: 127.0.0.1, port: 1, tls: none, from: a@shop.example, public_url: 'https://m.shop.example'}\n"
    )
    for named in (MINJI["email"], "stranger@mail.example"):
        with itda.open(shop) as opened:
            part(opened)
            asked = opened.requests.open(kind, f"email:{named}")
            while not (to_send := _letters(opened, asked.id)):
                opened.app.act(Proceed(asked.id), opened.actor, "go on")
            assert [one["to"] for one in to_send] == [named]
            opened.requests.resume(asked.id)


def _letters(shop: Shop, request: str) -> list[dict[str, str]]:
    with shop.db.connection() as connection:
        bodies = [
            receipts.opened(connection, shop.vault, one) for one in receipts.of(connection, bytes.fromhex(request))
        ]
    return [json.loads(body) for body in bodies if body is not None]
