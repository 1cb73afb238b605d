"""Acts of consent by machine: who may tell them, and what becomes of each."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.engine.test_consent import WORDS
from tests.integration.engine.test_steward import seen, track

import itda
from itda.api.consents import Consents
from itda.api.machines import Machines
from itda.engine.questions.consent import ConsentOf
from itda.engine.shop import Shop

pytestmark = pytest.mark.server
MAIL = {"email": "kim@mail.kr"}
GRANT = {"identifiers": MAIL, "action": "grant", "channel": "email", "text": "ads@1/ko", "key": "f-1"}
NEW = {"identifiers": {"email": "lee@mail.kr", "user_id": "u7"}, "action": "refuse", "channel": "email", "key": "f-2"}


def test_a_server_tells_acts_of_the_known_and_the_new_and_each_is_written_once(shop: Path) -> None:
    (shop / "consent.yaml").write_text(WORDS, encoding="utf-8")
    for name, words in (("crm", "[record]"), ("reader", "read")):
        (shop / "sources" / f"{name}.yaml").write_text(
            f"kind: tracking\nchannel: crm\nkey: secret\nprofiles: {words}\n", "utf-8"
        )
    with itda.open(shop) as opened:
        track(opened, seen(membership="m1", email="kim@mail.kr"))
        machines = Machines(opened.app, {"k-crm": "crm", "k-reader": "reader"})

        async def run() -> None:
            asked = httpx.ASGITransport(Starlette(routes=Consents(machines).routes))
            async with httpx.AsyncClient(transport=asked, base_url="http://doors") as client:
                await told(opened, client)

        asyncio.run(run())
        machines.close()


async def told(opened: Shop, client: httpx.AsyncClient) -> None:
    def acts(email: str) -> list[tuple[str, str, str]]:
        view = opened.ask(ConsentOf(("email", email)))
        return [] if view is None else [(one.action, one.source, one.text) for one in view.acts]

    crm = ("k-crm", "")
    assert (await client.post("/v1/consents", json={"acts": [GRANT]}, auth=("k-reader", ""))).status_code == 403
    assert (await client.post("/v1/consents", json={"acts": [GRANT]}, auth=("other", ""))).status_code == 401
    assert (await client.post("/v1/consents", json={"acts": [{**GRANT, "at": "soon"}]}, auth=crm)).status_code == 400
    unshown = {**GRANT, "text": "", "key": "f-3"}
    answer = await client.post("/v1/consents", json={"acts": [GRANT, unshown, NEW], "collector": "app:join"}, auth=crm)
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [one["outcome"] for one in results] == ["written", "refused", "logged"]
    assert "nothing shows" in results[1]["why"]
    assert acts("kim@mail.kr") == [("grant", "app:join", "ads@1/ko")], "the ledger has it before the answer"
    opened.settle()
    assert set(acts("lee@mail.kr")) == {("refuse", "app:join", "")}
    again = await client.post("/v1/consents", json={"acts": [GRANT, NEW]}, auth=crm)
    assert [one["outcome"] for one in again.json()["results"]] == ["known", "known"]
    opened.settle()
    assert acts("kim@mail.kr") == [("grant", "app:join", "ads@1/ko")]
