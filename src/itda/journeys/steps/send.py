"""`send`: a message by a channel. Whether it may go, and when, is decided behind the journey."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.journeys.happening import Occurred
from itda.journeys.kind import Arrival, Arriving, Says, Way


class Send(msgspec.Struct, frozen=True, kw_only=True, tag="send", tag_field="kind"):
    """The message's name, and the channel that is to carry it."""

    message: str
    channel: str


class SendKind:
    """See the file's first line."""

    name = "send"
    ways: tuple[Way, ...] = ("then",)
    takes_time = False
    overdue: Way = "then"

    def arrive(self, step: Send, arriving: Arriving) -> Arrival:
        """The message is wanted."""
        _ = arriving
        return Says(step.message, step.channel)

    def takes(self, step: Send, event: Occurred, entry: dict[str, Any]) -> bool:
        """Nobody waits here."""
        _ = step, event, entry
        return False


KIND = SendKind()
