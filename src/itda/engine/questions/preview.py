"""A message as it looks, filled for somebody who does not exist: nobody's values are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Fault, Misused
from itda.engine.app import Answer
from itda.engine.work import Work
from itda.messages import shapes
from itda.messages.definition import Message, Rendered, View
from itda.messages.links import Links
from itda.messages.shapes import Shape

NAMES = {"ko": "김하늘", "en": "Sky Kim"}
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "ko": {"name": "리넨 셔츠", "title": "리넨 셔츠", "category": "셔츠", "city": "서울", "store": "강남점",
           "store_name": "강남점", "brand": "이음"},
    "en": {"name": "Linen shirt", "title": "Linen shirt", "category": "Shirts", "city": "Seoul", "store": "Gangnam",
           "store_name": "Gangnam", "brand": "Ieum"},
}  # fmt: skip
_ANY: Mapping[str, Any] = {
    "price": 59_000, "revenue": 118_000, "total": 118_000, "value": 118_000, "quantity": 2, "discount": 5_000,
    "coupon": "0419-7726-3305", "url": "https://shop.example/", "link": "https://shop.example/",
    "image_url": "", "email": "sky@example.com", "phone": "+82 10-0000-0000",
}  # fmt: skip
_ITEMS = 2


class PreviewView(msgspec.Struct, frozen=True):
    """One message in one language, filled for an invented person."""

    name: str
    label_ko: str
    label_en: str
    language: str
    languages: tuple[str, ...]
    subject: str
    html: str
    text: str
    fault: str
    """Why it could not be filled; empty where it was."""


class Preview(msgspec.Struct, frozen=True):
    """How a message looks in a language."""

    permission: ClassVar[str] = "journey.read"
    name: str
    language: str
    channel: str = "email"

    def answer(self, work: Work) -> Answer[PreviewView]:
        """The message; `Misused` where there is none of that name on that channel. Other languages get the first."""
        from itda.messages.template import render  # noqa: PLC0415 - who previews nothing needs no engine of templates

        message = work.workspace.messages.get(self.name)
        if message is None or self.channel not in message.contents:
            raise Misused(Fault(what=f"there is no message {self.name!r} for {self.channel}"))
        language = message.language(self.channel, self.language)
        links = Links(base="https://preview.invalid", outbox=bytes(16), secret=bytes(32))
        made = render(message, self.channel, language, _view(work, message, language), links, is_tracked=False)
        view = PreviewView(
            name=message.name,
            label_ko=message.label_ko or message.name,
            label_en=message.label_en or message.name,
            language=language,
            languages=tuple(message.contents[self.channel]),
            subject=made.subject if isinstance(made, Rendered) else "",
            html=made.html if isinstance(made, Rendered) else "",
            text=made.text if isinstance(made, Rendered) else "",
            fault="" if isinstance(made, Rendered) else f"{made.reason} {made.detail}".strip(),
        )
        return Answer(view, count=1)


def _view(work: Work, message: Message, language: str) -> View:
    workspace = work.workspace
    wanted = {path.partition(".")[2] for path in message.uses if path.startswith("customer.")}
    customer = shapes.of_customer(workspace.traits, workspace.contracts.get("Customer Identified"))
    contracts = [found for name in message.events if (found := workspace.contracts.get(name)) is not None]
    event = shapes.of_events(contracts)
    values = {name: _of_path(customer, name, language) for name in wanted}
    return View(
        customer=values | {"name": NAMES.get(language, NAMES["en"])},
        event=_sample("event", event, language) if event is not None else {},
        sender=workspace.consent.sender,
        zone=workspace.zone,
        currency=workspace.currency,
    )


def _of_path(shape: Shape, path: str, language: str) -> Any:
    found = shape
    for part in path.split("."):
        found = found.fields.get(part, Shape())
    return _sample(path.rpartition(".")[2], found, language)


def _sample(name: str, shape: Shape, language: str) -> Any:
    """Something that a field of this name and shape may hold."""
    match shape.kind:
        case "object":
            return {field: _sample(field, inner, language) for field, inner in shape.fields.items()}
        case "list":
            return [_sample(name, shape.item or Shape(), language)] * _ITEMS
        case "number":
            return _ANY.get(name, 3)
        case "truth":
            return True
        case "time":
            return "2026-11-22T10:00:00Z"
        case _:
            known = _WORDS.get(language, _WORDS["en"]).get(name, _ANY.get(name))
            return known if known is not None else "A-1024"
