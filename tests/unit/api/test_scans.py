"""Scans of codes: whoever is known by a cookie is tied to the code, everybody is led on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from itda.api.scans import Scans
from itda.api.tracking import Answer, Tracking
from itda.base.instant import LocalDates
from itda.events.contracts import boxed
from itda.events.event import Event
from itda.identity.policy import IdentityPolicy
from itda.sources import codes
from itda.sources.definition import SourceDef
from itda.sources.origins import CodesOrigin
from itda.sources.tracking import Decoder
from itda.store.memory import MemoryIntake
from itda.store.vault import Vault

VAULT = Vault(bytes(range(32)))
ORIGIN = CodesOrigin(identifier="receipt_code", url="https://go.shop.example", to="https://shop.example/hello?a=1",
                     cookie="ajs_anonymous_id")  # fmt: skip
SOURCES = {"receipts": SourceDef(name="receipts", kind="codes", channel="store", order_scope="receipts", origin=ORIGIN)}
CODE = codes.make(VAULT, "receipts", bytes(8))


class Scanned:
    """The door over a log in memory."""

    def __init__(self, pressure: Any = lambda: None) -> None:
        self.intake = MemoryIntake()
        self.tracking = Tracking(self.intake, {}, lambda: 1_795_000_000_000_000)
        self.scans = Scans(SOURCES, VAULT, lambda: self.tracking.commit, pressure)

    def scan(self, code: str = CODE, cookie: str = "", method: str = "GET") -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(Starlette(routes=self.scans.routes), client=("203.0.113.77", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://go") as client:
                headers = {"cookie": f"a=b; ajs_anonymous_id={cookie}"} if cookie else {}
                return await client.request(method, f"/q/{code}", headers=headers)

        try:
            return asyncio.run(run())
        finally:
            self.tracking.close()
            self.tracking._commit = None

    @property
    def events(self) -> list[Event]:
        kinds = IdentityPolicy.parse(
            {"kinds": {"anonymous_id": {}, "receipt_code": {"paths": ["properties.receipt_code"]}}}
        )[0].kinds
        decoder = Decoder(SOURCES, boxed(), kinds, LocalDates("Asia/Seoul"), "KR")
        return [one for frame in self.intake.read(0, 1 << 24) for one in decoder.frame(frame) if isinstance(one, Event)]


@pytest.mark.parametrize("cookie", ["0b9c-77", "%220b9c-77%22", '"0b9c-77"'])
def test_a_visitor_who_is_known_is_tied_to_the_code_and_led_on(cookie: str) -> None:
    door = Scanned()
    answer = door.scan(cookie=cookie)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/hello?a=1")
    assert "set-cookie" not in answer.headers
    (event,) = door.events
    assert (event.name, event.source, event.channel) == ("Code Scanned", "receipts", "store")
    assert sorted(event.identifiers) == [("anonymous_id", "0b9c-77"), ("receipt_code", CODE)]


def test_a_visitor_nobody_knows_takes_the_code_along_where_no_log_keeps_it() -> None:
    door = Scanned()
    answer = door.scan()
    assert (answer.status_code, answer.headers["location"]) == (302, f"https://shop.example/hello?a=1#code={CODE}")
    assert "set-cookie" not in answer.headers
    assert door.events == []


def test_the_same_scan_again_has_the_same_id() -> None:
    door = Scanned()
    for code, cookie in ((CODE, "a1"), (CODE.lower(), "a1"), (CODE, "a2")):
        door.scan(code, cookie)
    assert len({event.event_id for event in door.events}) == 2


def test_what_is_no_code_of_ours_leads_nowhere() -> None:
    door = Scanned()
    assert door.scan(CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), "a1").status_code == 404
    assert door.scan("x", "a1").status_code == 404
    assert door.events == []


def test_looking_only_and_pressure_write_nothing() -> None:
    door = Scanned()
    assert door.scan(cookie="a1", method="HEAD").status_code == 302
    assert door.events == []
    pressed = Scanned(lambda: Answer(429, "later", 10))
    assert pressed.scan(cookie="a1").status_code == 302
    assert pressed.events == []
