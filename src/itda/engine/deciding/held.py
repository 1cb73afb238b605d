"""One customer's positions, found by what is asked of them: none is looked at in vain, however many there are."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator

from itda.journeys.definition import Journey
from itda.journeys.position import Position

Version = tuple[str, str]
"""A journey's name and version."""


class Held:
    """Positions by id, in any version of any journey; `put` keeps them as they go on."""

    def __init__(self, positions: Iterable[Position]) -> None:
        self.all: dict[bytes, Position] = {}
        self._watched: dict[Version, dict[bytes, None]] = {}
        self._alike: dict[tuple[str, str], dict[bytes, None]] = {}
        self._due: list[tuple[int, bytes]] = []
        for position in positions:
            self.put(position)

    def put(self, position: Position) -> None:
        """Add a position, or say where it is now."""
        key = position.id
        was = self.all.get(key)
        self.all[key] = position
        if position.is_watched:
            self._watched.setdefault((position.journey, position.version), {})[key] = None
        elif was is not None:
            self._watched.get((position.journey, position.version), {}).pop(key, None)
        if was is None:
            self._alike.setdefault((position.journey, position.correlation), {})[key] = None
        if position.due_at is not None and (was is None or was.due_at != position.due_at):
            heapq.heappush(self._due, (position.due_at, key))

    def due(self, before: int) -> Iterator[Position]:
        """Those whose wait is over before a log time, each once."""
        while self._due and self._due[0][0] < before:
            at, key = heapq.heappop(self._due)
            if self.all[key].due_at == at:
                yield self.all[key]

    def watched(self, versions: Collection[Version] | None = None) -> Iterator[Position]:
        """Those that an event may still change: of these versions, or of all."""
        for version in self._watched if versions is None else versions:
            for key in self._watched.get(version, ()):
                yield self.all[key]

    def of(self, journey: str) -> list[Position]:
        """All in a journey."""
        return [position for position in self.all.values() if position.journey == journey]

    def beside(self, journey: Journey, key: bytes, correlation: str) -> list[Position]:
        """Those that have a say in whether somebody enters: see `journeys.enter.let_in`."""
        found = {key: None} if key in self.all else {}
        for name, version in self._watched:
            if name == journey.name:
                found |= self._watched[name, version]
        if journey.again.looks_back:
            found |= self._alike.get((journey.name, correlation), {})
        return [self.all[one] for one in found]
