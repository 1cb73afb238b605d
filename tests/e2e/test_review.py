"""The steward's queue in a real browser, by the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site
from tests.unit.console.identity_views import task_id

pytestmark = pytest.mark.browser


def asks(page: Page, question: str) -> None:
    expect(page.locator("#task-title")).to_have_text(question)


def test_the_queue_is_worked_through_by_keyboard_alone(visit: Callable[..., Page], site: Site) -> None:
    page = visit("/identity/review")
    asks(page, "Are these one person?")
    expect(page.locator("html")).to_have_attribute("data-keys", "on")
    page.keyboard.press("j")
    asks(page, "The matching joined these. Is that right?")
    page.keyboard.press("ArrowLeft")
    asks(page, "Are these one person?")
    page.keyboard.press("r")
    page.keyboard.type("seen at the desk")
    page.keyboard.press("Enter")
    assert site.window.answered == []
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.evaluate("document.documentElement.dataset.same = 'document'")
    page.keyboard.press("d")
    asks(page, "The matching joined these. Is that right?")
    expect(page.locator("#task-title")).to_be_focused()
    expect(page.get_by_text("3 left of 4")).to_be_visible()
    assert site.window.answered == [(task_id("alike"), "different", "seen at the desk")]
    assert page.evaluate("document.documentElement.dataset.same") == "document"
    # A Hangul keyboard writes other letters with the same keys.
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㄴ', code: 'KeyS', bubbles: true}))")
    asks(page, "A limit keeps these apart. Are they one person?")
    page.keyboard.press("u")
    asks(page, "The matching joined these. Is that right?")
    for key, question in (
        ("s", "A limit keeps these apart. Are they one person?"),
        ("l", "Do many people share this?"),
    ):
        page.keyboard.press(key)
        asks(page, question)
    page.keyboard.press("d")
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    answers = [(task_id(name), answer) for name, answer in
               (("alike", "different"), ("joined", "same"), ("held", "later"), ("desk", "different"))]  # fmt: skip
    assert [one[:2] for one in site.window.answered] == answers


def test_single_keys_are_switched_off_and_stay_so(visit: Callable[..., Page], site: Site) -> None:
    page = visit("/identity/review")
    page.keyboard.press("?")
    page.get_by_label("Single keys are on").uncheck()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    page.keyboard.press("s")
    page.keyboard.press("?")
    expect(page.locator(".keys-help")).not_to_have_attribute("open", "")
    assert site.window.answered == []
    page.evaluate("localStorage.clear()")


def test_without_script_the_buttons_do_the_same(visit: Callable[..., Page], site: Site) -> None:
    page = visit("/identity/review", is_scripted=False)
    page.get_by_label("Reason").fill("her card")
    page.get_by_role("button", name="Same", exact=True).click()
    asks(page, "The matching joined these. Is that right?")
    page.get_by_role("button", name="Take back my last").click()
    asks(page, "Are these one person?")
    assert site.window.answered == []
