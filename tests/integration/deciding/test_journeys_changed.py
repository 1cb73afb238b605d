"""A journey is changed, or it or what it says is removed, while people are in it; and people part and join in it."""

from __future__ import annotations

import msgspec
import pytest
from tests.integration.deciding.world import CART, DAY, HOUR, MINUTE, RESCUE, World, event, events, world

from itda.engine.questions.journeys import Journeys
from itda.journeys.definition import Enter, Journey, Step
from itda.journeys.steps.branch import Branch
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send
from itda.journeys.steps.wait import Wait
from itda.messages.definition import Content
from itda.segments.definition import Group, Segment
from itda.segments.operators.events import EventsTest

pytestmark = pytest.mark.server

TWICE = {"events": {"name": "Order Completed"}, "at_least": 2}
ENDS = (Step(name="yes", does=Exit(why="yes")), Step(name="no", does=Exit(why="no")))
ANONYMOUS = "a-long-anonymous-1"


def branching(when: dict, delay: int = HOUR) -> Journey:
    """An hour after the cart people part by a branch."""
    steps = (
        Step(name="pause", does=Wait(delay=delay), then="split"),
        Step(name="split", does=Branch(when=when), then="yes", otherwise="no"),
        *ENDS,
    )
    return Journey(name="parting", enter=Enter(event=events("Cart Viewed")), steps=steps)


@pytest.fixture
def lively(shop):
    with world(shop) as made:
        yield made


def go_by(made: World, *journeys: Journey, **others) -> None:
    made.shop.workspace = msgspec.structs.replace(made.shop.workspace, journeys=list(journeys), **others)


def out(made: World) -> list[tuple[str, str, str]]:
    return made.rows(
        "select journey, step, exit_reason from journey_position order by journey, entered_at, correlation, step desc"
    )


def test_people_in_a_changed_journey_finish_by_the_branch_they_entered_with(lively: World):
    go_by(lively, branching(TWICE))
    lively.tell(event("Cart Viewed", "u1"), event("Order Completed", "u1", order_id="o1"))
    lively.tell(event("Cart Viewed", "u2"), event("Order Completed", "u2", order_id="o2"))
    lively.decide()
    go_by(lively, branching({"trait": "nothing", "equals": 1}, 2 * HOUR))
    lively.at += MINUTE
    lively.tell(event("Order Completed", "u1", order_id="o3"))
    lively.decide()
    lively.at += HOUR
    lively.decide()
    assert out(lively) == [("parting", "yes", "finished"), ("parting", "no", "finished")]
    lively.at += MINUTE
    lively.tell(event("Cart Viewed", "u3"))
    lively.decide()
    lively.shop.replay(verify=False)
    assert lively.shop.replay(verify=True).differences == []


def test_who_is_in_a_version_that_rests_on_what_is_gone_is_out_and_told_why(lively: World):
    go_by(lively, branching({"in_segment": "silent"}), RESCUE)
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.decide()
    less = [segment for segment in lively.shop.workspace.segments if segment.name != "silent"]
    go_by(lively, branching(TWICE), RESCUE, segments=less)
    lively.decide()
    assert out(lively) == [("parting", "pause", "removed"), ("rescue", "pause", None)]
    assert lively.rows("select detail from journey_path where what = 'exited'") == [
        ('{"why":"version","reason":"removed"}',)
    ]
    assert lively.shop.replay(verify=True).differences == []


def test_a_removed_journey_lets_everybody_out_and_says_nothing_more(lively: World):
    lively.tell(
        {"type": "identify", "userId": "u1", "traits": {"email": "u1@shop.example"}},
        event("Cart Viewed", "u1", cart_id="c1"),
    )
    lively.decide()
    lively.at += HOUR - MINUTE
    lively.tell(event("Cart Viewed", "u1", cart_id="c2"), event("Cart Viewed", "u2", cart_id="c3"))
    lively.decide()
    lively.at += 2 * MINUTE
    lively.decide()
    assert lively.rows("select status from outbox") == [("queued",)]
    go_by(lively)
    lively.at += 2 * HOUR
    lively.decide()
    assert out(lively) == [
        ("rescue", "end", "finished"), ("rescue", "pause", "removed"), ("rescue", "pause", "removed"),
    ]  # fmt: skip
    assert lively.rows("select count(*) from outbox") == [(1,)]
    summary = next(one for one in lively.shop.ask(Journeys()) if one.name == "rescue")
    assert (summary.entered, summary.active, summary.exited) == (3, 0, {"finished": 1, "removed": 2})


def test_what_a_removed_journey_had_waiting_to_be_sent_is_cancelled(lively: World):
    slow = msgspec.structs.replace(
        RESCUE,
        steps=(
            Step(name="ask", does=Send(message="cart", channel="email"), then="pause"),
            Step(name="pause", does=Wait(delay=DAY), then="end"),
            Step(name="end", does=Exit()),
        ),
    )
    go_by(lively, slow)
    lively.tell(
        {"type": "identify", "userId": "u1", "traits": {"email": "u1@shop.example"}},
        event("Cart Viewed", "u1", cart_id="c1"),
    )
    lively.decide()
    assert lively.rows("select status from outbox") == [("queued",)]
    go_by(lively)
    lively.decide()
    assert lively.rows("select status, reasons from outbox") == [("cancelled", "exited removed")]


