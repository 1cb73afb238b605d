"""journeys/*.yaml: what is understood, and every fault with file, line and cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from itda.base.errors import Fault
from itda.base.instant import DAY, HOUR
from itda.events.contracts import boxed
from itda.journeys.definition import Again, Journey
from itda.journeys.steps.wait import Wait
from itda.journeys.steps.wait_for import WaitFor
from itda.messages.definition import Content, Message
from itda.workspace import check, files, init, journeys, load, selectors

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "journey.md"
NAMES = ("Cart Viewed", "Product Added")


def message(name: str, *events: str) -> Message:
    content = {"email": {"ko": Content(subject="s", body="b")}, "sms": {"ko": Content(subject="s", body="b")}}
    return Message(name=name, message_class="advertising", purpose="ad_receive", events=events, contents=content)


KNOWN = journeys.Known(
    events=selectors.Known(channels=("web", "store"), sources=("till",), contracts=boxed()),
    segments=("loyal", "gone"),
    messages={
        "cart-coupon": message("cart-coupon", *NAMES),
        "coupon-reminder": message("coupon-reminder", "Campaign Received"),
        "hello": message("hello"),
    },
    broken=frozenset({"half-written"}),
    zone="Asia/Seoul",
    branch=lambda document, path, written: [] if written else [document.fault(path, "says nothing")],
)
CART = """
enter: {event: {name: Cart Viewed}}
correlation: cart_id
steps:
  pause: {wait: 1 hour}
  mail: {send: hello, channel: email}
  done: {exit: mailed}
