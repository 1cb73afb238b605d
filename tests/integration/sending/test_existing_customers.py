"""Whoever bought may be told of the same goods for six months without having consented, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration.deciding.world import event, events
from tests.integration.sending.world import BODY, Sending, consent, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import MINUTE, parse
from itda.journeys.definition import Enter, Journey, Step
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send

pytestmark = pytest.mark.server
ADVERTISEMENT = """\
class: advertising
category: {name}
events: [Product Viewed]
label: {{ko: 소식, en: News}}
email:
  subject: {{ko: "새 소식", en: "News"}}
"""
ENDED = parse("2026-06-01T15:00+09:00")
LAST_DAY = parse("2026-11-30T12:00+09:00")
DAY_AFTER = parse("2026-12-02T12:00+09:00")


@pytest.fixture
def world(shop: Path) -> Iterator[Sending]:
    for name in ("shoes", "cosmetics"):
        place = shop / "messages" / name
        place.mkdir(parents=True)
        (place / "message.yaml").write_text(ADVERTISEMENT.format(name=name), encoding="utf-8")
        for language in ("ko", "en"):
            (place / f"email.{language}.mjml").write_text(BODY, encoding="utf-8")
    inbox = Inbox()
    with serving(inbox) as port, sending(shop, port) as made:
        journeys = [
            Journey(
                name=name,
                enter=Enter(event=events("Product Viewed", category=name)),
                steps=(
                    Step(name="ask", does=Send(message=name, channel="email"), then="end"),
                    Step(name="end", does=Exit()),
                ),
            )
            for name in ("shoes", "cosmetics")
        ]
        made.shop.workspace = msgspec.structs.replace(made.shop.workspace, journeys=journeys)
        made.at = parse("2026-05-30T12:00+09:00")
        yield made


def bought(name: str, *, gave_address: bool = True) -> dict[str, Any]:
    order = event("Order Completed", name, order_id=f"o-{name}", revenue=59000, products=[
        {"product_id": "p1", "category": "shoes", "price": 59000, "quantity": 1},
    ])  # fmt: skip
    return {**order, "identifiers": {"email": f"{name}@example.com"}} if gave_address else order


def looks(world: Sending, at: int, name: str, category: str) -> tuple[str, list[str]]:
    """What becomes of the advertisement after somebody looked at such goods, and the reasons of the last decision."""
    world.at = at
    world.tell(event("Product Viewed", name, product_id="p9", category=category))
    world.send()
    status = world.rows(f"select status from outbox where message = '{category}' order by created_at desc limit 1")
    reasons = world.rows("select reasons from send_decision order by seq desc limit 1")
    return status[0][0], reasons[0][0]


def test_a_purchase_excuses_news_of_the_same_goods_for_six_months_after_it_ended(world: Sending):
    world.tell(bought("mina"))
    world.process()
    world.at = ENDED
    world.tell(event("Order Delivered", "mina", order_id="o-mina"))
    status, reasons = looks(world, LAST_DAY, "mina", "shoes")
    assert (status, "KR-02 EXISTING_CUSTOMER" in reasons) == ("sent", True)
    assert world.rows("select stage, verdict from send_decision order by seq") == [
        ("choice", "send"),
        ("departure", "send"),
    ]


def test_it_excuses_nothing_later_and_no_other_goods(world: Sending):
    world.tell(bought("mina"))
    world.at = ENDED
    world.tell(event("Order Delivered", "mina", order_id="o-mina"))
    status, reasons = looks(world, LAST_DAY, "mina", "cosmetics")
    assert (status, "KR-03 NOT_SIMILAR" in reasons) == ("dropped", True)
    status, reasons = looks(world, DAY_AFTER, "mina", "shoes")
    assert (status, "KR-03 EXCEPTION_EXPIRED" in reasons) == ("dropped", True)


def test_the_earliest_end_of_a_purchase_counts_and_without_one_the_day_it_was_placed(world: Sending):
    world.tell(bought("mina"), bought("bora"))
    world.at = ENDED
    world.tell(event("Order Confirmed", "mina", order_id="o-mina"))
    world.at = ENDED + 5 * 24 * 60 * MINUTE
    world.tell(event("Order Delivered", "mina", order_id="o-mina"))
    day_after_placing = parse("2026-12-01T12:00+09:00")
    assert looks(world, day_after_placing, "mina", "shoes")[0] == "sent"
    status, reasons = looks(world, day_after_placing + MINUTE, "bora", "shoes")
    assert (status, "KR-03 EXCEPTION_EXPIRED" in reasons) == ("dropped", True)


def test_an_address_that_came_from_elsewhere_is_not_excused_by_a_purchase(world: Sending):
    world.tell({"type": "identify", "userId": "mina", "traits": {"email": "mina@example.com"}}, source="web")
    world.tell(bought("mina", gave_address=False))
    status, reasons = looks(world, ENDED, "mina", "shoes")
    assert (status, "KR-03 NOT_DIRECTLY_COLLECTED" in reasons) == ("dropped", True)


def test_a_refusal_beats_a_purchase(world: Sending):
    world.tell(bought("mina"))
    world.at += MINUTE
    world.tell(consent("mina", is_given=False))
    status, reasons = looks(world, ENDED, "mina", "shoes")
    assert (status, "KR-04 OPTED_OUT" in reasons) == ("dropped", True)


def test_an_order_called_off_excuses_nothing(world: Sending):
    world.tell(bought("mina"), event("Order Cancelled", "mina", order_id="o-mina"))
    status, reasons = looks(world, ENDED, "mina", "shoes")
    assert (status, "KR-02 NO_CONSENT" in reasons) == ("dropped", True)
