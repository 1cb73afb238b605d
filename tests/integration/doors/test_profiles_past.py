"""The profile API about the past of a customer: histories, evidence, and profiles as they were."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.engine.test_steward import seen, track

import itda
from itda.api.profiles import Profiles

pytestmark = pytest.mark.server

CARD, MAIL = {"kind": "membership", "value": "m1"}, {"kind": "email", "value": "kim@mail.kr"}


def test_machines_ask_for_histories_evidence_and_past_profiles(shop: Path) -> None:
    asyncio.run(asked_by_machines(shop))


async def asked_by_machines(shop: Path) -> None:
    with itda.open(shop) as opened:
        track(opened, seen(membership="m1"), seen(membership="m1", email="kim@mail.kr"))
        doors = Profiles(opened.app, {"a-key": "web"})
        asked = httpx.ASGITransport(Starlette(routes=doors.routes))
        async with httpx.AsyncClient(transport=asked, base_url="http://doors", auth=("a-key", "")) as client:
            why = await client.post("/v1/profiles/why", json={"a": CARD, "b": MAIL})
            assert (why.status_code, why.json()["is_joined"], len(why.json()["path"])) == (200, True, 1)
            history = await client.post("/v1/profiles/history", json=CARD)
            assert history.json()["is_whole"]
            now = await client.post("/v1/profiles/lookup", json=CARD)
            at = await client.post("/v1/profiles/lookup?at=2026-03-02", json=CARD)
            assert (at.json()["id"], at.json()["events"]) == (now.json()["id"], 2)
            later = f"/v1/profiles/{now.json()['id']}"
            assert (await client.get(f"{later}?at=2026-02-01")).status_code == 404
            assert (await client.get(f"{later}?as_known=2026-03-02")).status_code == 404
            assert (await client.get(f"{later}?at=soon")).status_code == 400
            assert (await client.post("/v1/profiles/why", json=CARD)).status_code == 400
            unknown = {"kind": "email", "value": "nobody@mail.kr"}
            assert (await client.post("/v1/profiles/why", json={"a": CARD, "b": unknown})).status_code == 400
            assert (await client.post("/v1/profiles/history", json=CARD, auth=("other", ""))).status_code == 401
        doors.close()


def test_no_machine_is_told_which_steward_decided_and_why(shop: Path) -> None:
    asyncio.run(decided_by_somebody(shop))


async def decided_by_somebody(shop: Path) -> None:
    with itda.open(shop) as opened:
        track(opened, seen(membership="m1", email="kim@mail.kr"))
        opened.cut("membership:m1", "email:kim@mail.kr", reason="her sister called")
        opened.settle()
        opened.take_back("membership:m1", "email:kim@mail.kr", reason="it was her mother")
        opened.cut("membership:m1", "email:kim@mail.kr", reason="her sister called")
        opened.settle()
        doors = Profiles(opened.app, {"a-key": "web"})
        asked = httpx.ASGITransport(Starlette(routes=doors.routes))
        async with httpx.AsyncClient(transport=asked, base_url="http://doors", auth=("a-key", "")) as client:
            why = await client.post("/v1/profiles/why", json={"a": CARD, "b": MAIL})
            history = await client.post("/v1/profiles/history", json=CARD)
        doors.close()
        assert [(link["state"], link["reason"]) for link in why.json()["obstacles"]][-1] == ("cut", "•••")
        decided = [(entry["what"], entry["by"], entry["reason"]) for entry in history.json()["entries"] if entry["by"]]
        assert ("cannot", "•••", "") in decided
        assert ("retracted", "•••", "") in decided
        for told in (why.text, history.text):
            assert "her sister" not in told
            assert "her mother" not in told
            assert opened.actor.name not in told
        assert "her sister called" in opened.why("membership:m1", "email:kim@mail.kr").obstacles[-1].reason
        assert {entry.reason for entry in opened.history("membership:m1").entries} >= {
            "her sister called", "it was her mother",
        }  # fmt: skip
