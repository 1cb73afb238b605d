"""A real door: the server as it runs on a port of its own over the log of a real PostgreSQL."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvloop

from itda.api.server import server
from itda.api.tracking import Tracking
from itda.base.instant import LocalDates
from itda.events.contracts import boxed
from itda.events.event import Event, Refusal
from itda.identity.policy import IdentityPolicy
from itda.sources.definition import SourceDef
from itda.sources.tracking import Decoder
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.vault import Vault

KEY = "real-write-key"
WEB = SourceDef(name="web", kind="tracking", channel="web", order_scope="web")


class RealDoor:
    """The door and what came through it."""

    def __init__(self, url: str, intake: PostgresIntake) -> None:
        self.url = url
        self.key = KEY
        self.intake = intake

    @property
    def results(self) -> list[Event | Refusal]:
        """Everything in the log, decoded."""
        decoder = Decoder({"web": WEB}, boxed(), IdentityPolicy.box().kinds, LocalDates("Asia/Seoul"), "KR")
        found: list[Event | Refusal] = []
        after = 0
        while frames := self.intake.read(after, 1 << 24):
            for frame in frames:
                found.extend(decoder.frame(frame))
                after = frame.position
        return found

    @property
    def events(self) -> list[Event]:
        """The events; a refusal fails the test that expects none."""
        results = self.results
        assert [(r.reason, r.detail) for r in results if isinstance(r, Refusal)] == []
        return [result for result in results if isinstance(result, Event)]


@pytest.fixture
def door(database: Database, vault: Vault) -> Iterator[RealDoor]:
    """A running door."""
    intake = PostgresIntake(database, vault)
    tracking = Tracking(intake, {KEY: "web"}, lambda: time.time_ns() // 1000)

    async def application(scope: dict, receive: object, send: object) -> None:
        await tracking(scope, receive, send)  # type: ignore[arg-type]

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    opened = server(application, tracking, lifespan="off")

    async def serve() -> None:
        await opened._serve(sockets=[listening])
        tracking.close()

    thread = threading.Thread(target=lambda: uvloop.run(serve()))
    thread.start()
    try:
        while not opened.started:
            time.sleep(0.01)
        yield RealDoor(f"http://127.0.0.1:{listening.getsockname()[1]}", intake)
    finally:
        opened.should_exit = True
        thread.join(20)
        intake.close()
