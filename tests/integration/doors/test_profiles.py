"""The profile API of a served shop: what was acknowledged can be read back, by whom it may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.fixtures_shop import Serving

import itda

pytestmark = pytest.mark.server


@pytest.fixture
def served(shop: Path, serve: Callable[..., Serving]) -> tuple[httpx.Client, dict[str, str]]:
    """A client of a served shop whose source `erp` may read profiles, and the write keys."""
    (shop / "sources" / "erp.yaml").write_text("kind: tracking\nchannel: crm\norders: shop\nprofiles: read\n")
    with itda.open(shop) as opened:
        keys = opened.keys()
    return httpx.Client(base_url=serve().url, timeout=20), keys


def test_profiles_are_read_by_identifier_and_by_id(served: tuple[httpx.Client, dict[str, str]]) -> None:
    client, keys = served
    reader, writer = (keys["erp"], ""), (keys["web"], "")
    traits = {"email": "Minji@Naver.com", "phone": "010-2345-6789", "name": "Kim Minji"}
    position = client.post("/v1/identify", json={"userId": "u-1", "traits": traits}, auth=writer).headers[
        "x-itda-position"
    ]

    asked = {"kind": "email", "value": "MINJI@naver.com"}
    for _ in range(30):  # each waits up to a second; the pipeline's process may still be starting
        found = client.post(f"/v1/profiles/lookup?at_least={position}", json=asked, auth=reader)
        if found.status_code != 409:
            break
    assert found.status_code == 200, found.text
    profile = found.json()
    assert {identifier["kind"] for identifier in profile["identifiers"]} == {"user_id", "email", "phone"}
    assert found.headers["cache-control"] == "no-store"
    assert int(found.headers["x-itda-position"]) >= int(position)

    again = client.get(f"/v1/profiles/{profile['id']}", auth=reader)
    assert again.json()["id"] == profile["id"]

    assert (
        client.post("/v1/profiles/lookup", json={"kind": "email", "value": "no@body.kr"}, auth=reader).status_code
        == 404
    )
    assert client.post("/v1/profiles/lookup", json={"kind": "shoe", "value": "9"}, auth=reader).status_code == 400
    assert client.post("/v1/profiles/lookup", content=b"{", auth=reader).status_code == 400
    assert client.post("/v1/profiles/lookup", json=asked, auth=writer).status_code == 401
    assert client.post("/v1/profiles/lookup", json=asked).status_code == 401
    strangers = [
        client.post("/v1/profiles/lookup", json={"kind": "shoe", "value": "9"}),
        client.post("/v1/profiles/lookup", content=b"{", auth=writer),
        client.post("/v1/profiles/lookup", content=b"x" * 20_000),
        client.get("/v1/profiles/minji@naver.com"),
        client.get(f"/v1/profiles/{profile['id']}?at_least=x"),
    ]
    assert {(answer.status_code, answer.text) for answer in strangers} == {
        (401, '{"error":"a write key of a source with `profiles: read`, by Basic"}')
    }
    assert client.get("/v1/profiles/minji@naver.com", auth=reader).status_code == 400
    assert client.get(f"/v1/profiles/{profile['id']}?at_least=x", auth=reader).status_code == 400

    behind = client.get(f"/v1/profiles/{profile['id']}?at_least={int(position) + 1000}", auth=reader)
    assert behind.status_code == 409
    assert int(position) <= behind.json()["position"] < int(position) + 1000
    client.close()
