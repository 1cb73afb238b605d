"""Whether the doors are ready, asked without a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette

from itda.api.health import Health
from itda.api.pressure import Pressure
from itda.base.errors import Unavailable
from itda.engine.backlog import FARTHEST, Backlog

WELL = Backlog(acknowledged=1, processed=1, waiting_bytes=0, free_bytes=1 << 40)


def asked(measure: Callable[[], Backlog], *, looked: bool = True, method: str = "GET") -> httpx.Response:
    """What /health answers over doors that look at this."""

    async def run() -> httpx.Response:
        pressure = Pressure(measure)
        if looked:
            await pressure.look()
        transport = httpx.ASGITransport(Starlette(routes=Health(pressure).routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.request(method, "/health")

    return asyncio.run(run())


def raising(error: Exception) -> Callable[[], Backlog]:
    def measure() -> Backlog:
        raise error

    return measure


def test_doors_whose_database_answers_are_ready() -> None:
    answer = asked(lambda: WELL)
    assert (answer.status_code, answer.json()) == (200, {"ready": True})
    assert answer.headers["cache-control"] == "no-store"


def test_doors_that_have_not_looked_yet_are_not_ready() -> None:
    assert asked(lambda: WELL, looked=False).status_code == 503


def test_health_is_asked_for_and_never_sent_to() -> None:
    assert asked(lambda: WELL, method="POST").status_code == 405


@pytest.mark.parametrize("error", [Unavailable("no"), RuntimeError("a table is gone")])
def test_doors_whose_database_is_away_are_not_ready(error: Exception) -> None:
    answer = asked(raising(error))
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.headers["retry-after"] == "1"
    assert "table" not in answer.text


def test_a_full_disk_is_not_ready_and_a_long_log_is() -> None:
    assert asked(lambda: Backlog(1, 1, 0, 0)).status_code == 503
    assert asked(lambda: Backlog(9, 1, FARTHEST + 1, 1 << 40)).status_code == 200


def test_a_database_that_hangs_is_not_ready() -> None:
    pressure = Pressure(lambda: WELL)
    asyncio.run(pressure.look())
    assert pressure.trouble(time.monotonic()) is None
    late = pressure.trouble(time.monotonic() + 10)
    assert late is not None
    assert late.status == 503
