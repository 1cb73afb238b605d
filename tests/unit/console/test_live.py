from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.console.window import FRONT, NOW, Gate, Window

from itda.console import assets, render
from itda.console.live import HEARTBEAT, Live
from itda.console.searches import Searches
from itda.console.visit import House

TICK_S = 0.02


def hub(window: Window, check_s: float = 60) -> Live:
    house = House(window, Gate(), lambda: FRONT, render.environments(assets.names()), Searches(), lambda: NOW)
    return Live(house, TICK_S, check_s)


async def heard(messages: AsyncIterator[str], count: int) -> list[str]:
    return [await asyncio.wait_for(anext(messages), 5) for _ in range(count)]


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 20))


def test_a_page_hears_the_numbers_in_its_language() -> None:
    async def story() -> None:
        numbers = hub(Window())
        korean, english = numbers.listen("overview", "ko", bool), numbers.listen("overview", "en", bool)
        assert await heard(korean, 1) == await heard(english, 1) == [HEARTBEAT]
        assert "14:12:09 KST 기준" in (await heard(korean, 1))[0]
        assert "Numbers of 14:12:09 KST" in (await heard(english, 1))[0]

    run(story())


def test_a_message_is_one_event_with_swaps_by_id() -> None:
    async def story() -> None:
        numbers = hub(Window()).listen("overview", "en", bool)
        message = (await heard(numbers, 2))[1]
        assert message.endswith("\n\n")
        assert all(line.startswith("data: ") for line in message.strip().split("\n"))
        for name in ("kpis", "channels", "hour-data", "as-of", "stale"):
            assert f'id="{name}"' in message
        assert message.count("hx-swap-oob") == message.count(' id="') - message.count("<symbol id=")

    run(story())


def test_the_engine_is_asked_once_a_tick_however_many_listen() -> None:
    async def story() -> None:
        window = Window()
        numbers = hub(window)
        pages = [numbers.listen("overview", language, bool) for language in ("ko", "en") * 20]
        assert await asyncio.gather(*(heard(page, 1) for page in pages))
        assert numbers.listeners == 40
        await asyncio.gather(*(heard(page, 2) for page in pages))
        assert 2 <= window.asked <= 6

    run(story())


def test_a_page_that_does_not_keep_up_holds_up_nobody() -> None:
    async def story() -> None:
        numbers = hub(Window())
        slow, quick = numbers.listen("overview", "en", bool), numbers.listen("overview", "en", bool)
        await heard(slow, 1)
        assert len(await heard(quick, 12)) == 12
        assert len(await heard(slow, 2)) == 2

    run(story())


def test_numbers_that_cannot_be_read_are_said_to_be_old_and_come_back() -> None:
    async def story() -> None:
        window = Window()
        window.broken = {"overview"}
        page = hub(window).listen("overview", "en", bool)
        assert "not the newest" in (await heard(page, 2))[1]
        window.broken = set()
        messages = await heard(page, 4)
        assert "1,482,331" in messages[-1]
        assert "not the newest" not in messages[-1]

    run(story())


def test_a_stream_ends_with_its_session() -> None:
    async def story() -> None:
        is_in = True
        numbers = hub(Window(), check_s=TICK_S * 3)
        page = numbers.listen("pulse", "en", lambda: is_in)
        await heard(page, 3)
        is_in = False
        with pytest.raises(StopAsyncIteration):
            await heard(page, 12)
        assert numbers.listeners == 0

    run(story())


def test_a_page_that_leaves_is_forgotten_and_nothing_is_asked_any_more() -> None:
    async def story() -> None:
        window = Window()
        numbers = hub(window)
        page = numbers.listen("overview", "en", bool)
        await heard(page, 2)
        await page.aclose()  # type: ignore[attr-defined]
        assert numbers.listeners == 0
        await asyncio.sleep(TICK_S * 3)
        before = window.asked
        await asyncio.sleep(TICK_S * 5)
        assert window.asked == before

    run(story())


def test_a_stranger_hears_nothing(stranger: TestClient) -> None:
    assert stranger.get("/live/overview").status_code == 401


def test_there_is_no_stream_of_anything_else(admin: TestClient) -> None:
    assert admin.get("/live/everything").status_code == 404
