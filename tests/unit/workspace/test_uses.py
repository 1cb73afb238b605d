"""Fields have purposes, and a segment may ask those alone that are for what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.workspace import check, init, load

CONTRACT = """
event: Allergy Told
schema:
  type: object
  properties:
    substance: {type: string, class: plain}
    store_id: {type: string, class: plain}
    ci: {type: string, class: plain}
"""
PURPOSES = "purposes: {'*': [service, ad_receive], substance: sensitive}\n"
ASKS = "mine:\n  all:\n    - events: {name: Allergy Told, where: {substance: nuts}}\n      at_least: 1\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init(tmp_path / "shop", name="shop")
    return tmp_path / "shop"


def said(shop: Path, contract: str, segment: str = "") -> list[str]:
    (shop / "contracts" / "allergy.yaml").write_text(contract, encoding="utf-8")
    (shop / "segments" / "mine.yaml").write_text(segment, encoding="utf-8")
    return [str(fault) for fault in check(shop, {})]


def test_a_contract_that_says_nothing_is_for_what_every_shop_does(shop: Path) -> None:
    assert said(shop, CONTRACT, ASKS) == []


def test_a_field_without_a_purpose_may_not_be_kept(shop: Path) -> None:
    found = said(shop, f"{CONTRACT}purposes: {{substance: sensitive}}\n")
    assert len(found) == 2
    assert all("is for no purpose, so it may not be kept" in one for one in found)
    assert said(shop, CONTRACT + PURPOSES) == []


@pytest.mark.parametrize(
    ("purposes", "what"),
    [
        ("purposes: {'*': sevrice}", "did you mean service?"),
        ("purposes: {'*': service, substanse: service}", "did you mean substance?"),
        ("purposes: {'*': 3}", "must be a purpose"),
        ("purposes: service", "must be a mapping"),
    ],
)
def test_what_is_wrong_with_purposes_is_said(shop: Path, purposes: str, what: str) -> None:
    found = said(shop, f"{CONTRACT}{purposes}\n")
    assert len(found) == 1, found
    assert what in found[0]


def test_a_segment_asks_no_field_that_is_for_something_else(shop: Path) -> None:
    (found,) = said(shop, CONTRACT + PURPOSES, ASKS)
    assert "'substance' of 'Allergy Told': PURPOSE_MISMATCH: it is for sensitive, not for ad_receive" in found
    assert said(shop, CONTRACT + PURPOSES, ASKS.replace("substance: nuts", "store_id: a")) == []
    through = ASKS.replace("mine:", "mine:\n  purpose: sensitive") + (
        "    - {consent: sensitive, channel: email}\nother: {in_segment: mine}\n"
    )
    (found,) = said(
        shop, CONTRACT + "purposes: {'*': [service, ad_receive, sensitive], substance: sensitive}\n", through
    )
    assert "PURPOSE_MISMATCH" in found, "nor by the name of another segment"


def test_whoever_is_asked_about_health_must_have_consented_to_it(shop: Path) -> None:
    contract = CONTRACT + "purposes: {'*': [service, sensitive], substance: sensitive}\n"
    of_health = ASKS.replace("mine:", "mine:\n  purpose: sensitive")
    (found,) = said(shop, contract, of_health)
    assert "must have consented to it" in found
    assert said(shop, contract, f"{of_health}    - {{consent: sensitive, channel: email}}\n") == []
    assert next(one for one in load(shop, {}).segments if one.name == "mine").purpose == "sensitive"


def test_connecting_information_chooses_nobody(shop: Path) -> None:
    (found,) = said(shop, CONTRACT, ASKS.replace("substance: nuts", "ci: x"))
    assert "connecting information (CI)" in found


def test_a_purpose_of_a_segment_is_one_that_is_known(shop: Path) -> None:
    (found,) = said(shop, CONTRACT, ASKS.replace("mine:", "mine:\n  purpose: ad_recieve"))
    assert "did you mean ad_receive?" in found


def test_what_a_segment_chose_for_something_else_is_not_advertised_to(shop: Path) -> None:
    (shop / "consent.yaml").write_text(
        "sender: {name: A, email: a@a.example, phone: 02-1, address: Seoul, country: KR}\n", encoding="utf-8"
    )
    folder = shop / "messages" / "news"
    folder.mkdir()
    (folder / "message.yaml").write_text("class: advertising\nemail: {subject: {ko: 가, en: a}}\n", encoding="utf-8")
    for language in ("ko", "en"):
        (folder / f"email.{language}.mjml").write_text(
            "<mjml><mj-body><mj-section><mj-column><mj-text>"
            '<a href="{{ links.unsubscribe }}">x</a></mj-text></mj-column></mj-section></mj-body></mjml>',
            encoding="utf-8",
        )
    (shop / "journeys" / "mine.yaml").write_text(
        "enter: {segment: mine}\nsteps:\n  tell: {send: news, channel: email}\n  done: {exit: told}\n", encoding="utf-8"
    )
    contract = CONTRACT + "purposes: {'*': [service, ad_receive], substance: service}\n"
    own = ASKS.replace("mine:", "mine:\n  purpose: service")
    (found,) = said(shop, contract, own)
    assert "news: 'substance' of 'Allergy Told': PURPOSE_MISMATCH: it is for service, not for ad_receive" in found
    assert said(shop, contract, own.replace("substance: nuts", "store_id: a")) == []
