"""When an event happened, from clocks we do not own.

The client's clock may be wrong, but it is wrong by the same amount in `timestamp` and `sentAt`, so
occurred = received − (sentAt − timestamp) (Segment spec, common fields). An event that carries both `timestamp` and
`originalTimestamp` was corrected by somebody before us, and its `timestamp` is kept.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from itda.base.instant import DAY, parse

EARLIEST = 946_684_800 * 1_000_000
"""2000-01-01T00:00:00Z: an earlier event is a clock that was never set."""
FARTHEST_AHEAD = DAY
_REMEMBERED = 4096


class When(NamedTuple):
    """`occurred_at`, or a fault in one sentence."""

    occurred_at: int
    is_clamped: bool = False
    fault: str | None = None


class Clock:
    """Reads times, remembering the texts of `sentAt` (one serves a whole batch)."""

    def __init__(self) -> None:
        self._sent: dict[str, int | None] = {}

    def sent(self, value: Any) -> int | None:
        """A `sentAt`, None when there is none that can be read."""
        if not isinstance(value, str):
            return None
        known = self._sent.get(value, -1)
        if known != -1:
            return known
        try:
            at: int | None = parse(value)
        except (ValueError, OverflowError):
            at = None
        if len(self._sent) >= _REMEMBERED:
            self._sent.clear()
        self._sent[value] = at
        return at

    def when(self, timestamp: Any, original: Any, sent_at: int | None, received_at: int) -> When:
        """When it occurred, by the rules above; without a timestamp when it was received."""
        client = timestamp if timestamp is not None else original
        if client is None:
            return When(received_at)
        if not isinstance(client, str):
            return When(received_at, fault="timestamp: not an ISO 8601 text")
        try:
            occurred_at = parse(client)
        except (ValueError, OverflowError):
            return When(received_at, fault="timestamp: not an ISO 8601 time")
        if sent_at is not None and (timestamp is None or original is None):
            occurred_at += received_at - sent_at
        if occurred_at > received_at:
            if occurred_at > received_at + FARTHEST_AHEAD:
                return When(received_at, fault="timestamp: more than 24 hours ahead")
            return When(received_at, is_clamped=True)
        if occurred_at < EARLIEST:
            return When(received_at, fault="timestamp: before the year 2000")
        return When(occurred_at)
