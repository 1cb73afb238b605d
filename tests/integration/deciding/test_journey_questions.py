"""What is told of journeys: counts per step, paths with reasons, held out beside treated; in Python and at a terminal."""

from __future__ import annotations

import msgspec
import pytest
from tests.integration.deciding.world import DAY, HOUR, MINUTE, RESCUE, World, event, world

from itda.base.errors import Refused
from itda.engine.questions.journeys import JourneyPaths, Journeys, JourneySteps

pytestmark = pytest.mark.server

HALF = msgspec.structs.replace(RESCUE, holdout=0.5, label_en="Cart rescue", label_ko="장바구니")
PEOPLE = [f"u{n}" for n in range(12)]


@pytest.fixture
def lived(shop):
    """Twelve carts left at one time: of the first three people two buy in time, one a day later."""
    with world(shop, journeys=(HALF,)) as made:
        made.tell(*(event("Cart Viewed", who, cart_id=f"c-{who}") for who in PEOPLE))
        made.decide()
        made.at += 30 * MINUTE
        made.tell(event("Order Completed", "u0", order_id="o0"), event("Order Completed", "u1", order_id="o1"))
        made.decide()
        made.at += HOUR
        made.decide()
        made.at += DAY
        made.tell(event("Order Completed", "u2", order_id="o2"))
        made.decide()
        yield made


def test_who_entered_is_counted_once_by_arm_and_by_how_they_went_out(lived: World):
    (summary,) = lived.shop.ask(Journeys())
    assert (summary.name, summary.label_en, summary.version) == ("rescue", "Cart rescue", HALF.version)
    assert summary.entered == len(PEOPLE)
    assert summary.entered == summary.active + sum(summary.exited.values())
    assert summary.exited == {"goal": 2, "finished": 10}
    treated, holdout = summary.arms
    assert (treated.arm, holdout.arm) == ("treated", "holdout")
    assert treated.entered + holdout.entered == len(PEOPLE)
    assert treated.entered > 0 < holdout.entered
    assert treated.goal + holdout.goal == 3


def test_each_step_says_how_many_came_to_it_and_what_was_said(lived: World):
    view = lived.shop.ask(JourneySteps("rescue"))
    (version,) = view.versions
    assert version.is_current
    pause, ask, end = version.steps
    assert (pause.kind, pause.reached, pause.waiting, pause.then) == ("wait", 12, 0, "ask")
    assert (ask.kind, ask.says, ask.reached) == ("send", "cart", 10)
    assert ask.intended + ask.held_out == 10
    assert ask.held_out > 0
    assert (end.kind, end.reached) == ("exit", 10)


def test_a_person_waiting_is_shown_where_and_until_when(lived: World):
    lived.tell(event("Cart Viewed", "late", cart_id="c9"))
    lived.decide()
    pause = lived.shop.ask(JourneySteps("rescue")).versions[0].steps[0]
    assert (pause.waiting, pause.next_due_at) == (1, lived.at + HOUR)


def test_a_path_tells_each_move_with_its_reason(lived: World):
    (bought,) = lived.shop.ask(JourneyPaths(("user_id", "u0"), "rescue")).journeys
    assert [(step.what, step.step) for step in bought.path] == [
        ("entered", "pause"),
        ("goal", "pause"),
        ("exited", "pause"),
    ]
    assert (bought.exit_reason, bought.correlation, bought.is_goal_after_message) == ("goal", "c-u0", False)
    assert bought.path[-1].detail == {"why": "Order Completed", "reason": "goal"}
    assert bought.path[0].detail["arm"] == bought.arm
    (later,) = lived.shop.ask(JourneyPaths(("user_id", "u2"))).journeys
    assert later.exit_reason == "finished"
    assert later.goal_at is not None
    assert lived.shop.ask(JourneyPaths(("user_id", "u2"), "other")).journeys == []
    with pytest.raises(Refused, match="no such customer"):
        lived.shop.ask(JourneyPaths(("user_id", "nobody")))


def test_a_former_version_is_shown_for_as_long_as_people_passed_through_it(lived: World):
    slower = msgspec.structs.replace(
        HALF, steps=tuple(step if step.name != "pause" else msgspec.structs.replace(step, does=msgspec.structs.replace(step.does, delay=2 * HOUR)) for step in HALF.steps)
    )  # fmt: skip
    lived.shop.workspace = msgspec.structs.replace(lived.shop.workspace, journeys=[slower])
    lived.tell(event("Cart Viewed", "new", cart_id="c7"))
    lived.decide()
    view = lived.shop.ask(JourneySteps("rescue"))
    assert [(one.version, one.is_current) for one in view.versions] == [(slower.version, True), (HALF.version, False)]
    assert [one.steps[0].waiting for one in view.versions] == [1, 0]


def test_the_terminal_tells_the_same(lived: World, itda):
    (summary,) = itda("journey", "--json").json
    assert summary["entered"] == 12
    assert "rescue" in itda("journey").out
    assert [step["name"] for step in itda("journey", "rescue", "--json").json["versions"][0]["steps"]] == [
        "pause",
        "ask",
        "end",
    ]
    told = itda("journey", "rescue").out
    assert "entered 12 = in it 0 + out: finished 10, goal 2" in told
    path = itda("journey", "rescue", "--path", "user_id:u0")
    assert "out: goal" in path.out
    assert "Order Completed" in path.out
    assert itda("journey", "--path", "user_id:u0", "--json").json["journeys"][0]["exit_reason"] == "goal"
    assert itda("journey", "rescu").code == 1
    assert "journeys here: rescue" in itda("journey", "rescu").err
