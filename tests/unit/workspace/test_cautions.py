"""Whose word counts through which source, and where anybody could speak for anybody: told at `check`."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.workspace import check, init, load
from itda.workspace.cautions import cautions

JOURNEY = """\
label: Pickup
enter:
  event: %s
steps:
  mail: {send: order-ready}
  done: {exit: told}
"""
READY = "name: Order Ready For Pickup"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init(tmp_path / "shop")
    return tmp_path / "shop"


def source(shop: Path, text: str) -> None:
    (shop / "sources" / "web.yaml").write_text(f"kind: tracking\nchannel: web\n{text}", encoding="utf-8")


def journey(shop: Path, event: str) -> None:
    (shop / "journeys" / "pickup.yaml").write_text(JOURNEY % f"{{{event}}}", encoding="utf-8")


def told(shop: Path) -> list[tuple[str | None, int | None, str]]:
    assert check(shop, {}) == [], "a caution is no fault"
    return [(one.file, one.line, one.what) for one in cautions(load(shop, {}))]


@pytest.mark.parametrize(
    ("text", "is_public", "grants"),
    [
        ("", True, False), ("key: public\n", True, False), ("key: secret\n", False, True),
        ("profiles: read\n", False, True), ("key: secret\nconsent: request\n", False, False),
        ("consent: grant\n", True, True),
    ],
)  # fmt: skip
def test_a_consent_counts_where_the_key_is_secret_unless_the_source_says_otherwise(
    shop: Path, text: str, is_public: bool, grants: bool
) -> None:
    source(shop, text)
    workspace = load(shop, {})
    assert workspace.sources["web"].is_public is is_public
    assert ("web" in workspace.granting) is grants
    assert "itda" in workspace.granting


def test_the_rows_of_a_file_may_grant_and_those_of_a_bought_list_need_not(shop: Path) -> None:
    mapping = "mapping: {event: Consent Changed, identifiers: {email: mail}, properties: {purpose: p, is_given: g}}\n"
    for name, text in (("crm", ""), ("partner", "consent: request\n")):
        (shop / "sources" / f"{name}.yaml").write_text(f"kind: file\nchannel: crm\n{text}{mapping}", encoding="utf-8")
    assert load(shop, {}).granting == {"itda", "crm"}


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("web", "kind: tracking\nchannel: web\nprofiles: read\nkey: public\n", "everybody's profile"),
        ("crm", "kind: file\nchannel: crm\nmapping: {type: identify, identifiers: {email: m}}\nkey: secret\n", "no write key"),
        ("web", "kind: tracking\nchannel: web\nconsent: any\n", "consent"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_so_is_a_fault(shop: Path, file: str, text: str, said: str) -> None:
    (shop / "sources" / f"{file}.yaml").write_text(text, encoding="utf-8")
    (fault,) = check(shop, {})
    assert said in str(fault)


def test_a_new_workspace_gives_no_cause_for_caution(shop: Path) -> None:
    assert told(shop) == []


def test_a_public_key_that_grants_is_told_with_its_line(shop: Path) -> None:
    source(shop, "consent: grant\n")
    ((file, line, what),) = told(shop)
    assert (file, line) == ("sources/web.yaml", 3)
    assert "in anybody's name" in what


def test_a_form_whose_ticks_count_at_once_is_told_with_its_line(shop: Path) -> None:
    texts = (
        "texts:\n  ads: {purpose: ad_receive, channel: email, version: 1, languages: {ko: 받겠습니다, en: I agree}}\n"
    )
    (shop / "consent.yaml").write_text(f"{texts}forms:\n  join: {{source: web, asks: [ads]}}\n", encoding="utf-8")
    assert told(shop) == []
    source(shop, "key: secret\n")
    ((file, line, what),) = told(shop)
    assert (file, line) == ("consent.yaml", 4)
    assert "in anybody's name" in what


@pytest.mark.parametrize("event", [READY, f"{READY}, channel: web", f"{READY}, source: web"])
def test_a_journey_that_anybody_can_start_and_that_asks_for_no_consent_is_told(shop: Path, event: str) -> None:
    (shop / "sources" / "app.yaml").unlink()
    journey(shop, event)
    ((file, line, what),) = told(shop)
    assert (file, line) == ("journeys/pickup.yaml", 3)
    assert what.startswith("the key of web is public: anybody can have order-ready sent to anybody")


def test_a_journey_that_only_a_server_can_start_is_right(shop: Path) -> None:
    journey(shop, f"{READY}, channel: store")
    assert told(shop) == []
    source(shop, "key: secret\n")
    journey(shop, f"{READY}, source: web")
    assert told(shop) == []


def test_an_opening_of_a_mail_is_told_by_us_and_starts_what_it_may(shop: Path) -> None:
    message = shop / "messages" / "order-ready" / "message.yaml"
    message.write_text(message.read_text("utf-8").replace("Order Ready For Pickup", "Message Opened"), encoding="utf-8")
    for language in ("ko", "en"):
        body = message.parent / f"email.{language}.mjml"
        body.write_text(
            "<mjml><mj-body><mj-section><mj-column><mj-text>!</mj-text></mj-column></mj-section></mj-body></mjml>"
        )
    text = message.read_text("utf-8").replace(" ({{ event.order_id }})", "")
    message.write_text(text, encoding="utf-8")
    journey(shop, "name: Message Opened")
    assert told(shop) == []


@pytest.mark.parametrize(
    ("scheme", "key", "is_told"),
    [
        ("signature: X-Sign", "header:X-Id", True), ("signature: X-Sign", "id", False),
        ("signature: X-Sign", "[id, 'header:X-Id']", False), ("scheme: standard", "header:Webhook-Id", False),
        ("scheme: standard", "header:X-Id", True),
    ],
)  # fmt: skip
def test_a_call_that_is_told_apart_by_what_nobody_signs_is_cautioned(
    shop: Path, scheme: str, key: str, is_told: bool
) -> None:
    (shop / "sources" / "hook.yaml").write_text(
        f"kind: webhook\nchannel: web\nwebhook: {{secret_from: A, {scheme}}}\n"
        f"mapping:\n  event: Order Completed\n  identifiers: {{email: mail}}\n  key: {key}\n",
        encoding="utf-8",
    )
    told_of = [(file, line) for file, line, what in told(shop) if "nobody signs" in what]
    assert told_of == ([("sources/hook.yaml", 7)] if is_told else [])
