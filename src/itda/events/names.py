"""Names of events that mean something here: of calls that come without one, and of what becomes of our messages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STANDARD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "page": "Page Viewed",
        "screen": "Screen Viewed",
        "identify": "Customer Identified",
        "group": "Group Joined",
        "alias": "Alias Created",
    }
)

EFFECTS = frozenset({
    "Message Sent", "Message Delivered", "Message Bounced", "Message Opened", "Message Clicked", "Message Complained",
})  # fmt: skip
"""What becomes of a message, as our own source tells it. Told by another source, such an event is no effect."""
