"""When an event happened, from clocks we do not own.

The client's clock may be wrong, but it is wrong by the same amount in `timestamp` and `sentAt`, so
occurred = received - (sentAt - timestamp) (Segment spec, common fields). An event that carries both `timestamp` and
`originalTimestamp` was corrected by somebody before us, and its `timestamp` is kept.
"""

from __future__ import annotations

from typing import Any

from itda.base.instant import DAY, parse

EARLIEST = 946_684_800 * 1_000_000
"""2000-01-01T00:00:00Z: an earlier event is a clock that was never set."""
FARTHEST_AHEAD = DAY
_REMEMBERED = 4096
_LONGEST = 40
"""Signs of a time that is remembered."""
_MILLIS = {f".{number:03d}Z": number * 1000 for number in range(1000)}
"""How nearly every client ends a time."""


class ClockFault(ValueError):
    """A time that cannot be: its text says why, without the value."""


class Clock:
    """Reads times, remembering the texts of `sentAt` (one serves a whole batch) and the seconds of the others."""

    def __init__(self) -> None:
        self._sent: dict[str, int | None] = {}
        self._seconds: dict[str, int] = {}

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
        if len(value) > _LONGEST:
            return at
        if len(self._sent) >= _REMEMBERED:
            self._sent.clear()
        self._sent[value] = at
        return at

    def _parse(self, text: str) -> int:
        """A time; one that ends as `.123Z` teaches its second, so that others of the same second need no reading."""
        at = parse(text)
        millis = _MILLIS.get(text[-5:])
        if millis is not None and len(text) <= _LONGEST:
            if len(self._seconds) >= _REMEMBERED:
                self._seconds.clear()
            self._seconds[text[:-5]] = at - millis
        return at

    def when(self, timestamp: Any, original: Any, sent_at: int | None, received_at: int) -> tuple[int, bool]:
        """When it occurred and whether that was clamped; without a timestamp when it was received."""
        client = timestamp if timestamp is not None else original
        if client is None:
            return received_at, False
        if client.__class__ is not str:
            raise ClockFault("timestamp: not an ISO 8601 text")
        second, millis = self._seconds.get(client[:-5]), _MILLIS.get(client[-5:])
        if second is not None and millis is not None:
            occurred_at = second + millis
        else:
            try:
                occurred_at = self._parse(client)
            except (ValueError, OverflowError):
                raise ClockFault("timestamp: not an ISO 8601 time") from None
        if sent_at is not None and (timestamp is None or original is None):
            occurred_at += received_at - sent_at
        if EARLIEST <= occurred_at <= received_at:
            return occurred_at, False
        if occurred_at < EARLIEST:
            raise ClockFault("timestamp: before the year 2000")
        if occurred_at > received_at + FARTHEST_AHEAD:
            raise ClockFault("timestamp: more than 24 hours ahead")
        return received_at, True
