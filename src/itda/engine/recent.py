"""A bounded memory of what was used lately, in two generations."""

from __future__ import annotations

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most about `limit` entries: when the young half is full, the old half is let go. No bookkeeping per use."""

    __slots__ = ("_half", "old", "young")

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self.young: dict[Key, Value] = {}
        self.old: dict[Key, Value] = {}

    def __len__(self) -> int:
        return len(self.young) + sum(key not in self.young for key in self.old)

    def get(self, key: Key) -> Value | None:
        """What is remembered under the key; being asked for keeps it young."""
        value = self.young.get(key)
        if value is None:
            value = self.old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Remember; may let the least lately used half go."""
        young = self.young
        if len(young) >= self._half and key not in young:
            self.old = young
            self.young = young = {}
        young[key] = value

    def drop(self, key: Key) -> None:
        """Forget one."""
        self.young.pop(key, None)
        self.old.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self.young.clear()
        self.old.clear()


class RecentBytes(Recent[Key, bytes]):
    """The same of byte strings, at most about `most_bytes` of them together too: some are a hundred kilobytes."""

    __slots__ = ("_half_bytes", "_young_bytes")

    def __init__(self, limit: int, most_bytes: int) -> None:
        super().__init__(limit)
        self._half_bytes = most_bytes // 2
        self._young_bytes = 0

    def put(self, key: Key, value: bytes) -> None:
        """Remember; may let the least lately used half go."""
        was = self.young.pop(key, None)
        self._young_bytes += len(value) - len(was or b"")
        if self._young_bytes > self._half_bytes or len(self.young) >= self._half:
            self.old, self.young = self.young, {}
            self._young_bytes = len(value)
        self.young[key] = value

    def drop(self, key: Key) -> None:
        """Forget one."""
        self._young_bytes -= len(self.young.get(key, b""))
        super().drop(key)

    def clear(self) -> None:
        """Forget all."""
        super().clear()
        self._young_bytes = 0