def test_people_whose_message_was_removed_go_on_and_it_is_told(lively: World):
    lively.tell(
        {"type": "identify", "userId": "u1", "traits": {"email": "u1@shop.example"}},
        event("Cart Viewed", "u1", cart_id="c1"),
    )
    lively.decide()
    steps = tuple(one for one in RESCUE.steps if one.name != "ask")
    silent = msgspec.structs.replace(RESCUE, steps=(msgspec.structs.replace(steps[0], then="end"), steps[1]))
    go_by(lively, silent, messages={})
    lively.at += 2 * HOUR
    lively.decide()
    assert out(lively) == [("rescue", "end", "finished")]
    assert lively.rows("select status, reasons from outbox") == [("dropped", "NO_MESSAGE")]
    assert ("unsent", "ask") in lively.path("rescue")


def test_a_branch_on_a_segment_that_waits_for_a_replay_stops_nobody(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.decide()
    carts = Segment(name="carts", where=Group(all=(EventsTest(events=events("Cart Viewed")),)))
    given = lively.shop.workspace
    go_by(lively, branching({"in_segment": "carts"}), segments=[*given.segments, carts])
    lively.tell(event("Cart Viewed", "u2", cart_id="c2"))
    lively.decide()
    lively.at += 2 * HOUR
    lively.decide()
    assert ("parting", "yes", "finished") in out(lively)
    assert lively.members("carts") == 0


def test_what_was_due_before_two_became_one_is_done_before(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.at += MINUTE
    lively.tell({"type": "track", "event": "Cart Viewed", "anonymousId": ANONYMOUS, "properties": {"cart_id": "c1"}})
    lively.decide()
    lively.at += 2 * HOUR
    lively.tell({"type": "identify", "userId": "u1", "anonymousId": ANONYMOUS, "traits": {}})
    lively.decide()
    assert {reason for _, _, reason in out(lively)} == {"finished"}
    assert len(out(lively)) == 2


def test_an_order_before_two_became_one_stops_what_was_not_yet_due_then(lively: World):
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"))
    lively.at += MINUTE
    lively.tell({"type": "track", "event": "Cart Viewed", "anonymousId": ANONYMOUS, "properties": {"cart_id": "c2"}})
    lively.decide()
    lively.at += 30 * MINUTE
    lively.tell(event("Order Completed", "u1", order_id="o1"))
    lively.at += 2 * HOUR
    lively.tell({"type": "identify", "userId": "u1", "anonymousId": ANONYMOUS, "traits": {}})
    lively.decide()
    assert {reason for _, _, reason in out(lively)} == {"goal"}


def test_who_is_not_let_in_is_counted_by_day_and_reason(lively: World, itda):
    late = event("Cart Viewed", "u2", cart_id="c2") | {"timestamp": "2026-10-01T00:00:00Z"}
    lively.tell(event("Cart Viewed", "u1", cart_id="c1"), late, late | {"userId": "u3", "messageId": "other"})
    lively.decide()
    lively.at += 15 * HOUR
    lively.tell(event("Cart Viewed", "u1"), event("Cart Viewed", "u4", cart_id="c4"))
    lively.tell(event("Cart Viewed", "u4", cart_id="c4"))
    lively.decide()
    assert lively.rows("select why, n, local_date - min(local_date) over () from journey_declined order by why") == [
        ("again", 1, 1), ("late", 2, 0), ("uncorrelated", 1, 1),
    ]  # fmt: skip
    summary = next(one for one in lively.shop.ask(Journeys()) if one.name == "rescue")
    assert summary.declined == {"again": 1, "late": 2, "uncorrelated": 1}
    assert lively.shop.status().declined == {"again": 1, "late": 2, "uncorrelated": 1}
    assert itda("status", "--json").json["declined"]["late"] == 2
    assert "not let in: again 1, late 2, uncorrelated 1" in itda("journey", "rescue").out
    assert "Came too late 2" in itda("status").out


def test_each_is_written_to_in_their_language_and_others_in_the_first_of_the_shop(lively: World):
    text = Content(subject="Your cart", body="<mjml></mjml>")
    both = msgspec.structs.replace(CART, contents={"email": {"en": text, **CART.contents["email"]}})
    go_by(lively, RESCUE, messages={"cart": both})
    for who, traits in {
        "u1": {"language": "en"}, "u2": {"locale": "ko-KR"}, "u3": {}, "u4": {"language": "fr"}, "u5": {"locale": "EN_us"},
    }.items():  # fmt: skip
        said = {"type": "identify", "userId": who, "traits": {"email": f"{who}@shop.example", **traits}}
        lively.tell(said, event("Cart Viewed", who, cart_id=who))
    lively.decide()
    lively.at += 2 * HOUR
    lively.decide()
    found = lively.rows("select correlation, language from outbox o join journey_position p on p.id = o.position_id")
    assert dict(found) == {"u1": "en", "u2": "ko", "u3": "ko", "u4": "ko", "u5": "en"}
