"""segments/*.yaml: what is understood, and every fault with file, line and cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.base.errors import Fault
from itda.profiles.events import Events
from itda.segments.definition import Group
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest
from itda.segments.operators.in_segment import InSegment
from itda.segments.operators.trait import TraitTest
from itda.workspace import check, init, load


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init(tmp_path / "shop", name="shop")
    return tmp_path / "shop"


def faults(shop: Path, text: str) -> list[Fault]:
    (shop / "segments" / "mine.yaml").write_text(text, encoding="utf-8")
    return check(shop, {})


def one(shop: Path, text: str) -> str:
    found = faults(shop, text)
    assert len(found) == 1, found
    return str(found[0])


def test_groups_and_tests_nest_as_they_are_written(shop: Path) -> None:
    text = """
far:
  label: {ko: 먼 손님, en: Far}
  all:
    - trait: city
      one_of: [부산, 제주]
    - any:
        - {events: {name: Store Entered, channel: store}, window: 30 days, at_least: 2}
        - {consent: ad_receive, channel: email}
  none: [{in_segment: left_a_cart}]
"""
    assert faults(shop, text) == []
    segment = next(segment for segment in load(shop, {}).segments if segment.name == "far")
    assert (segment.label_ko, segment.label_en) == ("먼 손님", "Far")
    entered = EventsTest(events=Events(name="Store Entered", channel="store"), window="30 days", at_least=2)
    assert segment.where == Group(
        all=(
            TraitTest(trait="city", one_of=("부산", "제주")),
            Group(any=(entered, ConsentTest(purpose="ad_receive", channel="email"))),
        ),
        none=(InSegment(segment="left_a_cart"),),
    )


def test_the_fold_counts_what_segments_ask_and_shows_it_to_nobody(shop: Path) -> None:
    workspace = load(shop, {})
    fold = workspace.fold()
    assert {answer.name for answer in fold.answers(fold.new(), 0).computed} == {
        trait.name for trait in workspace.traits if trait.kind != "declared"
    }
    assert fold.reads("Product Added", "web", "web") is False
    assert len(fold._over_events) > sum(
        trait.kind != "declared" for trait in workspace.traits if trait.arguments and trait.arguments.of == "events"
    )


def test_an_unknown_trait_names_the_nearest(shop: Path) -> None:
    assert one(shop, "a:\n  trait: ordrs\n  at_least: 1\n") == (
        "segments/mine.yaml:2: a.trait: no trait is named 'ordrs' (did you mean orders?)"
    )


def test_an_unknown_event_names_the_nearest(shop: Path) -> None:
    found = one(shop, "a:\n  all:\n    - events: {name: Order Complet}\n")
    assert found.startswith("segments/mine.yaml:3:")
    assert "did you mean Order Completed?" in found


def test_an_unknown_segment_purpose_or_channel_names_the_nearest(shop: Path) -> None:
    assert "did you mean left_a_cart?" in one(shop, "a: {in_segment: left_cart}")
    assert "did you mean ad_receive?" in one(shop, "a: {consent: ad_recieve, channel: email}")
    assert "did you mean email?" in one(shop, "a: {consent: ad_receive, channel: emal}")


def test_a_personal_trait_is_refused_with_its_clear_derivative(shop: Path) -> None:
    assert one(shop, "a: {trait: email, equals: who@example.com}") == (
        "segments/mine.yaml:1: a.trait: 'email' is personal and sealed (its clear derivative is email_domain)"
    )
    assert "personal and sealed" in one(shop, "a: {trait: address.street, set: true}")
    assert faults(shop, "a: {trait: email_domain, equals: example.com}") == []


def test_a_personal_field_of_an_event_is_refused(shop: Path) -> None:
    found = one(shop, "a: {events: {name: Product Reviewed, where: {review_body: bad}}}")
    assert "'review_body' of Product Reviewed is personal and sealed" in found


def test_a_declared_trait_without_a_class_is_refused_for_its_texts_are_sealed(shop: Path) -> None:
    (shop / "traits" / "more.yaml").write_text("shoe_size: {kind: declared}\n")
    assert "no contract says what 'shoe_size' is" in one(shop, "a: {trait: shoe_size, equals: 42}")


def test_a_segment_that_refers_to_itself_is_refused_with_the_way_round(shop: Path) -> None:
    assert "the segment refers to itself: a → a" in one(shop, "a: {in_segment: a}")
    found = faults(shop, "a: {in_segment: b}\nb:\n  none: [{in_segment: c}]\nc: {in_segment: a}\n")
    assert [str(fault).split(": ")[2] for fault in found] == ["the segment refers to itself"] * 3
    assert "a → b → c → a" in str(found[0])


def test_every_fault_is_told_at_once(shop: Path) -> None:
    text = """
A b: {trait: orders, at_least: 1}
empty: {}
none_of_it: {label: 이름}
two: {trait: orders, at_least: 1, in_segment: left_a_cart}
beside: {trait: orders, at_least: 1, all: [{trait: revenue, at_least: 5}]}
unasked: {trait: orders}
word: {trait: orders, equals: many}
often: {trait: favourite_categories, at_least: 3}
never: {events: {name: Page Viewed}, at_least: 3, at_most: 1}
window: {events: {}, window: 2 weeks}
list: {all: {trait: orders, at_least: 1}}
half: {events: {name: Page Viewed}, at_leest: 2}
"""
    found = [str(fault) for fault in faults(shop, text)]
    for line, words in enumerate(
        (
            "is no name of a segment", "must be a test, or groups of tests", "must be a test, or groups of tests",
            "has trait and in_segment side by side", "has trait and all side by side", "asks nothing of 'orders'",
            "is a number and never 'many'", "is a list of words and no number", "is less than at_least: 3",
            "is no window", "must be a list of tests", "did you mean at_least?",
        ), 2,
    ):  # fmt: skip
        assert any(f"mine.yaml:{line}:" in fault and words in fault for fault in found), (line, words, found)
    assert len(found) == 12


def test_two_segments_of_one_name_are_refused(shop: Path) -> None:
    assert "is defined in" in one(shop, "left_a_cart: {trait: orders, at_least: 1}")
