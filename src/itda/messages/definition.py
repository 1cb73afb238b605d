"""What a message is, what fills it, and what comes of that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec

from itda.consent.facts import MessageClass, Sender

Ground = Literal["contract", "law", "request", "legitimate_interest"]
"""Why an informational message may be sent without a consent to advertising."""


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
    """What the person must have consented to, such as `ad_receive`; empty: nothing."""
    category: str = ""
    """Of the goods it speaks of; empty: none in particular."""
    priority: int = 0
    """Of messages that wait for one person the highest goes first."""
    events: tuple[str, ...] = ()
    """The events whose properties its templates may name: a journey that sends it begins with one of them."""
    is_trackable: bool = True
    """Whether openings and clicks may be seen; never where its link lets somebody in."""
    contents: Mapping[str, Mapping[str, Content]]
    """Channel → language → content."""
    uses: frozenset[str] = frozenset()
    """Every variable its templates name, dotted: `customer.name`, `event.products`."""

    @cached_property
    def version(self) -> str:
        """16 hex digits of everything that changes what is sent, and to whom it may be."""
        return hashlib.blake2s(self._meaning, digest_size=8).hexdigest()

    @cached_property
    def words(self) -> str:
        """32 hex digits of the same: nobody writes two messages that have them in common."""
        return hashlib.sha256(self._meaning).hexdigest()[:32]

    @property
    def _meaning(self) -> bytes:
        meaning = (self.name, self.message_class, self.ground, self.purpose, self.category, self.events, self.contents)
        return msgspec.json.encode(msgspec.to_builtins(meaning), order="deterministic")

    @cached_property
    def properties(self) -> frozenset[str]:
        """The event's properties that its templates name, at their top: what must be kept until it is sent."""
        return frozenset(path.split(".")[1] for path in self.uses if path.startswith("event."))

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels it has contents for."""
        return tuple(self.contents)

    def language(self, channel: str, *wanted: str) -> str:
        """The language to send in: the first of the wanted ones in which there is a version, else any."""
        versions = self.contents[channel]
        return next((one for one in wanted if one in versions), next(iter(versions)))


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What fills a template for one person. Values are JSON's; amounts of money are in major units."""

    customer: Mapping[str, Any]
    """Trait → value, by the names of traits/*.yaml and identify calls; what is not known is not there."""
    event: Mapping[str, Any]
    """The properties of the event that began the journey."""
    sender: Sender
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
    headers: Mapping[str, str] = {}
    """Headers that the law asks for beside those of every message."""


class Unrenderable(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing could be made for this person."""

    reason: Literal["too_large", "broken"]
    """`too_large`: their values make it larger than a message may be. `broken`: the template does not suit a value."""
    detail: str = ""
    """For whoever mends it, without any value of the person's."""
