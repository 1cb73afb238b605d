"""A real browser on the console over a shop window, watched: no console error, no request to another host."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from starlette.responses import FileResponse
from tests.unit.console.window import Gate, Window, open_window

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
AXE_HERE = "/axe.min.js"
"""Where the console of these tests has axe too: a browser compiles once what it may keep."""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--js-flags=--always-sparkplug --no-maglev --no-turbofan",  # no page lives long enough to be worth more
]  # fmt: skip
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
EXPECTED = (
    "Failed to load resource: the server responded with a status of 4",
    "Failed to load resource: the server responded with a status of 503",
    "Failed to load resource: net::ERR",
    "htmx: htmx:sse:error",
)
"""What a browser writes when an answer is 4xx or 503 or the server is away; each test says what the page then shows."""


class Site:
    """The console on a free port; `stop` and `start` are a restart on the same one, `renew` another console on it."""

    def __init__(self) -> None:
        self.renew()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.start()

    def renew(self) -> None:
        self.window = Window()
        self.gate = Gate()
        self._app = open_window(self.window, self.gate, tick_s=0.2)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == AXE_HERE:
            await FileResponse(AXE, headers={"Cache-Control": "max-age=3600"})(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def start(self) -> None:
        if self._socket.fileno() < 0:
            self._socket = socket.create_server(("127.0.0.1", self.port))
        config = uvicorn.Config(self, log_level="critical", lifespan="off", timeout_graceful_shutdown=1, ws="none")
        self._server = server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
        self._socket.close()


@pytest.fixture(scope="module")
def address() -> Iterator[Site]:
    """Where the consoles of a file's tests are, so that a browser loads their scripts and types once."""
    place = Site()
    yield place
    place.stop()


@pytest.fixture
def site(address: Site) -> Site:
    address.renew()
    return address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a file's tests: its driver keeps an event loop running in this thread until it is stopped."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed: make setup")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def scripted(browser: Browser, address: Site) -> Iterator[BrowserContext]:
    """A context that has script and keeps what it loaded, and its process by a first page that stays open."""
    found = browser.new_context(locale="en-US")
    found.new_page().goto(f"{address.url}/login")
    yield found
    found.close()


@pytest.fixture
def visit(browser: Browser, scripted: BrowserContext, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a page of a new visitor, logged in but at the login; at the end nothing may have gone wrong in it."""
    wrong: list[str] = []
    contexts = []
    scripted.clear_cookies()

    def note(message: Any) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED):
            wrong.append(message.text)

    def open_page(path: str = "/", width: int = 1440, language: str = "en", is_scripted: bool = True) -> Page:
        context = scripted
        if not is_scripted:
            context = browser.new_context(locale="en-US", java_script_enabled=False)
            contexts.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request", lambda asked: wrong.append(asked.url) if not asked.url.startswith((site.url, "data:")) else None
        )
        if path == "/login":
            page.goto(f"{site.url}/login?lang={language}")
            return page
        given = {"login": "admin", "password": "correct horse"}
        context.request.post(f"{site.url}/login?lang={language}", form=given, max_redirects=0)
        page.goto(f"{site.url}{path}")
        return page

    yield open_page
    for page in scripted.pages[1:]:
        page.close()
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core."""
    if not AXE.exists():
        pytest.skip("frontend/node_modules is not there: make setup")
    return AXE.read_text(encoding="utf-8")
