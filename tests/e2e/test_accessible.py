"""Axe finds nothing on any page, in either language, at the width of a desk, a tablet and a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import AXE_HERE, Site
from tests.unit.console.engaged_views import number
from tests.unit.console.identity_views import fragment, task_id
from tests.unit.console.request_window import ERASED, LATE
from tests.unit.console.window import JIWOO, MINSU

pytestmark = pytest.mark.browser
WIDTHS = (1440, 820, 390)
SEEN = {"ko": 1440, "en": 390}
"""Where axe looks for all it knows: at every page in each language once. That it fits is measured at each width of both.

Between the two no colour is another and nothing appears that neither shows; but a table may scroll there alone.
"""
SCROLLS = ["scrollable-region-focusable"]
_AXE = """(only) => axe.run(document, {resultTypes: ['violations'], ...(only && {runOnly: only})}).then((found) =>
  found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)}`)))"""
_SCROLLING = """() => [...document.querySelectorAll('*')].some((one) =>
  (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
  && /auto|scroll/.test(getComputedStyle(one).overflow))"""
PAGES = {
    "overview": "/", "segments": "/segments", "segment": "/segments/loyal", "renewing": "/segments/changed",
    "why in": f"/segments/loyal/why/{JIWOO}", "journeys": "/journeys", "journey": "/journeys/rescue",
    "messages": "/messages", "sent": f"/messages/{number('sent')}", "dropped": f"/messages/{number('dropped')}",
    "uncertain": f"/messages/{number('uncertain')}", "preview": "/messages/preview/cart", "measures": "/measures",
    "attribution": "/measures/attributed_orders?by=channel", "difference": "/measures/holdout_difference",
    "months": "/measures/revenue?by=month", "search": "/customers", "customer": f"/customers/{JIWOO}", "stranger": f"/customers/{MINSU}",
    "past": f"/customers/{JIWOO}/past?day=2026-05-01", "history": f"/customers/{JIWOO}/history",
    "why one": f"/customers/{JIWOO}/why?a={fragment('email')}&b={fragment('anonymous_id')}", "identity": "/identity",
    "review": "/identity/review", "held back": f"/identity/review?task={task_id('held')}",
    "duties": "/duties", "retention": "/retention", "taking": "/consents", "requests": "/requests", "request": f"/requests/{ERASED}", "hand over": f"/requests/{LATE}", "new request": "/requests/new",
    "rules": "/packs", "approvals": "/approvals", "staff": "/staff", "account": "/account", "glass": "/glass/reviews",
    "audit": "/audit", "monthly review": "/audit/review", "quality": "/quality", "quarantine": "/quarantine?reason=contract", "refused": "/quarantine/5001",
    "missing": "/nowhere", "ended": "/customers?search=gone",
}  # fmt: skip


@pytest.fixture
def axe(axe: str) -> str:
    """Its address on the site of these tests."""
    assert axe
    return AXE_HERE


def findings(page: Page, axe: str, only: list[str] | None = None) -> list[str]:
    """What axe finds by all its rules, or by these. `axe` is its text, or its address on the site of the page."""
    if not page.evaluate("'axe' in window"):
        if axe == AXE_HERE:
            page.add_script_tag(url=axe)
        else:
            page.evaluate(axe)
    found: list[str] = page.evaluate(_AXE, only)
    return found


def scrolls(page: Page) -> bool:
    """Whether anything within the page scrolls by itself: without it the rules of that have nothing to look at."""
    return bool(page.evaluate(_SCROLLING))


def spread(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def hangul_fits(page: Page) -> None:
    assert page.evaluate("[...document.fonts].some(f => f.status === 'loaded' && f.family.includes('Pretendard'))")


@pytest.mark.parametrize("language", SEEN)
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(
    visit: Callable[..., Page], site: Site, axe: str, language: str
) -> None:
    page = visit(width=WIDTHS[0], language=language)
    widths = list(WIDTHS)
    for name, path in PAGES.items():
        page.goto(site.url + path)
        expect(page.locator("html")).to_have_attribute("data-live", "on")
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true })")
        for width in widths:
            if width != widths[0]:
                page.set_viewport_size({"width": width, "height": 900})
            assert spread(page) <= 0, (name, width)
            if width == SEEN[language]:
                assert findings(page, axe) == [], (name, width)
            elif width == WIDTHS[1] and scrolls(page):
                assert findings(page, axe, SCROLLS) == [], (name, width)
        widths.reverse()  # the next page comes at the width at which this one was left
    hangul_fits(page)


def test_axe_finds_nothing_in_an_empty_shop_a_broken_one_and_at_the_door(
    visit: Callable[..., Page], site: Site, axe: str
) -> None:
    page = visit("/login", width=390, language="ko")
    assert findings(page, axe) == []
    page.locator("#login").fill("admin")
    page.locator("#password").fill("wrong")
    page.locator("#password").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert findings(page, axe) == []
    page.locator("#password").fill("correct horse")
    page.locator("#password").press("Enter")
    site.window.is_empty = True
    for path in (
        "/",
        "/identity",
        "/identity/review",
        "/segments",
        "/journeys",
        "/messages",
        "/measures/orders",
        "/quality",
        "/quarantine",
    ):
        page.goto(site.url + path)
        assert findings(page, axe) == [], path
    site.window.broken = {"quality", "timeline"}
    for path in ("/quality", f"/customers/{JIWOO}"):
        page.goto(site.url + path)
        assert findings(page, axe) == [], path
    assert spread(page) <= 0


def test_the_menus_open_and_close_by_keyboard(visit: Callable[..., Page], axe: str) -> None:
    page = visit(width=390)
    summary = page.locator(".way-small > summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Quarantine")).to_be_visible()
    assert findings(page, axe) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Quarantine")).not_to_be_visible()
    expect(summary).to_be_focused()


def test_the_first_tab_leads_to_the_content(visit: Callable[..., Page]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#content$"))


def test_who_takes_a_consent_at_a_counter_scans_at_once_and_has_targets_for_a_finger(
    visit: Callable[..., Page], axe: str
) -> None:
    page = visit("/consents", width=820, language="ko")
    expect(page.locator("#value")).to_be_focused()
    page.keyboard.type("010-8264-5937")  # as a scanner types
    page.keyboard.press("Enter")
    expect(page.locator(".taking .button").first).to_be_visible()
    for one in page.locator(".who-of :is(input:not([type=hidden]), select, button), .taking button").all():
        box = one.bounding_box()
        assert box is not None
        assert box["height"] >= 48, one.inner_text()
    assert (spread(page), findings(page, axe)) == (0, [])
