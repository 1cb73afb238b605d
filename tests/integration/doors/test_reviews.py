"""The steward's queue by machine: who may read it and who may answer, and that an answer is given once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.engine.test_steward import seen, track

import itda
from itda.api.machines import Machines
from itda.api.reviews import Reviews
from itda.engine.shop import Shop

pytestmark = pytest.mark.server

KEYS = {"steward": "[steward]", "read": "read", "identity": "[identity]", "personal": "[steward, personal]"}


def test_machines_read_the_queue_and_answer_it_by_their_scopes(shop: Path) -> None:
    for name, words in KEYS.items():
        (shop / "sources" / f"{name}.yaml").write_text(f"kind: tracking\nchannel: crm\nprofiles: {words}\n", "utf-8")
    with itda.open(shop) as opened:
        track(opened, seen(membership="m1", email="kim@mail.kr"), seen(membership="m2", email="kim@mail.kr"))
        opened.review.refresh()
        machines = Machines(opened.app, {f"k-{name}": name for name in KEYS})

        async def run() -> None:
            asked = httpx.ASGITransport(Starlette(routes=Reviews(machines).routes))
            async with httpx.AsyncClient(transport=asked, base_url="http://doors") as client:
                await told(opened, client)

        asyncio.run(run())
        machines.close()


async def told(opened: Shop, client: httpx.AsyncClient) -> None:
    reader, steward, whole = ((f"k-{name}", "") for name in ("identity", "steward", "personal"))
    queue = (await client.get("/v1/review?kind=limit&limit=5", auth=steward)).json()
    (task,) = queue["tasks"]
    assert (task["reason"], queue["waiting"]) == ("unique:membership", {"limit": 1})
    one = f"/v1/review/{task['id']}"
    masked, plain = [(await client.get(one, auth=key)).json() for key in (steward, whole)]
    values = [{side["value"] for side in (*view["a_identifiers"], *view["b_identifiers"])} for view in (masked, plain)]
    assert "kim@mail.kr" not in values[0]
    assert "kim@mail.kr" in values[1]
    assert (await client.get("/v1/review/runs", auth=reader)).json()[0]["people"] == 0
    for key in (reader, ("k-read", "")):
        assert [(await client.get(path, auth=key)).status_code for path in ("/v1/review", one)] == [403, 403]
    assert (await client.get("/v1/review/zz", auth=steward)).status_code == 404
    assert (await client.get("/v1/review", auth=("other", ""))).status_code == 401

    different = {"answer": "different", "reason": "her sister's card"}
    assert (await client.post(one, json=different, auth=reader)).status_code == 403
    assert (await client.post(one, json={"answer": "perhaps", "reason": "x"}, auth=steward)).status_code == 400
    assert (await client.post(one, json={**different, "reason": " "}, auth=steward)).status_code == 400
    answered = await client.post(one, json=different, auth=steward)
    assert (answered.status_code, answered.json()["answer"]) == (200, "different")
    opened.settle()
    assert (await client.post(one, json=different, auth=steward)).status_code == 400
    ends = [plain["task"][side]["identifier"] for side in "ab"]
    assert opened.why(*ends).obstacles[-1].tier == "cannot"
    undone = await client.post("/v1/review/undo", json={"task": task["id"], "reason": "no"}, auth=steward)
    assert (undone.status_code, undone.json()["is_undone"]) == (200, True)
