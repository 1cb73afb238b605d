"""What a step of a journey wants said: the one thing a journey asks of the rest of the house."""

from __future__ import annotations

from typing import Any

import msgspec


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A message for somebody. Its key is (journey, step, entry event, contact): a step speaks once per position."""

    journey: str
    step: str
    position_id: bytes
    entry_event: str
    message: str
    channel: str
    fragment: bytes
    """The entry fragment: the person whose contact is looked for."""
    values: dict[str, Any]
    """Plain properties of the entry event."""
    at: int
    """Log time it was asked at: the timer's own time, or that of the event."""
