"""What a segment answers, and the very moment at which passing time alone turns it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.laws.profile_equipment import TRAITS, trait

from itda.base.errors import Refused
from itda.base.instant import DAY, HOUR, LocalDates, parse
from itda.events.event import Event
from itda.profiles.events import Events
from itda.profiles.fold import Fold, FragmentState
from itda.profiles.traits import KINDS
from itda.segments import explain
from itda.segments.definition import Expression, Group, Segment, hidden_traits
from itda.segments.evaluate import Answer, Seen, Segments
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest
from itda.segments.operators.in_segment import InSegment
from itda.segments.operators.trait import TraitTest
from itda.segments.trait_sql import _OVER_EVENTS, _OVER_ORDERS

ZONE = "Asia/Seoul"
NOON = parse("2026-03-10T12:00:00+09:00")
VIEWED = Events(name="Product Viewed")


def viewed(*times: int, **properties: Any) -> list[Event]:
    return [
        Event(
            event_id=str(n), name="Product Viewed", type="track", source="web", channel="web", occurred_at=at,
            received_at=at, local_date=LocalDates(ZONE).of(at), position=n, identifiers=[], properties=properties,
            context={},
        )
        for n, at in enumerate(times)
    ]  # fmt: skip


class Room:
    """Segments over a fold, and the state of somebody."""

    def __init__(self, *wheres: Expression, currency: str = "KRW") -> None:
        named = [Segment(name=f"s{n}", where=where if isinstance(where, Group) else Group(all=(where,)))
                 for n, where in enumerate(wheres)]  # fmt: skip
        self.fold = Fold(TRAITS, ZONE, currency, hidden=hidden_traits(named))
        self.segments = Segments(named, self.fold)

    def state(self, events: list[Event]) -> FragmentState:
        state = self.fold.new()
        for event in events:
            self.fold.absorb(state, event, event.properties, (), event.position)
        return state

    def answer(self, events: list[Event], now: int = NOON, name: str = "s0", **seen: Any) -> Answer:
        return self.segments.answers(Seen(state=self.state(events), **seen), now, [name])[name]


def test_a_count_in_days_turns_as_its_oldest_needed_day_goes_out() -> None:
    room = Room(EventsTest(events=VIEWED, window="3 days", at_least=2))
    days = [NOON - 3 * DAY, NOON - 2 * DAY, NOON - HOUR]
    assert room.answer(viewed(*days)) == Answer(True, parse("2026-03-12T00:00:00+09:00"))  # the second of three
    assert room.answer(viewed(days[0])) == Answer(False, None)


def test_a_count_in_hours_turns_as_its_hour_goes_out() -> None:
    room = Room(EventsTest(events=VIEWED, window="5 hours"))
    at = parse("2026-03-10T10:20:00+09:00")
    assert room.answer(viewed(at)) == Answer(True, parse("2026-03-10T16:00:00+09:00"))


def test_has_not_becomes_true_by_time_alone() -> None:
    room = Room(Group(none=(EventsTest(events=VIEWED, window="24 hours"),)))
    answer = room.answer(viewed(NOON))
    assert answer == Answer(False, NOON + 25 * HOUR)
    assert room.answer(viewed(NOON), now=NOON + 25 * HOUR - 1).is_member is False
    assert room.answer(viewed(NOON), now=NOON + 25 * HOUR).is_member is True


def test_recency_turns_at_its_day_and_not_at_every_midnight() -> None:
    room = Room(TraitTest(trait="seen", at_least=30), TraitTest(trait="seen_h", at_most=7))
    answers = room.segments.answers(Seen(state=room.state(viewed(NOON))), NOON)
    assert answers["s0"] == Answer(False, parse("2026-04-09T00:00:00+09:00"))
    assert answers["s1"] == Answer(True, NOON + 8 * HOUR)


def test_an_event_of_tomorrow_comes_in_when_its_day_begins() -> None:
    room = Room(EventsTest(events=VIEWED, window="2 days"))
    assert room.answer(viewed(NOON + DAY)) == Answer(False, parse("2026-03-11T00:00:00+09:00"))


def test_the_longer_of_two_refusals_keeps_all_of_them_false() -> None:
    soon, late = (Group(none=(EventsTest(events=VIEWED, window=f"{n} days"),)) for n in (1, 9))
    room = Room(Group(all=(soon, late)), Group(any=(soon, late)))
    events = viewed(NOON)
    assert room.answer(events).valid_until == parse("2026-03-20T00:00:00+09:00")
    assert room.answer(events, name="s1").valid_until == parse("2026-03-12T00:00:00+09:00")


def test_consent_and_other_segments_are_asked() -> None:
    mail = ConsentTest(purpose="ad_receive", channel="email")
    room = Room(
        mail, Group(none=(InSegment(segment="s0"),)), ConsentTest(purpose="ad_receive", channel="sms", status="unknown")
    )
    granted = {("ad_receive", "email"): "granted"}
    assert room.answer([], consents=granted).is_member
    assert not room.answer([], name="s1", consents=granted).is_member
    assert room.answer([], name="s2", consents=granted).is_member
    assert not room.answer([]).is_member
    assert room.segments.rests.by_consent == {"s0", "s1", "s2"}
    assert room.segments.rests.consents == {("ad_receive", "email"), ("ad_receive", "sms")}


def test_money_is_written_in_major_units() -> None:
    order = viewed(NOON)[0]
    order.name, order.properties = "Order Completed", {"order_id": "1", "revenue": 12.5, "currency": "USD"}
    room = Room(TraitTest(trait="revenue", at_least=12.5), TraitTest(trait="revenue", at_least=12.51), currency="USD")
    assert room.answer([order]).is_member
    assert not room.answer([order], name="s1").is_member


def test_one_meaning_is_counted_once() -> None:
    same = [trait("one", "count", events=VIEWED), trait("two", "count", events=VIEWED)]
    fold = Fold(same, ZONE, hidden=hidden_traits([Segment(name="a", where=Group(all=(EventsTest(events=VIEWED),)))]))
    state = fold.new()
    for event in viewed(NOON, NOON):
        fold.absorb(state, event, {}, (), event.position)
    assert [answer.value for answer in fold.answers(fold.combine([state, state]), NOON).computed] == [4, 4]


def test_segments_that_go_in_circles_are_refused() -> None:
    with pytest.raises(Refused, match="s0 → s1 → s0"):
        Room(InSegment(segment="s1"), InSegment(segment="s0"))


def test_an_event_touches_the_segments_that_listen_to_it_and_those_that_name_them() -> None:
    room = Room(
        EventsTest(events=Events(name="Page Viewed", channel="web")), InSegment(segment="s0"),
        TraitTest(trait="orders", at_least=1), TraitTest(trait="tier", equals="gold"),
    )  # fmt: skip
    touched = room.segments.rests.touched
    assert touched(("Page Viewed", "web", "web", "page")) == {"s0", "s1"}
    assert touched(("Page Viewed", "app", "web", "page")) == set()
    assert touched(("Order Refunded", "store", "till", "track")) == {"s2"}
    assert touched(("Customer Identified", "web", "web", "identify")) == {"s3"}


def test_a_version_follows_what_a_segment_names() -> None:
    def versions(window: str) -> dict[str, str]:
        named = trait("named", "count", window=window)
        segments = [
            Segment(name="a", where=Group(all=(TraitTest(trait="named", at_least=1),))),
            Segment(name="b", where=Group(all=(InSegment(segment="a"),))),
        ]
        return Segments(segments, Fold([named], ZONE)).rests.versions

    assert versions("3 days") == versions("3 days")
    assert versions("3 days")["a"] != versions("4 days")["a"]
    assert versions("3 days")["b"] != versions("4 days")["b"]


def test_every_kind_of_trait_can_be_asked_of_the_lake() -> None:
    assert set(_OVER_EVENTS) == set(KINDS)
    assert set(_OVER_ORDERS) == {name for name, kind in KINDS.items() if kind.over_orders}


def test_nobody_who_paused_the_use_of_where_they_are_is_in_a_segment_that_asks_for_it() -> None:
    visits = EventsTest(events=Events(name="Store Visited"), at_most=5)
    room = Room(visits, Group(none=(InSegment(segment="s0"),)), EventsTest(events=VIEWED, at_most=5))
    assert room.segments.rests.by_place == {"s0", "s1"}
    assert {"s0", "s1"} == room.segments.rests.by_consent
    for status, is_in in (("refused", False), ("withdrawn", False), ("granted", True), ("unknown", True)):
        said = {("location", "any"): status}
        assert room.answer([], consents=said).is_member is is_in
        assert room.answer([], name="s1", consents=said).is_member is False
        assert room.answer([], name="s2", consents=said).is_member
        lines = explain.told(room.segments, room.fold, "s0", Seen(state=room.state([]), consents=said), NOON)
        assert (lines[0].test.get("consent") == "location", lines[0].answer.is_member) == (not is_in, is_in)
