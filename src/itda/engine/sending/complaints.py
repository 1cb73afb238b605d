"""How many of our mails their readers call spam, as far as reports of it come back (Gmail's rules for senders)."""

from __future__ import annotations

from itda.base.instant import DAY, MINUTE
from itda.store import outbox
from itda.store.database import Connection

SPAN = 7 * DAY
LEAST = 1_000
"""Mails in the span below which no share is told: one reader's word would stop all."""
_REMEMBERED = 10 * MINUTE


class Complaints:
    """The share, counted anew every ten minutes."""

    def __init__(self) -> None:
        self._counted_at = -_REMEMBERED
        self._share: float | None = None

    def share(self, connection: Connection, now: int) -> float | None:
        """Of the mails of seven days the share (0..1) that was called spam; None where there were few."""
        if now - self._counted_at >= _REMEMBERED:
            complained, went = outbox.complained(connection, now - SPAN)
            self._share = complained / went if went >= LEAST else None
            self._counted_at = now
        return self._share
