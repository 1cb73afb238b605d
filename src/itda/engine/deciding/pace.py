"""How much a step takes on: less after one that took too long for the server's patience, by and by all of it again.

PostgreSQL ends a transaction in which nothing is said for `idle_in_transaction_session_timeout`, so that a decider
that was stopped in the midst of a step holds nobody up. A step as long as that is made anew: half as large, with twice
the patience, so that even a single customer who takes minutes is dealt with in the end.
"""

from __future__ import annotations

_LEAST_SHARE = 1 << 14
_MOST_PATIENCE = 32
_EASED_AFTER = 20
"""Steps in time, after which more is taken on again."""


class Pace:
    """The size of steps: `share` divides what is taken on in one, `patience_s` is what the server is asked for."""

    def __init__(self, patience_s: float) -> None:
        self._usual_s = patience_s
        self._in_time = 0
        self.share = 1
        self.patience_s = patience_s
        self.slowed = 0
        """How often a step took too long."""

    def of(self, most: int) -> int:
        """So much of what is taken on at most: one at least."""
        return max(1, most // self.share)

    def took(self, seconds: float, *, is_done: bool) -> bool:
        """Learn from a step; whether it failed because it took too long."""
        if not is_done:
            self._in_time = 0
            is_slow = seconds >= self.patience_s
            if is_slow:
                self.slowed += 1
                self.share = min(_LEAST_SHARE, self.share * 2)
                self.patience_s = min(self._usual_s * _MOST_PATIENCE, self.patience_s * 2)
            return is_slow
        self._in_time += 1
        if self._in_time >= _EASED_AFTER and self.share > 1:
            self._in_time = 0
            self.share //= 2
            self.patience_s = max(self._usual_s, self.patience_s / 2)
        return False
