"""What happened: one event, as every room after the door sees it, and the refusal of what could not be one."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

EventType = Literal["track", "identify", "page", "screen", "group", "alias"]

ORDINALS = 1 << 20
"""Log positions count events: frame position * ORDINALS + ordinal of the event in its frame."""


class Event(msgspec.Struct, gc=False):
    """One thing a person did, met or was told, at one touchpoint.

    Times are microseconds UTC. `identifiers` are (kind, normalised value), strongest kind not implied by the order.
    `properties` holds the event's own fields, for identify and group the traits. `local_date` is the day number
    (days since 1970-01-01) in the workspace's zone.
    """

    event_id: str
    """The client's messageId, scoped by source; derived from the log position when the client sent none."""
    name: str
    """The event's name; for page, screen, identify, group and alias the field's standard names."""
    type: EventType
    source: str
    channel: str
    occurred_at: int
    received_at: int
    local_date: int
    position: int
    """Log position: see ORDINALS."""
    identifiers: list[tuple[str, str]]
    properties: dict[str, Any]
    context: dict[str, Any]
    has_own_id: bool = True
    """False when no messageId came: such an event is never deduplicated."""
    is_permanent: bool = False
    """True for imported rows, whose id is a permanent key (source, file hash, row or business key)."""
    is_late: bool = False
    """Occurred more than the source's `late_after` before it was received: changes traits, starts no journey."""
    is_clamped: bool = False
    """Its clock was ahead (less than 24 h): `occurred_at` was set to `received_at`."""
    size: int = 0
    """Bytes of the event as it came."""
    unreadable: tuple[str, ...] = ()
    """The kind of each value it carries that is no identifier of its kind; `unknown` for a kind nobody declared."""


class Refusal(msgspec.Struct, kw_only=True, gc=False):
    """An event that cannot be taken: it goes to quarantine with its reason and can be replayed after the cure."""

    reason: str
    """One word: json, shape, identity, name, size, clock, contract, properties, source, forbidden, child, row, erased,
    location."""
    detail: str
    """One sentence for a person, naming the field; never a personal value."""
    source: str
    channel: str
    received_at: int
    position: int
    name: str
    """The event's name where known, else the empty text."""
    raw: bytes
    """The event as it came (JSON), to be sealed."""
    is_permanent: bool = False
    """It came from a file, which is not read twice: all of it is kept."""
