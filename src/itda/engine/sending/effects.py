"""What became of a message, as events of our own source: each has an id of its own making, so it counts once."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from itda.base import instant
from itda.consent.acts import CONTACT_KINDS
from itda.sources.definition import OWN
from itda.store.engagement_rows import OutboxRow
from itda.store.ports import Record

CHANNEL = "email"
"""What messages are sent by."""
Effect = Literal[
    "Message Sent",
    "Message Delivered",
    "Message Bounced",
    "Message Opened",
    "Message Clicked",
    "Message Complained",
    "Unsubscribed",
]


def record(
    effect: Effect, row: OutboxRow, address: str, at: int, key: str = "", event_id: str = "", **more: Any
) -> Record:
    """The log's record of an effect on whoever has this address. `key` tells it from others of its kind."""
    properties = {
        "message": row.message,
        "message_id": row.id.hex(),
        "message_class": row.message_class,
        "journey": row.journey or None,
        "step": row.step or None,
        "variant": row.variant or None,
        "campaign": row.campaign or None,
        "language": row.language or None,
        **more,
    }
    item = {
        "type": "track",
        "event": effect,
        "messageId": event_id or effect_id(effect, row.id, key),
        "timestamp": instant.text(at),
        "identifiers": {CONTACT_KINDS.get(row.channel, row.channel): address},
        "properties": {name: value for name, value in properties.items() if value is not None},
    }
    return Record(source=OWN.name, call="track", body=msgspec.json.encode(item))


def effect_id(effect: Effect, message: bytes, key: str = "") -> str:
    """The event's id: one for each effect of a message, or for each of several that `key` tells apart."""
    return ":".join(part for part in (effect.replace(" ", "-").lower(), message.hex(), key) if part)
