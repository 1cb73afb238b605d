"""One person's way through one journey, happening by happening."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from itda.base.instant import DAY, HOUR, MINUTE, parse
from itda.journeys.advance import advance
from itda.journeys.definition import Again, Enter, Goal, Journey, Leave, Step
from itda.journeys.enter import Declined, enter
from itda.journeys.happening import Happening, Occurred, Outcome, SegmentEntered, SegmentLeft, Timer
from itda.journeys.position import Position
from itda.journeys.selector import Selector
from itda.journeys.steps.branch import Branch
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send
from itda.journeys.steps.wait import Wait, next_hour
from itda.journeys.steps.wait_for import WaitFor
from itda.journeys.walk import Advanced
from itda.profiles.events import Events

NOON = parse("2026-11-22T12:00:00Z")
WHO = b"w" * 16
ORDER = Selector(event=Events(name="Order Completed"))


class Standing:
    def __init__(self, *, is_true: bool = True) -> None:
        self.is_true = is_true

    def holds(self, segment: str, at: int) -> bool:
        return self.is_true


CART = Journey(
    name="cart",
    enter=Enter(event=Events(name="Cart Viewed")),
    correlation="cart_id",
    goal=Goal(event=ORDER, within=2 * DAY),
    leave=(Leave(segment="gone"), Leave(event=Selector(event=Events(name="Unsubscribed")))),
    steps=(
        Step(name="pause", does=Wait(delay=HOUR), then="mail"),
        Step(name="mail", does=Send(message="coupon", channel="email"), then="done"),
        Step(name="done", does=Exit(why="mailed")),
    ),
)


def event(name: str, at: int, *, received_at: int | None = None, position: int = 1, **properties: Any) -> Occurred:
    return Occurred(
        event_id=f"{name} {at}", name=name, type="track", source="web", channel="web", occurred_at=at,
        received_at=at if received_at is None else received_at, local_date=at // DAY, position=position, fragment=WHO,
        properties=properties, is_late=received_at is not None and received_at - at > DAY,
    )  # fmt: skip


def entered(journey: Journey = CART, at: int = NOON, **seen: Any) -> Advanced:
    found = enter(journey, event("Cart Viewed", at, cart_id="c1", **seen), Standing(), [], b"seed", at)
    assert isinstance(found, Advanced)
    return found


def then(position: Position, happening: Happening, now: int, journey: Journey = CART) -> Advanced:
    return advance(journey, position, happening, Standing(), now)


def test_a_cart_left_for_an_hour_is_mailed_once_the_log_is_past_it() -> None:
    start = entered().position
    assert (start.step, start.due_at) == ("pause", NOON + HOUR)
    assert then(start, Timer(), NOON + HOUR).moves == ()
    done = then(start, Timer(), NOON + HOUR + 1)
    assert [(move.what, move.step) for move in done.moves] == [
        ("moved", "mail"),
        ("intended", "mail"),
        ("exited", "done"),
    ]
    (intent,) = done.intents
    assert (intent.message, intent.channel, intent.at, intent.values) == (
        "coupon",
        "email",
        NOON + HOUR,
        {"cart_id": "c1"},
    )
    assert (done.position.exit_reason, done.position.values) == ("finished", {})


@pytest.mark.parametrize("received_at", [NOON + MINUTE, NOON + HOUR])
def test_an_order_in_time_stops_the_mail_and_is_the_goal(received_at: int) -> None:
    bought = then(
        entered().position, event("Order Completed", NOON + 1, received_at=received_at, position=2), received_at
    )
    assert (bought.position.exit_reason, bought.position.goal_at, bought.intents) == ("goal", NOON + 1, ())
    assert then(bought.position, Timer(), NOON + DAY).moves == ()


def test_an_order_from_just_before_the_cart_stops_the_mail_but_is_no_goal() -> None:
    late = event("Order Completed", NOON - MINUTE, received_at=NOON + MINUTE, position=2)
    bought = then(entered().position, late, NOON + MINUTE).position
    assert (bought.exit_reason, bought.goal_at) == ("left", None)


def test_an_order_of_long_ago_that_comes_now_stops_nothing() -> None:
    old = event("Order Completed", NOON - 3 * DAY, received_at=NOON + MINUTE, position=2)
    assert then(entered().position, old, NOON + MINUTE).moves == ()


@pytest.mark.parametrize(
    ("sent_at", "is_after"), [(NOON + HOUR, True), (NOON + 3 * HOUR, False), (None, False)]
)  # fmt: skip
def test_a_goal_after_a_message_is_told_from_one_before_or_without(sent_at: int | None, is_after: bool) -> None:
    mailed = then(entered().position, Timer(), NOON + HOUR + 1).position
    bought = then(mailed, event("Order Completed", NOON + 2 * HOUR, position=2), NOON + 2 * HOUR).position
    assert (bought.exit_reason, bought.goal_at) == ("finished", NOON + 2 * HOUR)
    if sent_at is not None:  # the mail server's answer comes into the log after the order did
        bought = then(bought, Outcome(step="mail", what="sent", at=sent_at), NOON + 4 * HOUR).position
    assert bought.is_goal_after_message is is_after


def test_a_goal_counts_until_its_time_is_over() -> None:
    mailed = then(entered().position, Timer(), NOON + HOUR + 1).position
    in_time = then(mailed, event("Order Completed", NOON + 2 * DAY, position=2), NOON + 2 * DAY).position
    too_late = then(mailed, event("Order Completed", NOON + 2 * DAY + 1, position=2), NOON + 2 * DAY + 1)
    assert in_time.goal_at == NOON + 2 * DAY
    assert too_late.moves == ()


def test_a_message_that_does_not_go_is_kept_with_its_reason() -> None:
    mailed = then(entered().position, Timer(), NOON + HOUR + 1).position
    told = then(mailed, Outcome(step="mail", what="unsent", at=NOON + HOUR, why="no consent"), NOON + HOUR + 1)
    assert [(move.what, move.why) for move in told.moves] == [("unsent", "no consent")]
    assert told.position.messaged_at is None


def test_what_was_sent_stays_sent_though_it_comes_back_and_what_was_not_may_turn_out_to_have_been() -> None:
    mailed = then(entered().position, Timer(), NOON + HOUR + 1).position
    sent, bounced = (Outcome(step="mail", what=what, at=NOON + HOUR, why="") for what in ("sent", "unsent"))
    away = then(mailed, sent, NOON + HOUR + 1).position
    assert then(away, bounced, NOON + 2 * HOUR).moves == ()
    refused = then(mailed, bounced, NOON + HOUR + 1).position
    assert refused.messaged_at is None
    assert then(refused, sent, NOON + 2 * HOUR).position.messaged_at == NOON + HOUR


def test_an_exit_takes_people_out_by_event_and_by_segment() -> None:
    start = entered().position
    by_event = then(start, event("Unsubscribed", NOON + 1, position=2), NOON + 1)
    by_segment = then(start, SegmentEntered(segment="gone", at=NOON + 1, fragment=WHO), NOON + 1)
    assert [by_event.position.exit_reason, by_segment.position.exit_reason] == ["left", "left"]
    assert by_event.moves[-1].why == "Unsubscribed"
    assert then(start, SegmentLeft(segment="gone", at=NOON + 1, fragment=WHO), NOON + 1).moves == ()


def test_a_late_event_starts_nothing_unless_it_may() -> None:
    late = event("Cart Viewed", NOON - 2 * DAY, received_at=NOON, cart_id="c1")
    assert enter(CART, late, Standing(), [], b"seed", NOON) == Declined("late")
    found = enter(msgspec.structs.replace(CART, backfill=True), late, Standing(), [], b"seed", NOON)
    assert isinstance(found, Advanced)
    assert found.position.due_at == NOON  # long over by event time, and not before log time


def test_an_event_that_names_no_cart_starts_nothing() -> None:
    assert enter(CART, event("Cart Viewed", NOON), Standing(), [], b"seed", NOON) == Declined("uncorrelated")


@pytest.mark.parametrize(
    ("again", "later", "comes"),
    [(Again(), DAY, True), (Again(is_allowed=False), DAY, False), (Again(after=2 * DAY), DAY, False), (Again(after=DAY), DAY, True)],
)  # fmt: skip
def test_the_same_cart_comes_again_as_the_journey_says(again: Again, later: int, comes: bool) -> None:
    journey = msgspec.structs.replace(CART, again=again)
    first = entered(journey).position
    other_cart = event("Cart Viewed", NOON + 1, position=2, cart_id="c2")
    assert isinstance(enter(journey, other_cart, Standing(), [first], b"seed", NOON + 1), Advanced)
    second = event("Cart Viewed", NOON + later, position=3, cart_id="c1")
    assert enter(journey, second, Standing(), [first], b"seed", NOON + later) == Declined("again")
    out = then(first, Timer(), NOON + later, journey).position
    assert isinstance(enter(journey, second, Standing(), [out], b"seed", NOON + later), Advanced) is comes


def test_a_member_there_was_before_starts_nothing_unless_it_may() -> None:
    journey = msgspec.structs.replace(CART, enter=Enter(segment="loyal"), correlation="")
    before = SegmentEntered(segment="loyal", at=NOON, fragment=WHO, is_late=True)
    assert enter(journey, before, Standing(), [], b"seed", NOON) == Declined("late")
    assert isinstance(
        enter(journey, SegmentEntered(segment="loyal", at=NOON, fragment=WHO), Standing(), [], b"seed", NOON), Advanced
    )
    assert enter(journey, SegmentEntered(segment="other", at=NOON, fragment=WHO), Standing(), [], b"seed", NOON) is None


QUIET = msgspec.structs.replace(
    CART,
    steps=(
        Step(
            name="quiet",
            does=WaitFor(event=Selector(event=Events(name="Cart Viewed"), match={"cart_id": "cart_id"}), within=HOUR),
            then="quiet",
            otherwise="loyal",
        ),
        Step(name="loyal", does=Branch(when={"in_segment": "loyal"}), then="done", otherwise="no"),
        Step(name="done", does=Exit(why="yes")),
        Step(name="no", does=Exit(why="no")),
    ),
)


def test_another_look_at_the_same_cart_waits_another_hour_and_another_cart_does_not() -> None:
    start = entered(QUIET).position
    other = then(start, event("Cart Viewed", NOON + MINUTE, position=2, cart_id="c2"), NOON + MINUTE, QUIET)
    same = then(start, event("Cart Viewed", NOON + MINUTE, position=2, cart_id="c1"), NOON + MINUTE, QUIET)
    assert other.moves == ()
    assert same.position.due_at == NOON + MINUTE + HOUR
    too_late = event("Cart Viewed", NOON + 2 * HOUR, position=2, cart_id="c1")
    assert then(start, too_late, NOON + 2 * HOUR, QUIET).position.exit_reason == "finished"


@pytest.mark.parametrize("is_true", [True, False])
def test_a_branch_goes_by_what_is_true(is_true: bool) -> None:
    done = advance(QUIET, entered(QUIET).position, Timer(), Standing(is_true=is_true), NOON + DAY)
    assert done.moves[-1].why == ("yes" if is_true else "no")
    assert done.moves[-1].at == NOON + HOUR


@pytest.mark.parametrize(
    ("zone", "after", "until", "then_"),
    [
        ("Asia/Seoul", "2026-11-22T00:30:00Z", 600, "2026-11-22T01:00:00Z"),
        ("Asia/Seoul", "2026-11-22T01:00:00Z", 600, "2026-11-23T01:00:00Z"),
        ("America/New_York", "2026-03-08T06:30:00Z", 150, "2026-03-08T07:30:00Z"),  # 02:30 is skipped: 03:30 it is
        ("America/New_York", "2026-11-01T04:30:00Z", 90, "2026-11-01T05:30:00Z"),  # 01:30 comes twice: the first
    ],
)
def test_until_an_hour_is_the_next_time_clocks_show_it(zone: str, after: str, until: int, then_: str) -> None:
    assert next_hour(until, zone, parse(after)) == parse(then_)
