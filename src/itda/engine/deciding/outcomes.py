"""How messages of journeys ended, as our own source tells it in a portion of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from itda.base import ids
from itda.sources.definition import OWN

SENT_EVENT, BOUNCED_EVENT = "Message Sent", "Message Bounced"
_json = msgspec.json.Decoder()


class End(NamedTuple):
    """What a message came to: when, when the log told of it, and why it was not sent."""

    what: Literal["sent", "unsent"]
    at: int
    log_at: int
    why: str = ""


def ended(rows: Sequence[dict[str, Any]]) -> dict[bytes, End]:
    """The end of each message of the outbox that rows of the lake tell of, the first one of each.

    A mail that its server refused for good was never sent, and nothing tells of it but this bounce. One that was sent
    stays so, also where it comes back later.
    """
    found: dict[bytes, End] = {}
    for row in rows:
        if row["source"] != OWN.name or row["name"] not in (SENT_EVENT, BOUNCED_EVENT):
            continue
        said = _json.decode(row["properties"])
        message = _message(said.get("message_id"))
        if message is None:
            continue
        if row["name"] == SENT_EVENT:
            found.setdefault(message, End("sent", row["occurred_at"], row["received_at"]))
        elif said.get("is_permanent") is True:
            why = f"bounced {said.get('code') or ''}".strip()
            found.setdefault(message, End("unsent", row["occurred_at"], row["received_at"], why))
    return found


def _message(said: Any) -> bytes | None:
    """The id of a message of the outbox."""
    try:
        made = bytes.fromhex(said) if isinstance(said, str) else b""
    except ValueError:
        return None
    return made if len(made) == ids.LENGTH else None
