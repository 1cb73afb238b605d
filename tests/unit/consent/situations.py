"""Situations for tests of consent: brand A, one person, moments in Seoul."""

from __future__ import annotations

from typing import Any

from itda.base import instant
from itda.base.ids import keyed
from itda.consent.definition import ADS, SUBJECT_WIDE, Action, ConsentEvent, ConsentKey, ConsentState
from itda.consent.facts import Carrier, Facts, Sender, Transaction
from itda.consent.ledger import fold
from itda.consent.packs import box, rules
from itda.consent.standing import Consents

RULES = rules(box())
PERSON, OTHER, MAIL, PHONE = (bytes([number]) * 16 for number in (1, 2, 3, 4))
SUBJECT = SUBJECT_WIDE
LINK = "https://shop.example/u/kJ3n8Qp0ZxW1rT5vYb7d"
BRAND = Sender(
    name="브랜드A",
    email="hello@a.example",
    phone="02-123-4567",
    address="서울시 중구 세종대로 1",
    country="KR",
    optouts={"sms": "080-123-4567", "kakao": "080-123-4567", "email": "https://shop.example/u", "push": "설정 > 알림"},
)

CARRIER = Carrier(
    callers=frozenset({BRAND.phone}), certificate="KMCC-2026-1", certified_until=1 << 62, is_authenticated=True,
    spam_rate=0.0,
)  # fmt: skip


def at(text: str) -> int:
    """A moment in Seoul: `2026-11-22 22:30`, seconds if given."""
    return instant.parse(f"{text.replace(' ', 'T')}+09:00")


def act(action: Action, when: str, purpose: str = ADS, channel: str = "email", **more: Any) -> ConsentEvent:
    """One act of the person, by default with the text that was shown."""
    fragment = more.pop("fragment", PERSON)
    contact = more.pop("contact", MAIL if channel == "email" else PHONE)
    key = ConsentKey("A", fragment, contact, purpose, channel)
    told = more.pop("id", keyed(b"test", action, when, str(key)))
    more = {"text_id": "ads@1/ko" if action == "grant" else "", "recorded_at": at(when), **more}
    return ConsentEvent(id=told, key=key, action=action, occurred_at=at(when), **more)


def states(*acts: ConsentEvent) -> dict[ConsentKey, ConsentState]:
    """What the acts come to."""
    return fold(acts)


def facts(channel: str = "push", *acts: ConsentEvent, **more: Any) -> Facts:
    """An advertisement that leaves, to a person who did these acts."""
    contact = MAIL if channel == "email" else PHONE
    given: dict[str, Any] = {
        "stage": "departure",
        "channel": channel,
        "message_class": "advertising",
        "opening": "새 소식",
        "sender": BRAND,
        "countries": ("KR",),
        "consents": Consents(fold(acts), contact),
        "transactions": (),
        "optout_link": LINK,
        "decision": b"row",
        "consents_read_at": 1 << 62,
        "sent": (),
        "caller": BRAND.phone,
        "carrier": CARRIER,
        "zones": ("Asia/Seoul",),
    }
    return Facts(**(given | more))


def bought(category: str = "shoes", ended: str = "2026-06-01 12:00", **more: Any) -> Transaction:
    """A purchase that came to its end."""
    return Transaction(id="O-1", ended_at=at(ended), categories=frozenset({category}), **more)
