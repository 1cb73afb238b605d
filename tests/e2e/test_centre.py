"""The page of choices in a real browser: axe finds nothing, nothing else is loaded, and the keyboard is enough."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from tests.e2e.test_accessible import findings, spread
from tests.integration.sending.world import Sending, cart, sending
from tests.mail_server import Inbox, serving

from itda.centre.app import centre
from itda.engine.app import App
from itda.engine.sending.seen import Seen

pytestmark = [pytest.mark.browser, pytest.mark.server]
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
LOOKED_AT = {"ko": "phone", "en": "desk"}
"""At which size axe looks at the pages of a language; that they fit is measured at both."""


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    with serving(inbox) as port, sending(shop, port) as made:
        made.person("mina")
        made.tell(
            {
                "type": "track", "event": "Consent Changed", "userId": "mina",
                "properties": {"purpose": "ad_receive", "channel": "sms", "is_given": False, "collector": "080"},
            },
            cart("mina"),
        )  # fmt: skip
        with ThreadPoolExecutor(1) as other:  # the browser's driver has the event loop of this thread
            other.submit(made.send).result()
        yield made


@pytest.fixture
def door(world: Sending) -> Iterator[str]:
    shop = world.shop
    app = App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)
    seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, lambda: world.at)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(centre(app, seen), log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


def open_page(browser: Browser, size: str) -> Page:
    width, height = SIZES[size]
    return browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=True).new_page()


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("ITDA_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def paths(inbox: Inbox) -> str:
    found = re.search(rb"/u/[a-z2-7]{42}", inbox.mails[-1][2].replace(b"\r\n ", b""))
    assert found is not None
    return found[0].decode()


@pytest.mark.parametrize("language", list(LOOKED_AT))
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(
    browser: Browser, door: str, inbox: Inbox, axe: str, language: str
) -> None:
    page = open_page(browser, LOOKED_AT[language])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    ask = f"{door}{paths(inbox)}?lang={language}"
    for name in ("ask", "choices", "done", "missing"):
        if name == "ask":
            page.goto(ask)
        elif name == "choices":
            page.locator("a[href^='/p/']").last.click()
            page.wait_for_url("**/p/**")
        elif name == "done":
            page.goto(ask)
            page.locator("button").click()
            expect(page.get_by_role("status")).to_be_visible()
        else:
            page.goto(f"{door}/u/nothing?lang={language}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert findings(page, axe) == [], name
        for size in sorted(SIZES, key=LOOKED_AT[language].__eq__):  # its own in the end, as it was
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            shot(page, f"{name}-{language}-{size}")
            assert spread(page) <= 0, (name, size)
    assert [url for url in asked if not url.startswith((door, "data:"))] == []
    page.context.close()


def test_the_keyboard_is_enough_to_refuse(browser: Browser, door: str, inbox: Inbox, world: Sending) -> None:
    page = open_page(browser, "desk")
    page.goto(f"{door}{paths(inbox)}?lang=en")
    page.get_by_role("link", name="See all your choices").focus()
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Receive advertising").get_by_label("E-mail").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    query = (
        "select status from consent_state where purpose = 'ad_receive' and channel = 'email' and status <> 'unknown'"
    )
    assert set(world.rows(query)) == {("withdrawn",)}
    page.context.close()
