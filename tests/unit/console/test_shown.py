"""What values become on a page: amounts, shares, times, the line of an event, the drawing of identifiers."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from tests.unit.console.window import identifiers, links

from itda.base.instant import parse
from itda.console.formats import NOTHING, Formats
from itda.console.gist import Words, flat, gist
from itda.console.traits import show
from itda.console.web import MOST, draw
from itda.engine.questions.views import IdentifierView, LinkView, TraitView

KO = Formats("ko", "Asia/Seoul", "KRW")
EN = Formats("en", "America/New_York", "USD")
AT = parse("2026-11-21T20:30:15Z")


def test_money_is_written_with_its_own_decimals() -> None:
    assert KO.money(2_418_000) == "₩2,418,000"
    assert EN.money(2_418_000) == "$24,180.00"
    assert EN.money(1_000, "JPY") == "¥1,000"
    assert EN.money(-5) == "-$0.05"


def test_long_money_is_shortened_and_short_money_is_not() -> None:
    assert KO.short_money(4_593_218_400) == "₩45.93억"
    assert EN.short_money(459_321_840_000) == "$4.59B"
    assert EN.short_money(11_712_846) == "$117,128"
    assert KO.short_money(138_000) == "₩138,000"


def test_a_share_that_is_not_quite_all_is_never_shown_as_all() -> None:
    assert EN.share(0.99999) == "99.9%"
    assert EN.share(1.0) == "100%"
    assert EN.share(0.943) == "94.3%"
    assert EN.share(0) == "0%"


def test_times_are_those_of_the_zone() -> None:
    assert KO.day(AT) == "2026. 11. 22. (일)"
    assert KO.clock(AT) == "05:30:15 KST"
    assert EN.day(AT) == "Sat, Nov 21, 2026"
    assert EN.clock(AT) == "15:30:15 EST"
    assert EN.iso(AT) == "2026-11-21T15:30:15-05:00"


@pytest.mark.parametrize(
    ("zone", "korean", "english"),
    [
        ("Asia/Seoul", "대한민국 시간 (Asia/Seoul)", "Korean Time (Asia/Seoul)"),
        ("America/New_York", "미 동부 시간 (America/New_York)", "Eastern Time (America/New_York)"),
        ("Asia/Shanghai", "중국 시간 (Asia/Shanghai)", "China Time (Asia/Shanghai)"),
        ("UTC", "UTC", "UTC"), ("Etc/GMT+3", "Etc/GMT+3", "Etc/GMT+3"),
    ],
)  # fmt: skip
def test_a_zone_has_one_name_in_winter_and_in_summer(zone: str, korean: str, english: str) -> None:
    assert Formats("ko", zone, "KRW").zone_name == korean
    assert Formats("en", zone, "KRW").zone_name == english


@pytest.mark.parametrize(
    ("properties", "line"),
    [
        ({"products": [{"name": "A"}, {"name": "B"}, {"name": "C"}], "revenue": 12.5, "store_id": 4}, "A, B and 1 more · $12.50 · store 4"),
        ({"products": [{"category": "MILK"}, {"category": "MILK"}], "revenue": "3.10"}, "MILK · $3.10"),
        ({"name": "Coat", "price": 329000, "currency": "krw"}, "Coat · ₩329,000"),
        ({"name": "Coat", "price": "NaN", "currency": "???"}, "Coat"),
        ({"title": "x" * 100}, "x" * 59 + "…"),
        ({"products": "none", "revenue": True}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_an_event_is_told_in_one_line(properties: dict[str, Any], line: str) -> None:
    assert gist(properties, EN, Words("and %(count)s more", "store %(id)s")) == line


def test_properties_are_listed_flat_and_never_without_end() -> None:
    assert flat({"a": {"b": 1}, "p": [{"c": None}, {"c": True}], "l": [1, 2]}) == [
        ("a.b", "1"), ("p[1].c", NOTHING), ("p[2].c", "✓"), ("l", "1, 2"),
    ]  # fmt: skip
    assert len(flat({str(number): number for number in range(1_000)})) == 60
    deep: dict[str, Any] = {"end": 1}
    for _ in range(50):
        deep = {"in": deep}
    assert len(flat(deep)) == 1


@pytest.mark.parametrize(
    ("trait", "text"),
    [
        (TraitView("revenue", "sum", 2_418_000, "", "", unit="minor", currency="KRW"), "₩2,418,000"),
        (TraitView("last_order", "recency", 1.4, "", "", unit="days"), "1.4 days"),
        (TraitView("first_channel", "first", "store", "", ""), "Store"),
        (TraitView("vip", "declared", value=True, label_ko="", label_en=""), "Yes"),
        (TraitView("tags", "top", ["a", "b", "c", "d", "e", "f"], "", ""), "a, b, c, d, e …"),
        (TraitView("seen", "last", "2026-11-21T20:30:15.000Z", "", ""), "Nov 21, 2026 15:30"),
        (TraitView("odd", "last", "2026-11-21T99:99:99", "", ""), "2026-11-21T99:99:99"),
        (TraitView("best", "top", [{"value": "MILK", "count": 21}], "", ""), "MILK (21)"),
        (TraitView("none", "declared", None, "", ""), NOTHING),
    ],
)
def test_a_trait_is_shown_as_people_read_it(trait: TraitView, text: str) -> None:
    assert show(trait, EN, str) == text


def test_identifiers_are_always_drawn_in_the_same_places() -> None:
    first = draw(identifiers(), links())
    assert first.spots == draw(list(reversed(identifiers())), list(reversed(links()))).spots
    assert [spot.kind for spot in first.spots if spot.is_root] == ["user_id"]


def test_no_two_circles_touch_and_none_leaves_the_drawing() -> None:
    for count in range(1, MOST + 4):
        some = [IdentifierView("email", f"{n}@example.com", f"{n:032x}", n, n, "", False) for n in range(count)]
        star = [LinkView(f"{0:032x}", one.fragment, "observed", "active", "", 1, 0, 0, []) for one in some[1:]]
        web = draw(some, star)
        assert len(web.spots) == min(count, MOST)
        assert web.left_out == max(0, count - MOST)
        assert all(30 <= spot.x <= web.width - 30 and 20 <= spot.y <= web.height - 40 for spot in web.spots)
        for a, b in itertools.combinations(web.spots, 2):
            assert math.dist((a.x, a.y), (b.x, b.y)) > 60


def test_a_customer_without_identifiers_has_no_drawing() -> None:
    assert draw([], []).spots == []
