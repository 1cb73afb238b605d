"""What the pipeline keeps in memory between chunks: identifiers seen lately, their ciphers, and folds of fragments.

Each part is bounded by count, so memory depends on the bounds and not on how many customers there are. Everything in
here was written with a chunk, so anything may be forgotten at any time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

Key = TypeVar("Key")
Value = TypeVar("Value")

IDENTIFIERS = 60_000
CIPHERS = 10_000
FRAGMENTS = 30_000


class Lately(Generic[Key, Value]):
    """At least the last `limit` entries used, at most twice as many.

    Two generations instead of a list of uses: when the young one is full it becomes the old one, and what was old is
    forgotten. A use costs one look-up, and nothing is moved.
    """

    __slots__ = ("_limit", "_old", "_young")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def __len__(self) -> int:
        return len(self._young) + sum(1 for key in self._old if key not in self._young)

    def get(self, key: Key) -> Value | None:
        """The value, which becomes young again; None when it was forgotten or never known."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Remember; may forget entries not used lately."""
        if len(self._young) >= self._limit:
            self._old = self._young
            self._young = {}
        self._young[key] = value

    def forget(self, keys: Iterable[Key]) -> None:
        """Forget these entries."""
        for key in keys:
            self._young.pop(key, None)
            self._old.pop(key, None)


class Bounds(msgspec.Struct, frozen=True):
    """How many entries of each part stay at least; at most twice as many do."""

    identifiers: int = IDENTIFIERS
    ciphers: int = CIPHERS
    fragments: int = FRAGMENTS
