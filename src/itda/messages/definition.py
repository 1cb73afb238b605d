"""What a message is, what fills it, and what comes of that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec

MessageClass = Literal["advertising", "informational"]
Ground = Literal["contract", "law", "request", "legitimate_interest"]
"""Why an informational message may be sent without a consent to advertising."""

LABEL = "label"
SENDER = "sender"
OPT_OUT = "opt_out"
CHANGES = (LABEL, SENDER, OPT_OUT)
"""What a law may ask of a message: the label (광고), who sends it, how to refuse it. Each is made once only."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A message in one channel and one language. Everything in it is a Liquid template."""

    subject: str
    preheader: str = ""
    """The line that inboxes show after the subject."""
    body: str
    """MJML for e-mail."""
    text: str = ""
    """The body for readers without HTML; empty: derived from the rendered body."""


class Message(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One message in all its channels and languages."""

    name: str
    label_ko: str = ""
    label_en: str = ""
    message_class: MessageClass
    ground: Ground | None = None
    """Of an informational message, always stated."""
    purpose: str
    """What the person must have consented to, such as `ad_receive`."""
    category: str = ""
    """Of the goods it speaks of; empty: none in particular."""
    contents: Mapping[str, Mapping[str, Content]]
    """Channel → language → content."""
    uses: frozenset[str] = frozenset()
    """Every variable its templates name, dotted: `customer.name`, `event.products`."""

    @cached_property
    def version(self) -> str:
        """16 hex digits of everything that changes what is sent, and to whom it may be."""
        meaning = (self.name, self.message_class, self.ground, self.purpose, self.category, self.contents)
        raw = msgspec.json.encode(msgspec.to_builtins(meaning), order="deterministic")
        return hashlib.blake2s(raw, digest_size=8).hexdigest()

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels it has contents for."""
        return tuple(self.contents)

    def language(self, channel: str, wanted: str) -> str:
        """The language to send in: the wanted one where there is a version, else the first."""
        versions = self.contents[channel]
        return wanted if wanted in versions else next(iter(versions))


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends, in one language, as advertising must say (KR-09, KR-11)."""

    name: str
    email: str = ""
    phone: str = ""
    address: str = ""
    """The postal address."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What fills a template for one person. Values are JSON's, lists among them short."""

    customer: Mapping[str, Any]
    """Trait → value, the names as in traits/*.yaml and identify calls; what is not known is not there."""
    event: Mapping[str, Any]
    """The properties of the event that began the journey."""
    senders: Mapping[str, Sender]
    """Language → who sends."""
    zone: str
    """In which times are told, such as Asia/Seoul."""
    currency: str
    """Of amounts that name none (ISO 4217)."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message filled for one person."""

    subject: str
    html: str
    text: str
    language: str


class Unrenderable(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing could be made for this person: their values are larger than a message may be, or no values at all."""

    reason: str
    """One of `too_large`, `too_slow`, `broken`."""
    detail: str = ""
    """For whoever mends it, without any value of the person's."""
