"""The privacy centre in a real browser: the whole way without script, and axe finds nothing on any of its pages."""

from __future__ import annotations

import email
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import policy
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.e2e.test_accessible import findings, spread
from tests.integration.deciding.world import event
from tests.integration.sending.world import Sending, cart, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import DAY, SECOND
from itda.centre.app import centre
from itda.engine.app import App
from itda.engine.sending.seen import Seen

pytestmark = [pytest.mark.browser, pytest.mark.server]
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
LOOKED_AT = {"ko": "phone", "en": "desk"}
"""At which size axe looks at the pages of a language: rules and templates are the same, the words are not."""
SMALL = """[...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")].filter((one) => {
  const { width, height } = one.getBoundingClientRect();
  return height > 0 && (height < 24 || width < 24);
}).map((one) => one.outerHTML)"""
"""Targets below 24 px (WCAG 2.2, 2.5.8)."""
PAGES = ("", "known", "events", "messages", "choices", "requests", "delete", "prove", "nowhere")


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    with serving(inbox) as port, sending(shop, port) as made:
        made.person("mina", phone="010-2345-6789", city="서울", birthday="1994-03-02")
        tablet = {"type": "identify", "anonymousId": "tablet-1"}
        made.tell({**tablet, "traits": {"email": "jun@example.com"}})
        made.at += SECOND
        made.tell(
            {**tablet, "userId": "mina", "traits": {"email": "mina@example.com", "name": "김민아"}},
            {"type": "page", "identifiers": {"email": "mina@example.com"}, "name": "행사"},
            event("Product Viewed", "mina", product_id="P-1"),
            cart("mina"),
        )
        turned(made)
        made.at += DAY
        made.tell(event("Order Completed", "mina", order_id="O-7", revenue=89000, currency="KRW"))
        made.tell(event("Order Ready For Pickup", "mina", order_id="O-7"))
        turned(made)
        yield made


def turned(world: Sending) -> None:
    """Decide and send where the browser's driver has no event loop."""
    with ThreadPoolExecutor(1) as other:
        other.submit(world.send).result()


@pytest.fixture
def door(world: Sending) -> Iterator[str]:
    shop = world.shop
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    world.use(shop.workspace.email.port, base_url=url)
    app = App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)
    seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, lambda: world.at)
    server = uvicorn.Server(uvicorn.Config(centre(app, seen), log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield url
    server.should_exit = True
    thread.join(10)
    listening.close()


def opened(browser: Browser, size: str, language: str, *, has_script: bool) -> BrowserContext:
    width, height = SIZES[size]
    return browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=has_script, locale=language,
        accept_downloads=True,
    )  # fmt: skip


def read(inbox: Inbox) -> str:
    mail = email.message_from_bytes(inbox.mails[-1][2], policy=policy.default)
    return str(mail.get_body(("plain",)).get_content())


def sign_in(page: Page, door: str, world: Sending, inbox: Inbox, by: str) -> None:
    page.goto(f"{door}/my/")
    page.locator("#address").fill("mina@example.com")
    page.locator("main button").click()
    expect(page.locator("#code")).to_be_visible()
    turned(world)
    if by == "code":
        page.locator("#code").fill(re.findall(r"\b\d{6}\b", read(inbox))[0])
    else:
        page.goto(re.findall(r"http://\S+/my/in/\S+", read(inbox))[0])
    page.locator("main button").click()
    expect(page.locator("nav.menu")).to_be_visible()


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("ITDA_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_the_whole_way_goes_without_script(browser: Browser, world: Sending, door: str, inbox: Inbox) -> None:
    context = opened(browser, "phone", "en-GB", has_script=False)
    page = context.new_page()
    sign_in(page, door, world, inbox, "link")
    page.get_by_role("link", name="Your data", exact=True).click()
    expect(page.get_by_text("mina@example.com").first).to_be_visible()
    expect(page.get_by_text("j•••@example.com").first).to_be_visible()
    page.get_by_role("link", name="Consents", exact=True).click()
    world.at += SECOND
    page.get_by_role("group", name="Receive advertising").get_by_label("E-mail").uncheck()
    page.get_by_label("At most one advertisement a week").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert ("ad_receive", "withdrawn") in world.rows(
        "select purpose, status from consent_state where channel = 'email'"
    )
    page.get_by_role("link", name="Requests", exact=True).click()
    page.get_by_label("What is right").fill("  ")
    page.get_by_role("button", name="Ask for the correction").click()
    expect(page.get_by_label("What is right")).to_be_focused()
    with page.expect_download() as held:
        page.get_by_role("button", name="For reading").click()
    assert "김민아" in held.value.path().read_text(encoding="utf-8")
    page.get_by_role("link", name="See what deleting means").click()
    page.get_by_label("I have read it").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("From now on your data is not used.")).to_be_visible()
    assert world.rows("select kind, via from request") == [("erase", "centre")]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Nothing is left on this device.")).to_be_visible()
    context.close()


def test_axe_finds_nothing_on_any_page_in_either_language_and_none_is_too_wide(
    browser: Browser, world: Sending, door: str, inbox: Inbox, axe: str
) -> None:
    first = opened(browser, "desk", "ko-KR", has_script=True)
    sign_in(first.new_page(), door, world, inbox, "code")
    kept = first.cookies()
    for language in ("ko", "en"):
        context = opened(browser, "desk", language, has_script=True)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        for path, name in (("", "sign-in"), ("code", "code"), ("in/0", "link")):
            looked_at(page, axe, f"{door}/my/{path}?lang={language}", name, language)
        context.add_cookies(kept)
        for path in PAGES:
            looked_at(page, axe, f"{door}/my/{path}?lang={language}", path or "home", language)
        page.goto(f"{door}/my/delete?lang={language}")
        page.locator("#understood").check()
        page.locator("button.danger").click()
        looked_at(page, axe, "", "sure", language)
        assert [url for url in asked if not url.startswith((door, "data:"))] == []
        context.close()
    first.close()


def test_a_brand_with_a_long_name_leaves_the_languages_on_one_line(browser: Browser, door: str) -> None:
    context = opened(browser, "phone", "ko-KR", has_script=True)
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{door}/my/")
    for name in (
        "잇다마켓 온오프라인 통합 멤버십 프리미엄 스토어 코리아",
        "Donaudampfschifffahrtsgesellschaftskapitaen",
    ):
        page.locator(".brand").evaluate("(one, name) => { one.textContent = name }", name)
        assert spread(page) <= 0
        for tongue in page.locator(".tongues a").all():
            box = tongue.bounding_box()
            assert box is not None
            assert 24 <= box["height"] < 48
    context.close()


def looked_at(page: Page, axe: str, url: str, name: str, language: str) -> None:
    """Look at a page, which is loaded once: it fits every size, and axe finds nothing at that of its language."""
    if url:
        page.goto(url)
    expect(page.locator("html")).to_have_attribute("lang", language)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        shot(page, f"{name}-{language}-{size}")
        assert spread(page) <= 0, (name, size)
        if size == LOOKED_AT[language]:
            assert findings(page, axe) == [], (name, size)
            assert page.evaluate(SMALL) == [], (name, size)
