"""A real door over a real log: bad input, and a database that goes away."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest
from tests.integration.doors.conftest import RealDoor

from itda.events.event import Event, Refusal

pytestmark = pytest.mark.server


def test_bad_input_gets_one_clear_answer_each_and_nothing_else_is_disturbed(door: RealDoor) -> None:
    good = {"type": "track", "event": "Store Entered", "anonymousId": "a", "properties": {"store_id": 1}}
    with httpx.Client(base_url=door.url, auth=(door.key, "")) as client:
        answers = [
            client.post("/v1/track", content=b'{"event": "A", '),
            client.post("/v1/track", json=[good]),
            client.post("/v1/track", json=good, auth=("nobody", "")),
            client.post("/v1/batch", json={"batch": [good], "x": "y" * (5 << 20)}),
            client.post("/v1/batch", content=gzip.compress(b" " * (50 << 20)), headers={"content-encoding": "gzip"}),
            client.post("/v1/track", json={**good, "properties": {"x": "y" * 40_000}}),
            client.post(
                "/v1/batch",
                json={"batch": [good, {**good, "event": 7}, {**good, "timestamp": "2030-01-01T00:00:00Z"}, good]},
            ),
        ]
    assert [answer.status_code for answer in answers] == [400, 400, 401, 413, 413, 200, 200]
    kinds = [result.reason if isinstance(result, Refusal) else "event" for result in door.results]
    assert kinds == ["size", "event", "shape", "clock", "event"]


def test_a_million_properties_end_in_one_refusal(door: RealDoor) -> None:
    many = ",".join(f'"p{n}":1' for n in range(300_000))
    body = f'{{"event":"A","anonymousId":"a","properties":{{{many}}}}}'.encode()
    with httpx.Client(base_url=door.url, auth=(door.key, "")) as client:
        assert client.post("/v1/track", content=body).status_code == 200
        assert client.post("/v1/track", content=body * 2).status_code in {400, 413}
    assert [result.reason for result in door.results if isinstance(result, Refusal)] == ["size"]


def test_an_event_nested_too_deep_is_refused_and_its_batch_goes_on(door: RealDoor) -> None:
    good = b'{"type":"track","event":"A","anonymousId":"a"}'
    deep = good[:-1] + b',"properties":{"x":' + b"[" * 2_000 + b"]" * 2_000 + b"}}"
    with httpx.Client(base_url=door.url, auth=(door.key, "")) as client:
        batch = b'{"batch":[' + b",".join([good, deep, good]) + b"]}"
        assert client.post("/v1/batch", content=batch).status_code == 200
        assert client.post("/v1/track", content=deep).status_code == 200
    kinds = [result.reason if isinstance(result, Refusal) else "event" for result in door.results]
    assert kinds == ["event", "properties", "event", "properties"]


def test_a_list_of_over_a_thousand_products_is_refused_with_the_limit(door: RealDoor) -> None:
    order = {"event": "Order Completed", "anonymousId": "a"}
    with httpx.Client(base_url=door.url, auth=(door.key, "")) as client:
        for count in (1_000, 1_001):
            properties = {"order_id": f"o{count}", "products": [{"sku": "1"}] * count}
            assert client.post("/v1/track", json={**order, "properties": properties}).status_code == 200
    taken, refused = door.results
    assert isinstance(taken, Event)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.detail) == ("contract", "products: does not meet `maxItems`: 1000")


def test_what_was_acknowledged_is_in_the_log_at_its_position(door: RealDoor) -> None:
    told = {}
    with httpx.Client(base_url=door.url, auth=(door.key, "")) as client:
        for number in range(20):
            item = {"event": "A", "anonymousId": "a", "messageId": f"m{number}"}
            told[f"m{number}"] = int(client.post("/v1/track", json=item).headers["x-itda-position"])
    assert {event.event_id: event.position >> 20 for event in door.results if isinstance(event, Event)} == told


def test_the_log_holds_nothing_readable(door: RealDoor) -> None:
    body = json.dumps({"type": "identify", "userId": "u", "traits": {"email": "minji.kim@naver.com"}}).encode()
    with httpx.Client(base_url=door.url, auth=(door.key, "")) as client:
        assert client.post("/v1/identify", content=body).status_code == 200
    with door.intake._db.connection() as connection:
        rows = connection.execute("select frame from intake_frame").fetchall()
    assert rows
    assert all(b"minji" not in bytes(row[0]) for row in rows)
