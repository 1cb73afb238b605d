"""What is proposed to the gate, and what it answers."""

from __future__ import annotations

import msgspec

from itda.consent.definition import Change, Reason
from itda.consent.facts import MessageClass


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A message that somebody wants to send: all that the gate asks of it."""

    id: bytes
    """Of its row in the outbox."""
    message: str
    message_class: MessageClass
    at: int
    """When it was meant to go, in microseconds UTC."""
    expires_at: int | None = None
    """After this it would be out of date; None: never."""
    variant: str = ""
    priority: int = 0
    """The higher goes first."""


class Send(msgspec.Struct, frozen=True):
    """It goes, with these changes."""

    channel: str
    variant: str
    at: int
    changes: tuple[Change, ...] = ()
    reasons: tuple[Reason, ...] = ()


class Hold(msgspec.Struct, frozen=True):
    """It waits, and is decided anew at `until`."""

    until: int
    why: str
    reasons: tuple[Reason, ...] = ()


class Drop(msgspec.Struct, frozen=True):
    """It does not go."""

    why: str
    reasons: tuple[Reason, ...] = ()


Decision = Send | Hold | Drop
