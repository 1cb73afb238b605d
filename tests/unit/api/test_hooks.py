"""Calls of other systems: which are believed, what they are answered, and what of them reaches the log."""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from itda.api.hooks import Hooks
from itda.api.tracking import Answer, Tracking
from itda.base.errors import Unavailable
from itda.base.instant import MINUTE, LocalDates
from itda.events.contracts import boxed
from itda.events.event import Event, Refusal
from itda.identity.policy import IdentityPolicy
from itda.sources.definition import Column, FileMapping, Lines, SourceDef, Time
from itda.sources.origins import WebhookOrigin
from itda.sources.tracking import Decoder
from itda.store.memory import MemoryIntake

NOW = 1_795_000_000_000_000
MAPPING = FileMapping(
    event_column="header:X-Topic",
    event_names={"orders/create": "Order Completed"},
    occurred_at=Time(column="created_at"),
    identifiers={"email": Column(column="customer.email")},
    properties={"order_id": Column(column="id", type="text"), "currency": Column(column="currency"),
                "revenue": Column(column="total", type="money")},
    lines=Lines(of="line_items", fields={"product_id": Column(column="product.id"), "price": Column(column="price", type="money")}),
    key=("id",),
)  # fmt: skip
PLAIN = WebhookOrigin(secrets_from=("SHOP_SECRET",), signature="x-signature", tolerance=5 * MINUTE)
ORDER = {
    "id": 17, "created_at": "2026-11-18T09:00:00+09:00", "currency": "KRW", "total": "35000.50",
    "customer": {"email": "minji@shop.example"},
    "line_items": [{"product": {"id": "p1"}, "price": "0.10"}, {"product": {"id": "p2"}}],
}  # fmt: skip


def source(name: str = "shop", origin: WebhookOrigin = PLAIN, mapping: FileMapping = MAPPING) -> SourceDef:
    return SourceDef(name=name, kind="webhook", channel="web", order_scope=name, mapping=mapping, origin=origin)


class Called:
    """The door with sources that are called, over a log in memory."""

    def __init__(self, *sources: SourceDef, intake: Any = None, **settings: Any) -> None:
        self.intake = intake or MemoryIntake()
        self.sources = {one.name: one for one in (sources or (source(),))}
        tracking = Tracking(self.intake, {}, lambda: NOW)
        settings = {"environment": {"SHOP_SECRET": "s"}, "largest_body": 1 << 20, "key": b"k", **settings}
        hooks = Hooks(self.sources, "Asia/Seoul", lambda: tracking.commit, lambda: NOW, **settings)
        self.application, self.tracking = Starlette(routes=hooks.routes), tracking

    def post(self, *bodies: Any, path: str = "/v1/hooks/shop", **headers: str) -> list[httpx.Response]:
        async def run() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.application, client=("203.0.113.77", 1234))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                calls = []
                for body in bodies:
                    content = body if isinstance(body, bytes) else json.dumps(body).encode()
                    told = {
                        "x-topic": "orders/create",
                        "x-signature": hmac.digest(b"s", content, "sha256").hex(),
                        **headers,
                    }
                    calls.append(client.post(path, content=content, headers=told))
                return await asyncio.gather(*calls)

        try:
            return asyncio.run(run())
        finally:
            self.tracking.close()

    @property
    def results(self) -> list[Event | Refusal]:
        decoder = Decoder(self.sources, boxed(), IdentityPolicy.box().kinds, LocalDates("Asia/Seoul"), "KR")
        return [result for frame in self.intake.read(0, 1 << 24) for result in decoder.frame(frame)]


def test_a_signed_call_is_an_event_with_its_lines() -> None:
    called = Called()
    answer = called.post(ORDER)[0]
    assert (answer.status_code, answer.json(), answer.headers["x-itda-position"]) == (200, {"success": True}, "1")
    (event,) = called.results
    assert isinstance(event, Event)
    assert (event.name, event.channel, event.is_permanent) == ("Order Completed", "web", True)
    assert event.identifiers == [("email", "minji@shop.example")]
    assert event.properties == {
        "order_id": "17", "currency": "KRW", "revenue": 35000.5,
        "products": [{"product_id": "p1", "price": 0.1}, {"product_id": "p2"}],
    }  # fmt: skip


def test_a_call_that_comes_twice_has_one_id_and_another_order_another() -> None:
    called = Called()
    assert [answer.status_code for answer in called.post(ORDER, ORDER, {**ORDER, "id": 18})] == [200] * 3
    ids = [result.event_id for result in called.results if isinstance(result, Event)]
    assert len(ids) == 3
    assert len(set(ids)) == 2


def test_what_is_not_signed_by_us_changes_nothing() -> None:
    called = Called()
    answers = [
        *called.post(ORDER, **{"x-signature": "00" * 32}),
        *called.post(ORDER, **{"x-signature": ""}),
        *called.post(ORDER, path="/v1/hooks/shpo"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 404]
    assert answers[0].json() == {"success": False, "error": "the signature is wrong"}
    assert called.results == []


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "the body is not JSON"),
        (b"7", 400, "no object"),
        (b"[" * 5_000, 400, "JSON|nested"),
        (b" " * (1 << 20) + b"{}", 413, "over"),
        (b"[]", 200, ""),
    ],
)
def test_bodies_that_hold_no_event_are_answered(body: bytes, status: int, error: str) -> None:
    import re

    answer = Called().post(body)[0]
    assert answer.status_code == status
    assert re.search(error, answer.text)


def test_an_item_that_gives_no_event_waits_and_the_others_go_on() -> None:
    called = Called(
        source(
            origin=PLAIN.__class__(
                secrets_from=("SHOP_SECRET",), signature="x-signature", tolerance=1, items="data.orders"
            )
        )
    )
    orders = [ORDER, {**ORDER, "id": 18, "customer": {}}, 5, {**ORDER, "id": 19, "line_items": "x"}]
    assert called.post({"data": {"orders": orders}})[0].status_code == 200
    told = [result.detail if isinstance(result, Refusal) else result.name for result in called.results]
    assert sorted(told) == [
        "Order Completed",
        "identifiers: email: all are empty",
        "is no object",
        "line_items: is no JSON",
    ]
    assert called.post({"data": {}})[0].status_code == 200


def test_an_id_of_the_call_stands_for_one_event_only() -> None:
    mapping = FileMapping(event="Order Completed", identifiers=MAPPING.identifiers, key=("header:X-Call",),
                          properties={"order_id": Column(column="id", type="text")})  # fmt: skip
    called = Called(source(mapping=mapping))
    assert called.post([ORDER, ORDER], **{"x-call": "c1"})[0].status_code == 200
    assert [result.detail for result in called.results] == ["header:X-Call: names the call, which holds many"] * 2  # type: ignore[union-attr]
    called = Called(source(mapping=mapping))
    called.post([ORDER], **{"x-call": "c1"})
    assert isinstance(called.results[0], Event)


def test_a_secret_that_is_not_there_and_pressure_are_answered_with_a_wait() -> None:
    missing = Called(environment={}).post(ORDER)[0]
    assert (missing.status_code, missing.headers["retry-after"]) == (503, "60")
    busy = Called(pressure=lambda: Answer(429, "later", 10)).post(ORDER)[0]
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "10")

    class Away(MemoryIntake):
        def append(self, *_: Any) -> Any:
            raise Unavailable("gone", 2)

    away = Called(intake=Away()).post(ORDER)[0]
    assert (away.status_code, away.headers["retry-after"]) == (503, "2")
