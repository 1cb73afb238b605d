"""The brand's rules and the night through the whole way of a message: what waits, what goes first, what is dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration.deciding.world import event
from tests.integration.sending.world import BODY, CONSENT, Sending, cart, journey, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import HOUR, parse
from itda.engine.app import App
from itda.engine.commands.identity import Join

pytestmark = pytest.mark.server
Opened = Callable[[str], AbstractContextManager[Sending]]
NEWS = """\
class: advertising
priority: {priority}
events: [{begins}]
label: {{ko: 소식, en: News}}
email:
  subject: {{ko: "새 소식 {priority}", en: "News {priority}"}}
"""
MESSAGES = {"minor": (1, "Product Viewed"), "major": (9, "Product List Viewed")}


@pytest.fixture
def opened(shop: Path) -> Opened:
    """Opens the shop under rules of the brand, with two messages of different weight beside the cart's."""

    @contextmanager
    def opening(brand: str) -> Iterator[Sending]:
        for name, (priority, begins) in MESSAGES.items():
            place = shop / "messages" / name
            place.mkdir(parents=True)
            (place / "message.yaml").write_text(NEWS.format(priority=priority, begins=begins), encoding="utf-8")
            for language in ("ko", "en"):
                (place / f"email.{language}.mjml").write_text(BODY, encoding="utf-8")
        with serving(Inbox()) as port, sending(shop, port, CONSENT + brand) as made:
            more = [journey(name, begins, name) for name, (_, begins) in MESSAGES.items()]
            workspace = made.shop.workspace
            made.shop.workspace = msgspec.structs.replace(workspace, journeys=[*workspace.journeys, *more])
            yield made

    return opening


def looks(name: str) -> dict[str, Any]:
    return event("Product Viewed", name, product_id="p1")


def by_card(name: str) -> dict[str, Any]:
    """An event of somebody known by a card alone."""
    made = event(name, "nobody", product_id="p1")
    del made["userId"]
    return made | {"identifiers": {"membership": "M9"}}


def browses(name: str) -> dict[str, Any]:
    return event("Product List Viewed", name, list_id="l1")


def sent(world: Sending) -> list[str]:
    """The messages that left, in the order of leaving."""
    return [
        name
        for (name,) in world.rows(
            "select o.message from outbox o join attempt a on a.outbox = o.id order by a.started_at"
        )
    ]


def why(world: Sending, message: str) -> tuple[str, list[str]]:
    """What a message is now, and the reasons of the last decision on it."""
    return world.rows(
        "select o.status, d.reasons from outbox o join send_decision d on d.outbox = o.id"
        f" where o.message = '{message}' order by d.seq desc limit 1"
    )[0]


def test_of_messages_that_wait_for_one_person_the_more_important_takes_the_last_place(opened: Opened):
    with opened(
        "brand: {quiet_hours: {from: '21:00', to: '08:00'}, caps: {limits: [{most: 1, per: 10, unit: days}]}}\n"
    ) as world:
        world.person("mina")
        world.at = parse("2026-11-02T22:00+09:00")
        world.tell(looks("mina"), browses("mina"))
        world.send()
        assert world.statuses() == ["held", "held"]
        assert world.rows("select message, priority from outbox order by priority") == [("minor", 1), ("major", 9)]
        world.at = parse("2026-11-03T08:00:02+09:00")
        world.send()
        assert sent(world) == ["major"]
        status, reasons = why(world, "minor")
        assert (status, reasons[-2:]) == ("dropped", ["caps CAPPED", "decide EXPIRED_IN_HOLD"])


def test_a_lesser_message_waits_an_hour_behind_a_more_important_one(opened: Opened):
    with opened("brand: {priority: {within_hours: 24, gap_minutes: 60}}\n") as world:
        world.person("mina")
        world.tell(browses("mina"))
        world.decide()
        world.tell(looks("mina"))
        world.decide()
        status, reasons = why(world, "minor")
        assert (status, "priority LESS_IMPORTANT" in reasons) == ("held", True)
        world.send()
        assert sent(world) == ["major"]
        world.at += HOUR + 2_000_000
        world.send()
        assert sent(world) == ["major", "minor"]


def test_a_cap_over_all_journeys_drops_what_could_not_go_in_time_and_says_so(opened: Opened):
    with opened("brand: {caps: {limits: [{most: 1, per: 7, unit: days}]}}\n") as world:
        world.person("mina")
        world.tell(cart("mina"))
        world.send()
        world.at += HOUR
        world.tell(looks("mina"))
        world.send()
        assert sent(world) == ["cart"]
        status, reasons = why(world, "minor")
        assert (status, reasons[-2:]) == ("dropped", ["caps CAPPED", "decide EXPIRED_IN_HOLD"])
        assert world.rows("select p.what, p.detail from journey_path p where p.what = 'unsent'") != []


def test_what_one_got_counts_for_whoever_they_turn_out_to_be(opened: Opened):
    with opened("brand: {caps: {limits: [{most: 1, per: 7, unit: days}]}}\n") as world:
        world.person("mina")
        world.tell(cart("mina"))
        world.send()
        world.tell(by_card("Product Clicked"))
        world.decide()
        shop = world.shop
        then = App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)
        then.act(Join(("user_id", "mina"), ("membership", "M9")), shop.actor, "showed her card")
        world.at += HOUR
        world.tell(by_card("Product Viewed"))
        world.send()
        assert sent(world) == ["cart"]
        status, reasons = why(world, "minor")
        assert (status, reasons[-2:]) == ("dropped", ["caps CAPPED", "decide EXPIRED_IN_HOLD"])


def test_a_cap_that_opens_in_time_holds_until_then(opened: Opened):
    with opened("brand: {caps: {limits: [{most: 1, per: 5, unit: hours}]}}\n") as world:
        world.person("mina")
        world.tell(cart("mina"))
        world.send()
        first = world.at
        world.at += HOUR
        world.tell(looks("mina"))
        world.send()
        assert world.rows("select status, not_before from outbox where message = 'minor'") == [
            ("held", first + 5 * HOUR)
        ]
        world.at = first + 5 * HOUR + 1
        world.send()
        assert sent(world) == ["cart", "minor"]