"""


def read(tmp_path: Path, text: str, name: str = "mine") -> tuple[Journey | None, list[Fault]]:
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    document, faults = files.read(tmp_path, path)
    assert document is not None, faults
    return journeys.read_journey(document, KNOWN, faults), faults


def one(tmp_path: Path, text: str) -> str:
    journey, faults = read(tmp_path, text)
    assert journey is None
    assert len(faults) == 1, faults
    return str(faults[0])


def swapped(*pairs: tuple[str, str]) -> str:
    text = CART
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_journeys_of_the_guide_are_in_order(tmp_path: Path) -> None:
    cart, follow_up = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    journey, faults = read(tmp_path, cart, "cart-rescue")
    assert faults == []
    assert journey is not None
    assert (journey.name, journey.label_ko, journey.holdout) == ("cart-rescue", "두고 간 장바구니", 0.1)
    assert journey.again == Again(after=7 * DAY)
    assert [(step.name, step.then, step.otherwise) for step in journey.steps] == [
        ("quiet", "quiet", "mail"), ("mail", "done", ""), ("done", "", ""),
    ]  # fmt: skip
    assert isinstance(journey.steps[0].does, WaitFor)
    assert journey.steps[0].does.within == HOUR
    journey, faults = read(tmp_path, follow_up, "campaign-follow-up")
    assert faults == []
    assert journey is not None
    assert journey.backfill
    assert journey.goal is not None
    assert (journey.goal.correlation, journey.goal.within) == ("campaign_id", 60 * DAY)
    assert journey.by_name["morning"].does == Wait(until=600, zone="Asia/Seoul")


def test_a_version_goes_by_meaning_and_not_by_label(tmp_path: Path) -> None:
    plain, labelled, slower = (
        read(tmp_path, text)[0] for text in (CART, CART + "label: 장바구니\n", swapped(("1 hour", "2 hours")))
    )
    assert plain is not None
    assert labelled is not None
    assert slower is not None
    assert plain.version == labelled.version != slower.version


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("Cart Viewed", "Cart Vewed")], "mine.yaml:2: enter.event.name: no contract knows the event 'Cart Vewed' (did you mean Cart Viewed?)"),
        ([("send: hello", "send: helo")], "mine.yaml:6: steps.mail.send: no message is named 'helo' (did you mean hello?)"),
        ([("channel: email", "channel: emial")], "mine.yaml:6: steps.mail.channel: the message 'hello' has no version for 'emial' (did you mean email?)"),
        ([(", channel: email", "")], "mine.yaml:6: steps.mail: 'channel' is missing (channel: one of email, sms)"),
        ([("{wait: 1 hour}", "{wait: 1 hour, then: dne}")], "mine.yaml:5: steps.pause.then: no step is named 'dne' (did you mean done?)"),
        ([("{wait: 1 hour}", "{wait: 1 hour, then: done}")], "mine.yaml:6: steps.mail: no way leads to this step (name it after `then` or `else` of another, or remove it)"),
        ([("wait: 1 hour", "wait: -1 hour")], "mine.yaml:5: steps.pause.wait: '-1 hour' takes no time: a length of time is more than none"),
        ([("wait: 1 hour", "wait: until 25:00")], "mine.yaml:5: steps.pause.wait: 'until 25:00' is no time of the day (until 10:00)"),
        ([("wait: 1 hour", "wait: soon")], "mine.yaml:5: steps.pause.wait: 'soon' is no length of time: write it as `90 seconds`, `1 hour` or `3 days`"),
        ([("wait: 1 hour", "wat: 1 hour")], "mine.yaml:5: steps.pause.wat: 'wat' is not known (did you mean wait?)"),
        ([("wait: 1 hour", "wait: 1 hour, exit: x")], "mine.yaml:5: steps.pause: a step is one of wait, wait_for, branch, send, exit (wait: 1 hour)"),
        ([("wait: 1 hour", "wait: 1 hour, else: done")], "mine.yaml:5: steps.pause.else: wait leads nowhere by `else` (remove it)"),
        ([("correlation: cart_id", "correlation: cart_ids")], "mine.yaml:3: correlation: the contract of Cart Viewed knows no plain field 'cart_ids': it never matches (did you mean cart_id?)"),
        ([("{event: {name: Cart Viewed}}", "{segment: loyal}")], "mine.yaml:3: correlation: those who come in by a segment bring no property (remove it)"),
        ([("correlation", "again: sometimes\ncorrelation")], "mine.yaml:3: again: 'sometimes' is not known (always, never, or: after 7 days)"),
        ([("correlation", "exit: [{segment: loyall}]\ncorrelation")], "mine.yaml:3: exit.0.segment: no segment is named 'loyall' (did you mean loyal?)"),
        ([("correlation", "holdout: 2\ncorrelation")], "mine.yaml:3: holdout: must be at most 1, not 2"),
        ([("send: hello", "send: coupon-reminder")], "mine.yaml:6: steps.mail.send: the message 'coupon-reminder' names properties of Campaign Received, and people come in by Cart Viewed (add it to the message's `events`)"),
        ([("{send: hello, channel: email}", "{branch: {}}")], "mine.yaml:6: steps.mail.branch: says nothing"),
        ([("  done: {exit: mailed}\n", "")], "mine.yaml:6: steps.mail: has no way out: it leads nowhere by `then` (then: a step, or one below: exit)"),
        ([("  done: {exit: mailed}", "  again: {wait: 1 day, then: pause2}\n  pause2: {wait: 1 day, then: again}")], "mine.yaml:5: steps.pause: has no way out: no `exit` comes after it (add a step such as `done: {exit: done}`)"),
        ([("  done: {exit: mailed}", "  b: {branch: {in_segment: loyal}, then: b, else: done}\n  done: {exit: mailed}")], "mine.yaml:7: steps.b: goes round for ever: b → b (put a `wait` into the loop)"),
        ([("{send: hello, channel: email}", "{send: hello, channel: email}\n  b: {branch: {in_segment: loyal}, then: pause, else: done}")], "mine.yaml:6: steps.mail: is in a loop, but a step sends once to each who came in (write each message as a step of its own)"),
        ([("correlation: cart_id\n", "goal: {event: {name: Order Completed}, match: order_id}\n")], "mine.yaml:3: goal.match: the journey has no correlation: the goal never matches (name a property of the entry event as `correlation`, or remove it)"),
        ([("correlation: cart_id", "correlation: cart_id\ngoal: {event: {name: Coupon Redeemed}, match: cartid}")], "mine.yaml:4: goal.match: the contract of Coupon Redeemed knows no plain field 'cartid': it never matches (did you mean cart_id?)"),
        ([("{event: {name: Cart Viewed}}", "{event: {channel: web}}")], "mine.yaml:2: enter.event: 'name' is missing (name: the event, or a list of them)"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_cure(tmp_path: Path, pairs: list[tuple[str, str]], said: str) -> None:
    assert one(tmp_path, swapped(*pairs)) == said


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = swapped(("Cart Viewed", "Cart Vewed"), ("send: hello", "send: helo"), ("wait: 1 hour", "wait: 0 hours"))
    assert len(read(tmp_path, text)[1]) == 3


def test_a_message_with_faults_of_its_own_is_not_said_to_be_missing(tmp_path: Path) -> None:
    assert read(tmp_path, swapped(("send: hello", "send: half-written")))[1] == []


def test_an_event_or_a_segment_not_both_and_not_neither(tmp_path: Path) -> None:
    text = swapped(("{event: {name: Cart Viewed}}", "{event: {name: Cart Viewed}, segment: loyal}"))
    assert "one of the two" in one(tmp_path, text)
    assert "one of the two" in one(
        tmp_path, swapped(("{event: {name: Cart Viewed}}", "{}"), ("correlation: cart_id", ""))
    )


def test_a_workspace_reads_its_journeys(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    init(shop, name="shop")
    (shop / "journeys").mkdir(exist_ok=True)
    text = swapped(
        ("{send: hello, channel: email}", "{branch: {events: {name: Order Completed}}, then: done, else: done}")
    )
    (shop / "journeys" / "mine.yaml").write_text(text, encoding="utf-8")
    assert check(shop, {}) == []
    assert "mine" in [journey.name for journey in load(shop, {}).journeys]
    (shop / "journeys" / "mine.yaml").write_text(text.replace("Order Completed", "Order Complete"), encoding="utf-8")
    (fault,) = check(shop, {})
    assert (fault.file, fault.line) == ("journeys/mine.yaml", 6)
    assert "did you mean Order Completed" in fault.cure
