"""What can move somebody through a journey, and what is true of them at that time. Times are microseconds UTC."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from itda.events.event import EventType


class Occurred(msgspec.Struct, kw_only=True):
    """One accepted event of the person. `properties` are its plain ones; sealed ones never come here."""

    event_id: str
    name: str
    type: EventType
    source: str
    channel: str
    occurred_at: int
    received_at: int
    local_date: int
    position: int
    """Log position; what was read already moves nobody again."""
    fragment: bytes
    """The fragment the event counts on."""
    properties: dict[str, Any] = {}
    is_late: bool = False

    @property
    def kind(self) -> tuple[str, str, str, str]:
        """(name, channel, source, type): what listeners are found by."""
        return self.name, self.channel, self.source, self.type


class Timer(msgspec.Struct, frozen=True):
    """The log was read up to `now`: whatever was due before is to happen."""


class SegmentEntered(msgspec.Struct, frozen=True, kw_only=True):
    """The person came to belong to a segment. `fragment` stands for the person: that of their oldest identifier."""

    segment: str
    at: int
    fragment: bytes
    is_late: bool = False
    """They belonged before anybody asked: the segment is new, or its meaning changed."""

    @property
    def key(self) -> str:
        """What it is known by where somebody comes in by it."""
        return f"segment/{self.segment}/{self.at}"


class SegmentLeft(msgspec.Struct, frozen=True, kw_only=True):
    """The person no longer belongs to a segment."""

    segment: str
    at: int
    fragment: bytes


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message that a step asked for."""

    step: str
    what: Literal["sent", "unsent"]
    at: int
    """When it was sent, or was known not to be."""
    why: str = ""
    """Of what was not sent: the reason, as the decision gave it."""


Happening = Occurred | Timer | SegmentEntered | SegmentLeft | Outcome
