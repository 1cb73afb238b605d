"""Who comes into a segment, and so into the journeys that begin with it, where two customers turned out to be one."""

from __future__ import annotations

from itda.base.instant import DAY, parse
from itda.engine.deciding.definitions import Definitions
from itda.engine.deciding.membership import Before, Change, answered
from itda.engine.deciding.people import Customer
from itda.journeys.definition import Enter, Journey, Step
from itda.journeys.steps.exit import Exit
from itda.profiles.events import Events
from itda.profiles.fold import Fold
from itda.segments.definition import Group, Segment, hidden_traits
from itda.segments.operators.events import EventsTest
from itda.store.engagement_rows import MemberRow
from itda.store.engagement_sql import EngagementWrites

NOON = parse("2026-03-10T12:00:00+09:00")
SILENT = Segment(name="silent", where=Group(none=(EventsTest(events=Events(name="Product Viewed")),)))
BUYER = Segment(name="buyer", where=Group(all=(EventsTest(events=Events(name="Order Completed")),)))
JOURNEYS = [
    Journey(name=name, enter=Enter(segment=name), steps=(Step(name="end", does=Exit(why="told")),))
    for name in ("silent", "buyer")
]
FOLD = Fold([], "Asia/Seoul", "KRW", hidden=hidden_traits([SILENT, BUYER]))


def became(before: Before) -> tuple[Change, EngagementWrites]:
    """What becomes of one who is silent and buys nothing."""
    writes = EngagementWrites(position_before=1, position_after=2, epoch=1, log_time=NOON, resolved=0)
    definitions = Definitions([SILENT, BUYER], JOURNEYS, [], FOLD)
    return answered(definitions, Customer(b"c", [], state=FOLD.new()), before, None, NOON, writes), writes


def test_only_who_comes_in_with_no_part_enters_and_with_a_part_they_are_in_it_since_that_part_was() -> None:
    alone, of_alone = became(Before())
    assert alone == Change(entered=("silent",))
    assert of_alone.members == [MemberRow("silent", b"c", NOON)]
    joined, of_joined = became(Before(was={"silent": NOON - DAY}))
    assert joined == Change()
    assert of_joined.members == [MemberRow("silent", b"c", NOON - DAY)]
    itself, of_itself = became(Before(members={"silent": NOON - DAY}))
    assert (itself, of_itself.members) == (Change(), [])


def test_who_was_in_it_with_a_part_and_is_not_any_more_goes_out() -> None:
    gone, writes = became(Before(was={"buyer": NOON - DAY, "silent": NOON}))
    assert gone == Change(left=("buyer",))
    assert writes.members_gone == []
