"""A small shop that has lived for some days: people, carts, orders, consents, mails that went, waited and did not go.

Everything went through the engine; only the clock is set. Invented people.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from tests.integration.deciding.world import DAY, HOUR, MINUTE, World, event, trust
from tests.integration.sending.world import CONSENT
from tests.mail_server import Inbox, serving

import itda
from itda.channels.definition import EmailChannel
from itda.engine.questions.messages import MessageWhy
from itda.engine.sending import effects, making
from itda.engine.sending.sender import Limits
from itda.engine.shop import Shop
from itda.store import outbox

SEGMENTS = """\
loyal:
  label: {ko: 단골, en: Loyal shoppers}
  all:
    - {events: {name: Order Completed}, at_least: 2}
    - {trait: revenue, at_least: 50000}
left_a_cart:
  label: {ko: 장바구니를 두고 간 고객, en: Left a cart}
  all:
    - {events: {name: Cart Viewed, channel: [web, app]}, window: 7 days}
  none:
    - {events: {name: Order Completed}, window: 7 days}
mailable:
  label: {ko: 이메일 광고에 동의한 고객, en: Consented to e-mail ads}
  consent: ad_receive
  channel: email
mailable_loyal:
  label: {ko: 이메일 광고에 동의한 단골, en: Loyal and consented}
  all:
    - {in_segment: loyal}
    - any:
        - {in_segment: mailable}
        - {trait: email_domain, equals: shop.example}
  none:
    - {events: {name: Order Refunded, where: {total: {at_least: 30000}}}, window: 90 days}
nobody:
  label: {ko: 아주 큰 주문을 한 고객, en: Very large orders}
  trait: revenue
  at_least: 900000000
"""
RESCUE = """\
label: {ko: 장바구니 되살리기, en: Cart rescue}
enter:
  event: {name: Cart Viewed}
correlation: cart_id
holdout: 0.25
goal:
  event: {name: Order Completed}
  within: 7 days
steps:
  an_hour_of_peace: {wait: 1 hour}
  bought_before: {branch: {in_segment: loyal}, then: reminder_for_regulars, else: first_reminder}
  reminder_for_regulars: {send: cart}
  wait_for_the_shop: {wait_for: {event: {name: Store Entered}, within: 2 days}, then: came_to_the_shop, else: done}
  first_reminder: {send: cart, then: done}
  came_to_the_shop: {exit: came to the shop}
  done: {exit: was reminded}
"""
PICKUP = """\
label: {ko: 수령 안내, en: Ready for pickup}
enter:
  event: {name: Order Ready For Pickup}
steps:
  tell: {send: notice}
  told: {exit: was told}
"""
CART = """\
class: advertising
events: [Cart Viewed]
label: {ko: 장바구니 알림, en: Cart reminder}
email:
  subject:
    ko: "{{ customer.name | default: '고객' }}님, 담아 두신 상품이 기다려요"
    en: "{{ customer.name | default: 'Hello' }}, your cart is waiting"
"""
NOTICE = """\
class: informational
ground: contract
events: [Order Ready For Pickup]
label: {ko: 수령 준비 완료, en: Ready to pick up}
email:
  subject: {ko: "주문 {{ event.order_id }} 준비가 끝났어요", en: "Order {{ event.order_id }} is ready"}
