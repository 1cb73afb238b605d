"""What machines may ask and decide, by the scopes of their keys: each scope opens one thing, and no key another."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.engine.test_steward import seen, track

import itda
from itda.access.scopes import GRANTS
from itda.api.machines import Machines
from itda.api.profiles import Profiles
from itda.api.stewards import Stewards
from itda.engine.commands.consent import RecordConsent
from itda.engine.shop import Shop

pytestmark = pytest.mark.server

CARD, MAIL = {"kind": "membership", "value": "m1"}, {"kind": "email", "value": "kim@mail.kr"}
STRANGER = {"kind": "email", "value": "nobody@mail.kr"}
Story = Callable[[Shop, httpx.AsyncClient], Coroutine[Any, Any, None]]


def told(folder: Path, story: Story) -> None:
    """The story of a shop with a source for each scope, one that reads all and one that a public key speaks for."""
    for scope in (*GRANTS, "read"):
        word = scope if scope == "read" else f"[{scope}]"
        (folder / "sources" / f"{scope}.yaml").write_text(f"kind: tracking\nchannel: crm\nprofiles: {word}\n", "utf-8")
    with itda.open(folder) as opened:
        machines = Machines(opened.app, {f"k-{name}": name for name in (*GRANTS, "read", "web")})
        routes = [*Profiles(machines).routes, *Stewards(machines).routes]

        async def run() -> None:
            asked = httpx.ASGITransport(Starlette(routes=routes))
            async with httpx.AsyncClient(transport=asked, base_url="http://doors", auth=("k-read", "")) as client:
                await story(opened, client)

        asyncio.run(run())
        machines.close()


def test_machines_ask_for_histories_evidence_and_past_profiles(shop: Path) -> None:
    told(shop, asked_about_the_past)


async def asked_about_the_past(opened: Shop, client: httpx.AsyncClient) -> None:
    track(opened, seen(membership="m1"), seen(membership="m1", email="kim@mail.kr"))
    why = await client.post("/v1/profiles/why", json={"a": CARD, "b": MAIL})
    assert (why.status_code, why.json()["is_joined"], len(why.json()["path"])) == (200, True, 1)
    history = await client.post("/v1/profiles/history", json=CARD)
    assert history.json()["is_whole"]
    now = await client.post("/v1/profiles/lookup", json=CARD)
    at = await client.post("/v1/profiles/lookup?at=2026-03-02", json=CARD)
    assert (at.json()["id"], at.json()["events"]) == (now.json()["id"], 2)
    one = f"/v1/profiles/{now.json()['id']}"
    assert (await client.get(f"{one}?at=2026-02-01")).status_code == 404
    assert (await client.get(f"{one}?as_known=2026-03-02")).status_code == 404
    assert (await client.get(f"{one}?at=soon")).status_code == 400
    assert (await client.post("/v1/profiles/why", json=CARD)).status_code == 400
    assert (await client.post("/v1/profiles/why", json={"a": CARD, "b": STRANGER})).status_code == 400
    assert (await client.post("/v1/profiles/history", json=CARD, auth=("other", ""))).status_code == 401


def test_each_scope_opens_one_thing_and_no_key_another(shop: Path) -> None:
    told(shop, asked_by_scope)


async def asked_by_scope(opened: Shop, client: httpx.AsyncClient) -> None:
    track(opened, seen(membership="m1", email="kim@mail.kr"), seen(membership="m1"))
    one = f"/v1/profiles/{opened.customer('membership:m1').id}"
    opens = {"traits": one, "segments": f"{one}/segments", "consent": f"{one}/consent", "events": f"{one}/events",
             "identity": f"{one}/history"}  # fmt: skip
    for key in (*GRANTS, "read", "web"):
        for scope, address in opens.items():
            answer = await client.get(address, auth=(f"k-{key}", ""))
            expected = 401 if key == "web" else 200 if key in (scope, "read") else 403
            assert answer.status_code == expected, (key, scope, answer.text)
    refused = await client.get(f"{one}/events", auth=("k-traits", ""))
    assert refused.json()["error"].endswith("name the scope events under profiles in sources/traits.yaml")
    for part in opens.values():
        by_value = "/v1/profiles/" + (part.removeprefix(one).strip("/") or "lookup")
        found = [(await client.post(by_value, json=MAIL)).text, (await client.get(part)).text]
        assert len({re.sub('"asked":"[^"]*"', "", text) for text in found}) == 1
        if part != opens["identity"]:
            assert (await client.post(by_value, json=STRANGER)).status_code == 404

    masked = (await client.get(one, auth=("k-traits", ""))).json()
    whole = (await client.get(one)).json()
    assert {row["value"] for row in masked["identifiers"]} == {"M1", "k•••@mail.kr"}
    assert {row["value"] for row in whole["identifiers"]} == {"M1", "kim@mail.kr"}
    assert (len(masked["links"]), len(whole["links"])) == (0, 1)
    newest = (await client.get(f"{one}/events?limit=1")).json()
    older = (await client.get(f"{one}/events?limit=1&before={newest['next']}")).json()
    assert [len(page["events"]) for page in (newest, older)] == [1, 1]
    assert newest["events"] != older["events"]
    assert (await client.get(f"{one}/events?channel=store")).json()["events"] == []
    assert (await client.get(f"{one}/events?limit=0")).status_code == 400


def test_a_steward_by_machine_joins_cuts_and_undoes_and_may_say_everything_twice(shop: Path) -> None:
    told(shop, decided_by_machine)


async def decided_by_machine(opened: Shop, client: httpx.AsyncClient) -> None:
    track(opened, seen(membership="m1", email="kim@mail.kr"))
    before = opened.why("membership:m1", "email:kim@mail.kr")
    two = {"a": CARD, "b": MAIL, "reason": "a neighbour's address"}
    assert (await client.post("/v1/identity/cut", json=two)).status_code == 403, "reading is not deciding"
    client.auth = httpx.BasicAuth("k-steward", "")
    over = threading.Event()

    def process() -> None:
        while not over.wait(0.01):
            opened.drain()

    worker = threading.Thread(target=process)
    worker.start()
    try:
        cut = await client.post("/v1/identity/cut", json=two)
        again = await client.post("/v1/identity/cut", json=two)
        assert (cut.status_code, cut.json()["is_new"], again.json()["is_new"]) == (200, True, False)
        assert cut.json()["id"] == again.json()["id"]
        assert int(cut.headers["x-itda-position"]) == cut.json()["position"]
        assert not opened.why("membership:m1", "email:kim@mail.kr").is_joined
        back = {"decision": cut.json()["id"], "reason": "it was hers"}
        undone = [await client.post("/v1/identity/undo", json=back) for _ in range(2)]
        assert [answer.json()["is_new"] for answer in undone] == [True, False]
        assert opened.why("membership:m1", "email:kim@mail.kr") == before
        assert (await client.post("/v1/identity/join", json=two)).json()["is_new"]
        undone = [await client.post("/v1/identity/undo", json=two) for _ in range(2)]
        assert [answer.status_code for answer in undone] == [200, 400], "nothing is decided any more"
        assert opened.why("membership:m1", "email:kim@mail.kr") == before
    finally:
        over.set()
        worker.join()
    for wrong in ({**two, "reason": " "}, {**two, "b": STRANGER}, {**two, "b": CARD}, {"reason": "x"}, two | {"x": 1}):
        assert (await client.post("/v1/identity/join", json=wrong)).status_code == 400, wrong
    assert (await client.get("/v1/profiles/" + before.customer_a)).status_code == 403, "deciding is not reading"
    kept = opened.db.connection()
    with kept as connection:
        rows = connection.execute("select actor, command, decision from audit_event order by seq").fetchall()
    assert rows[0] == ("key:read", "Cut", "forbidden")
    assert ("key:steward", "Cut", "allowed") in rows


def test_no_machine_is_told_which_steward_decided_and_why(shop: Path) -> None:
    told(shop, decided_by_somebody)


async def decided_by_somebody(opened: Shop, client: httpx.AsyncClient) -> None:
    two = "membership:m1", "email:kim@mail.kr"
    track(opened, seen(membership="m1", email="kim@mail.kr"))
    opened.cut(*two, reason="her sister called")
    opened.take_back(*two, reason="it was her mother")
    opened.cut(*two, reason="her sister called")
    opened.settle()
    opened.act(RecordConsent(who=("email", "kim@mail.kr"), action="withdraw", channel="email"), "told on the phone")
    consent = (await client.post("/v1/profiles/consent", json=MAIL)).json()
    assert {act["actor"] for act in consent["acts"]} == {"•••"}
    why = await client.post("/v1/profiles/why", json={"a": CARD, "b": MAIL})
    history = await client.post("/v1/profiles/history", json=CARD)
    assert [(link["state"], link["reason"]) for link in why.json()["obstacles"]][-1] == ("cut", "•••")
    decided = [(entry["what"], entry["by"], entry["reason"]) for entry in history.json()["entries"] if entry["by"]]
    assert {("cannot", "•••", ""), ("retracted", "•••", "")} <= set(decided)
    for words in (why.text, history.text):
        assert "her sister" not in words
        assert "her mother" not in words
        assert opened.actor.name not in words
    assert "her sister called" in opened.why(*two).obstacles[-1].reason
    assert {entry.reason for entry in opened.history("membership:m1").entries} >= {
        "her sister called",
        "it was her mother",
    }
