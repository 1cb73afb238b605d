"""A shop that sends: people with addresses and consents, two journeys, a mail server on loopback, a clock of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.compute as pc
from tests.integration.deciding.world import World, event, events, trust

import itda
from itda.channels.definition import EmailChannel
from itda.engine.sending import making
from itda.engine.sending.sender import Limits, Parts
from itda.journeys.definition import Enter, Journey, Step
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send

CONSENT = """\
sender: {name: 이음, email: help@shop.example, phone: 02-123-4567, address: '서울시 중구 1'}
texts:
  ads-email:
    purpose: ad_receive
    channel: email
    version: 1
    languages: {ko: 이메일로 할인과 행사 소식을 받겠습니다. (선택), en: I want to receive offers by e-mail. (optional)}
"""
CART = """\
class: advertising
events: [Cart Viewed]
label: {ko: 장바구니, en: Cart}
email:
  subject:
    ko: "{{ customer.name | default: '고객' }}님의 장바구니"
    en: "Your cart, {{ customer.name | default: 'friend' }}"
"""
NOTICE = """\
class: informational
ground: contract
events: [Order Ready For Pickup]
label: {ko: 수령 준비, en: Ready}
email:
  subject: {ko: "주문 {{ event.order_id }} 준비 완료", en: "Order {{ event.order_id }} is ready"}
"""
BODY = """\
<mjml><mj-body><mj-section><mj-column>
<mj-text>{{ customer.name | default: "-" }} <a href="https://shop.example/cart?from=mail">cart</a></mj-text>
<mj-text><a href="{{ links.unsubscribe }}">out</a></mj-text>
</mj-column></mj-section></mj-body></mjml>
"""


def journey(name: str, begins: str, message: str) -> Journey:
    return Journey(
        name=name,
        enter=Enter(event=events(begins)),
        steps=(
            Step(name="ask", does=Send(message=message, channel="email"), then="end"),
            Step(name="end", does=Exit()),
        ),
    )


JOURNEYS = (journey("rescue", "Cart Viewed", "cart"), journey("pickup", "Order Ready For Pickup", "notice"))


def furnish(folder: Path, consent: str = CONSENT) -> None:
    """Give a fresh workspace what it needs to send."""
    trust(folder)
    (folder / "consent.yaml").write_text(consent, encoding="utf-8")
    for name, text in (("cart", CART), ("notice", NOTICE)):
        place = folder / "messages" / name
        place.mkdir(parents=True)
        (place / "message.yaml").write_text(text, encoding="utf-8")
        for language in ("ko", "en"):
            (place / f"email.{language}.mjml").write_text(BODY, encoding="utf-8")


TOLD = "select what, detail::json ->> 'why' from journey_path where what in ('messaged', 'unsent') order by log_at"
"""What journeys know of the messages that they asked for."""


class Sending(World):
    """The world with a sender. `channel` is where its mails go."""

    def __init__(self, shop: Any, port: int) -> None:
        read = shop.workspace
        super().__init__(shop, segments=[], journeys=JOURNEYS)
        shop.workspace = msgspec.structs.replace(read, segments=[], journeys=list(JOURNEYS))
        self.use(port)

    def use(self, port: int, **other: Any) -> None:
        """Send by the server on this port."""
        channel = EmailChannel(
            host="127.0.0.1", port=port, tls="none", address="news@shop.example", bounces="bounces@shop.example",
            base_url="http://127.0.0.1:1", timeout_s=2, body_timeout_s=2,
        )  # fmt: skip
        known = self.shop.workspace
        self.shop.workspace = msgspec.structs.replace(
            known,
            email=msgspec.structs.replace(channel, **other),
            consent=known.consent.letting_out("email", channel.base_url),
        )

    def person(self, name: str, *, consents: bool = True, **traits: Any) -> None:
        """Somebody with an address, who consented to advertising by e-mail or did not."""
        told = [
            {
                "type": "identify",
                "userId": name,
                "traits": {"email": f"{name}@example.com", "name": f"{name} kim", **traits},
            }
        ]
        if consents:
            told.append(consent(name, is_given=True))
        self.tell(*told)

    def parts(self, limits: Limits | None = None) -> Parts:
        shop = self.shop
        made = making.parts(shop.db, shop.lake, shop.intake, shop.workspace, shop.vault, lambda: self.at, limits)
        assert made is not None
        return made

    def send(self, limits: Limits | None = None) -> int:
        """Decide and send, in turns, until nothing is due."""
        total = 0
        with self.deciding() as decide:
            while True:
                decide()
                found = making.drain(self.parts(limits or Limits(away_s=0.05, parting_s=3)))
                total += found
                if not found:
                    return total

    def outbox(self) -> list[tuple[str, str]]:
        """(message, status), in the order of coming about."""
        return self.rows("select message, status from outbox order by created_at, id")

    def statuses(self) -> list[str]:
        return sorted(status for _, status in self.outbox())

    def effects(self) -> list[str]:
        """The names of what our own source told, in log order."""
        self.process()
        table = self.shop.lake.table(("name", "position", "source"), pc.field("source") == "itda")
        return table.sort_by("position")["name"].to_pylist()


def consent(name: str, *, is_given: bool) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Consent Changed",
        "userId": name,
        "identifiers": {"email": f"{name}@example.com"},
        "properties": {
            "purpose": "ad_receive", "channel": "email", "is_given": is_given, "text_version": "ads-email@1/ko",
            "collector": "web:signup",
        },
    }  # fmt: skip


def cart(name: str, **properties: Any) -> dict[str, Any]:
    return event("Cart Viewed", name, **({"cart_id": f"cart-{name}"} | properties))


def ready(name: str, order: str) -> dict[str, Any]:
    return event("Order Ready For Pickup", name, order_id=order)


@contextlib.contextmanager
def sending(folder: Path, port: int, consent: str = CONSENT) -> Iterator[Sending]:
    furnish(folder, consent)
    with itda.open(folder) as shop:
        yield Sending(shop, port)