"""
BODY = """\
<mjml><mj-body background-color="#f1f3ef"><mj-section background-color="#ffffff" padding="28px 0"><mj-column>
<mj-text font-size="24px" font-weight="700">%s</mj-text><mj-text font-size="16px">%s</mj-text>
<mj-button background-color="#0b6b53" href="https://shop.example/cart">%s</mj-button>
<mj-text font-size="12px" color="#5b6661">{{ sender.name }} | {{ sender.address }} | {{ sender.phone }}</mj-text>
<mj-text font-size="12px"><a href="{{ links.unsubscribe }}">%s</a></mj-text>
</mj-column></mj-section></mj-body></mjml>
"""
WORDS = {
    "ko": ("{{ customer.name | default: '고객' }}님, 안녕하세요", "고르신 상품을 그대로 담아 두었습니다.", "보러 가기", "수신거부"),
    "en": ("Hello {{ customer.name | default: 'there' }}", "What you picked is still there.", "Go there", "Unsubscribe"),
}  # fmt: skip
FAMILY, GIVEN = "김이박최정강조윤장임", ("민지", "서준", "하은", "도윤", "지우", "예준", "수아", "시우", "지호", "하린")
SHIRT = {"product_id": "p1", "price": 59_000, "brand": "이음"}


class Lived(World):
    """The shop as its definitions say it is, with a mail server on loopback."""

    def __init__(self, shop: Shop, port: int) -> None:
        read = shop.workspace
        super().__init__(shop)
        channel = EmailChannel(
            host="127.0.0.1", port=port, tls="none", address="news@shop.example", bounces="bounces@shop.example",
            base_url="http://127.0.0.1:1", timeout_s=2, body_timeout_s=2,
        )  # fmt: skip
        shop.workspace = msgspec.structs.replace(
            read, email=channel, consent=read.consent.letting_out("email", channel.base_url)
        )
        self.drawn = random.Random(7)

    def live(self, inbox: Inbox, people_count: int, days: int) -> None:
        """So many days, and a few hours."""
        people = [f"u{n}" for n in range(people_count)]
        for n, who in enumerate(people):
            self.join(who, n)
        self.send()
        for day in range(days):
            self.at += DAY - 5 * HOUR
            if day == days // 2:
                inbox.answers["rcpt"] += ["550 5.1.1 no such user", "451 4.2.1 try again"]
            for who in self.drawn.sample(people, 9):
                self.browse(who)
            self.send()
            self.at += 2 * HOUR
            self.send()
            for who in self.drawn.sample(people, 6):
                self.buy(who)
            self.react()
            self.at += 3 * HOUR
            self.send()
        inbox.answers["data"] += ["drop", "drop"]
        for who in people[:4]:
            self.browse(who)
        self.tell(event("Order Ready For Pickup", "u5", order_id="R-2291"))
        self.send()
        self.at += 2 * HOUR
        self.send()
        for who in people[6:12]:
            self.browse(who)
        self.send()

    def join(self, who: str, n: int) -> None:
        """Somebody with a name, an address and a word of consent, or none."""
        name = FAMILY[n % 10] + GIVEN[(n * 7) % 10]
        email = f"{who}@{'shop' if n % 9 == 0 else 'mail'}.example"
        told = [{"type": "identify", "userId": who,
                 "traits": {"email": email, "name": name, "membership": f"7742-{n:04}"}}]  # fmt: skip
        if n % 5:
            told.append(self.consent(who, email, is_given=n % 7 != 3))
        self.tell(*told)

    def consent(self, who: str, email: str, *, is_given: bool) -> dict[str, Any]:
        """An act of consent, as a form tells it."""
        told = event("Consent Changed", who, purpose="ad_receive", channel="email", is_given=is_given,
                     text_version="ads-email@1/ko", collector="web:signup")  # fmt: skip
        return told | {"identifiers": {"email": email}}

    def browse(self, who: str) -> None:
        """Somebody looks around and leaves a cart."""
        number = self.drawn.randrange(10_000)
        self.tell(
            event("Product Viewed", who, **SHIRT),
            event("Product Added", who, **SHIRT),
            event("Cart Viewed", who, cart_id=f"C-{number}"),
        )
        if self.drawn.random() < 0.4:
            self.tell(event("Product Viewed", who, product_id="p2", price=329_000), source="app")

    def buy(self, who: str) -> None:
        """Somebody buys, on the web or at the till."""
        number, price = self.drawn.randrange(100_000), self.drawn.randrange(20, 190) * 1_000
        bought = event("Order Completed", who, order_id=f"O-{number}", total=price, revenue=price, currency="KRW")
        source = "web" if self.drawn.random() < 0.5 else "counter"
        if source == "counter":
            self.tell(event("Store Entered", who, store_id="12"), source="counter")
            self.at += MINUTE
        self.tell(bought, source=source)

    def react(self) -> None:
        """Some open what they were sent, and some of those follow a link."""
        with self.shop.db.connection() as connection:
            ids = [
                bytes(one) for (one,) in connection.execute("select id from outbox where status = 'sent' order by id")
            ]
            rows = outbox.named(connection, ids)
        for row in rows:
            if self.at - row.created_at > DAY or self.drawn.random() > 0.6:
                continue
            told = [self.effect("Message Delivered", row), self.effect("Message Opened", row)]
            if self.drawn.random() < 0.4:
                told.append(self.effect("Message Clicked", row))
            self.shop.intake.append(told, self.at)

    def effect(self, name: Any, row: Any) -> Any:
        """What came of a message, as the door of links tells it."""
        told = self.shop.ask(MessageWhy(row.id))
        assert told is not None
        return effects.record(name, row, told.to, self.at)

    def send(self) -> None:
        """Decide and send, in turns, until nothing is due."""
        while True:
            self.decide()
            shop = self.shop
            made = making.parts(
                shop.db, shop.lake, shop.intake, shop.workspace, shop.vault, lambda: self.at,
                Limits(away_s=0.05, parting_s=3),
            )  # fmt: skip
            assert made is not None
            if not making.drain(made):
                return


def furnish(folder: Path) -> None:
    """Give a fresh workspace its definitions."""
    for place in ("segments", "journeys", "messages"):
        shutil.rmtree(folder / place)
        (folder / place).mkdir()
    trust(folder)
    (folder / "sources" / "counter.yaml").write_text("kind: tracking\nchannel: store\norders: shop\n", encoding="utf-8")
    (folder / "consent.yaml").write_text(CONSENT, encoding="utf-8")
    (folder / "segments" / "people.yaml").write_text(SEGMENTS, encoding="utf-8")
    for name, text in (("cart-rescue", RESCUE), ("pickup", PICKUP)):
        (folder / "journeys" / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name, text in (("cart", CART), ("notice", NOTICE)):
        place = folder / "messages" / name
        place.mkdir(parents=True)
        (place / "message.yaml").write_text(text, encoding="utf-8")
        for language, words in WORDS.items():
            (place / f"email.{language}.mjml").write_text(BODY % words, encoding="utf-8")


@contextlib.contextmanager
def lived(folder: Path, people: int = 36, days: int = 10) -> Iterator[Lived]:
    """The shop, open, after its days."""
    furnish(folder)
    inbox = Inbox()
    with serving(inbox) as port, itda.open(folder) as shop:
        world = Lived(shop, port)
        world.live(inbox, people, days)
        yield world
