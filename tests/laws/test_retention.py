"""What is due: by its term, never before a law's own, never while it is held, and never again not due."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from itda.base.instant import DAY, LocalDates
from itda.consent.retention import NEVER_DUE, Law, Rule, Term, cuts
from itda.engine.absorbing import sightings_of
from itda.engine.sightings import Sighting, gathered
from itda.store.lake.block import EXPIRED, RETENTION_SOURCE
from itda.store.lake.expiring import Seen, nobodys, seen, shuffled

TERMS = st.one_of(st.builds(Term, months=st.integers(1, 120)), st.builds(Term, days=st.integers(7, 4_000)))
DAYS = st.integers(10_957, 25_000)
NAMES = ("Product Viewed", "Order Completed")


def rule(keep: Term, **more: Any) -> Rule:
    return Rule(name="r", of="events", keep=keep, written="", purpose="p", **more)


def law(keep: Term) -> Law:
    return Law("orders", frozenset({"Order Completed"}), keep, "a law")


@given(TERMS, DAYS, DAYS)
def test_a_day_is_due_from_the_day_on_that_its_term_names(term: Term, day: int, today: int) -> None:
    assert (day <= term.last_due(today)) == (term.due_on(day) <= today)


@given(TERMS, TERMS, DAYS, st.integers(0, 800))
def test_what_is_due_stays_due_as_days_pass(keep: Term, lawful: Term, today: int, later: int) -> None:
    now, then = cuts(rule(keep), [law(lawful)], today), cuts(rule(keep), [law(lawful)], today + later)
    assert all(then.at(name) >= now.at(name) for name in NAMES)


@given(TERMS, TERMS, DAYS, DAYS)
def test_the_longer_of_law_and_rule_counts(keep: Term, lawful: Term, day: int, today: int) -> None:
    cut = cuts(rule(keep), [law(lawful)], today)
    assert (day <= cut.at("Product Viewed")) == (keep.due_on(day) <= today)
    assert (day <= cut.at("Order Completed")) == (max(keep.due_on(day), lawful.due_on(day)) <= today)


@given(TERMS, DAYS, st.integers(-400, 400))
def test_nothing_is_due_while_a_rule_is_held(keep: Term, today: int, left: int) -> None:
    cut = cuts(rule(keep, held_until=today + left), [], today)
    assert (cut.latest == NEVER_DUE) == (left >= 0)


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events on a few identifiers, over a few days."""
    ids = [bytes([n]) * 16 for n in range(4)]
    found = []
    for position in range(draw(st.integers(1, 12))):
        own, *others = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
        at = draw(st.integers(20_000 * DAY, 20_003 * DAY))
        found.append({
            "position": position, "event_id": f"e{position}", "source": draw(st.sampled_from(["web", "app"])),
            "channel": "web", "name": "Product Viewed", "type": "track", "occurred_at": at, "received_at": at + 7,
            "local_date": at // DAY, "fragment": own, "others": b"".join(others), "properties": '{"a":1,"b":2}',
            "context": '{"c":1}', "sealed": b"x", "flags": 9,
        })  # fmt: skip
    return found


def packed(others: bytes) -> list[bytes]:
    return [others[start : start + 16] for start in range(0, len(others), 16)]


@given(rows())
def test_what_is_left_says_the_same_of_who_was_seen_with_whom(events: list[dict[str, Any]]) -> None:
    def told(row: dict[str, Any]) -> list[tuple[bytes, str]]:
        return [(one, "kind") for one in (row["fragment"], *packed(row["others"]))]

    before = [
        Sighting(tuple(one for one, _ in told(row)), tuple("kind" for _ in told(row)), row["source"],
                 row["local_date"], row["occurred_at"], row["position"])
        for row in events
    ]  # fmt: skip
    left = seen(events, lambda _: True).to_pylist()
    after = [
        one for row in left
        for one in sightings_of(row, msgspec.json.decode(row["properties"], type=Seen), told(row))
    ]  # fmt: skip
    assert gathered(after) == gathered(before)
    assert {row["source"] for row in left} == {RETENTION_SOURCE}


@given(rows())
def test_what_is_nobodys_names_nobody_and_no_moment(events: list[dict[str, Any]]) -> None:
    dates = LocalDates("Asia/Seoul")
    left = shuffled(nobodys(events, [("a",)] * len(events), dates, lambda _source, _id: b"k"))
    assert sorted(left["position"].to_pylist()) == [row["position"] for row in events]
    for row in left.to_pylist():
        assert row["fragment"] not in {one["fragment"] for one in events}
        assert (row["others"], row["sealed"], row["event_id"], row["context"]) == (b"", None, "", "{}")
        assert row["properties"] == '{"a":1}'
        assert row["occurred_at"] == dates.start(row["local_date"])
        assert row["received_at"] == dates.start(dates.of(row["received_at"]))
        assert row["flags"] & EXPIRED
