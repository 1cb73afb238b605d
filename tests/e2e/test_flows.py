"""What people do in the console, in a real browser, with script and without."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site
from tests.unit.console import window as shop
from tests.unit.console.window import JIWOO

pytestmark = pytest.mark.browser


def find(page: Page, text: str) -> None:
    page.get_by_role("searchbox").first.fill(text)
    page.get_by_role("searchbox").first.press("Enter")


def test_numbers_arrive_without_a_reload(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    expect(page.locator("#kpis")).to_contain_text("2,469")
    grown = msgspec.structs.replace(
        shop.overview(), status=msgspec.structs.replace(shop.overview().status, customers=2_470)
    )
    site.window.overview = lambda _actor: grown  # type: ignore[method-assign]
    expect(page.locator("#kpis")).to_contain_text("2,470")
    assert page.locator("canvas").count() == 1


def test_a_lost_connection_is_said_and_comes_back_by_itself(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    badge = page.locator("#live")
    expect(badge).to_have_text("Live")
    site.stop()
    expect(badge).to_have_text("Connection lost")
    site.start()
    expect(badge).to_have_text("Live", timeout=30_000)


def test_numbers_that_grow_old_are_said_to_be_old(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    site.window.broken = {"overview"}
    expect(page.locator("#stale")).to_contain_text("not the newest")
    expect(page.locator("#kpis")).to_contain_text("2,469")
    site.window.broken = set()
    expect(page.locator("#stale")).to_have_text("")


def test_one_page_holds_one_stream(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    streams: list[str] = []
    page.on("request", lambda asked: streams.append(asked.url) if "/live/" in asked.url else None)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.wait_for_function("document.getElementById('as-of').textContent.length > 0")
    assert len(streams) == 1


def test_a_customer_is_found_read_and_left_by_back(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    find(page, "김지우")
    expect(page.get_by_role("heading", name="2 customers found")).to_be_visible()
    page.get_by_role("link", name="김지우").click()
    expect(page.get_by_role("heading", level=1, name="김지우")).to_be_visible()
    page.get_by_role("link", name="Web", exact=True).click()
    expect(page).to_have_url(f"{site.url}/customers/{JIWOO}?channel=web")
    expect(page.get_by_text("Order ready to pick up")).to_have_count(0)
    page.go_back()
    expect(page.get_by_text("Order ready to pick up")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="2 customers found")).to_be_visible()


def test_older_events_join_the_list_in_place(visit: Callable[..., Page], site: Site) -> None:
    page = visit(f"/customers/{JIWOO}")
    expect(page.locator("details.event")).to_have_count(8)
    page.get_by_role("link", name="Older events").click()
    expect(page.locator("details.event")).to_have_count(11)
    expect(page.get_by_text("This is where it began.")).to_be_visible()
    expect(page).to_have_url(f"{site.url}/customers/{JIWOO}")


def test_the_evidence_of_a_link_opens(visit: Callable[..., Page], site: Site) -> None:
    page = visit(f"/customers/{JIWOO}")
    page.get_by_text("Membership \u2013 E-mail").click()
    expect(page.get_by_role("cell", name="Nov 20, 2026").first).to_be_visible()


def test_a_refused_event_is_replayed_once(visit: Callable[..., Page], site: Site) -> None:
    page = visit("/quarantine")
    page.get_by_role("link", name="Product Added").click()
    page.get_by_role("button", name="Replay").dblclick()
    expect(page.get_by_role("status").filter(has_text="1 event was sent")).to_be_visible()
    assert site.window.replayed == [([5001], "")]


def test_the_language_changes_where_one_stands(visit: Callable[..., Page], site: Site) -> None:
    page = visit("/quality?source=web")
    page.get_by_role("link", name="한국어").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("데이터 품질")
    expect(page).to_have_url(re.compile("source=web"))
    page.get_by_role("link", name="현황").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("현황")


def test_an_ended_session_leads_to_the_login_and_back(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    site.gate.tokens.clear()
    page.goto(f"{site.url}/quality?source=web")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.locator("#login").fill("admin")
    page.locator("#password").fill("correct horse")
    page.locator("#password").press("Enter")
    expect(page).to_have_url(f"{site.url}/quality?source=web")


def test_reading_and_forms_work_without_script(visit: Callable[..., Page], site: Site) -> None:
    page = visit(is_scripted=False)
    expect(page.locator("#kpis")).to_contain_text("2,469")
    find(page, "jiwoo.kim@example.com")
    expect(page.get_by_role("heading", level=1, name="김지우")).to_be_visible()
    page.get_by_role("link", name="Older events").click()
    expect(page.get_by_text("Loyalty Box Opened").first).to_be_visible()
    page.goto(f"{site.url}/quarantine/5001")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("1 event was sent")).to_be_visible()
    page.locator("header details.menu:not(.way-small) > summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
