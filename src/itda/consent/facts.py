"""Everything a rule may know of a message and of the person it is meant for. The engine fills it; None: not known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import msgspec

from itda.consent.definition import Stage
from itda.consent.standing import Consents

MessageClass = Literal["advertising", "informational"]


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends: what a message must show of them."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    country: str = ""
    """ISO 3166."""
    optouts: Mapping[str, str] = MappingProxyType({})
    """Channel → the way out that costs nothing: a number (080-…), a page's address, a path in the app."""


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that came to its end."""

    id: str
    ended_at: int
    """Delivery or confirmation, whichever came first."""
    categories: frozenset[str]
    is_direct: bool = True
    """The contact was collected by the sender itself, in this transaction."""


class Sent(msgspec.Struct, frozen=True):
    """A message that went to the same person."""

    at: int
    channel: str
    message_class: MessageClass
    message: str = ""


class Waiting(msgspec.Struct, frozen=True):
    """Another message that waits to go to the same person."""

    id: bytes
    due_at: int
    priority: int
    """The higher goes first."""
    message_class: MessageClass


class Facts(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One message, one person, one moment."""

    stage: Stage
    channel: str
    message_class: MessageClass | None
    ground: str = ""
    """The legal ground of an informational message, such as contract."""
    purpose: str = "ad_receive"
    category: str = ""
    """What is offered, in the words that orders use too."""
    markers: tuple[str, ...] | None = ()
    """Words of promotion found in its text; see markers.found."""
    opening: str | None = None
    """The subject of a mail, the beginning of other texts."""
    sender: Sender | None = None
    caller: str = ""
    """The number that a text message shows as its sender."""
    country: str | None = None
    """Where the person lives."""
    consents: Consents | None = None
    transactions: tuple[Transaction, ...] | None = None
    optout_link: str | None = None
    """This recipient's own way out; known as the message leaves."""
    decision: bytes | None = None
    """The id of the row that this decision is written in."""
    consents_read_at: int | None = None
    sent: tuple[Sent, ...] | None = None
    """Messages to this person in the longest window that a cap looks at."""
    waiting: tuple[Waiting, ...] | None = ()
    arm: str = "treated"
    """`holdout` for whoever is to get no advertising at all, so that its effect can be told."""

    @cached_property
    def is_advertising(self) -> bool:
        """An ad by its class or its content, and whatever does not prove to be none."""
        return self.message_class != "informational" or not self.ground or self.markers is None or bool(self.markers)
