"""The log from a position on, in chunks that are read and prepared before their turn.

Reading and preparing depend on the log and the definitions alone, so what is done here stays right whatever becomes of
the chunk before. The served writer has it done by a process of its own (`engine/reader.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from itda.engine.prepared import Preparing
from itda.engine.reading import Decoder, Reading, decoded, read
from itda.events.event import Event
from itda.store.ports import Frame, Intake

MOST_EVENTS = 6_000
"""A chunk ends with the frame that reaches this."""
MOST_BYTES = 2 << 20
"""Of bodies: long events, orders of many lines, make shorter chunks, for a chunk is held in memory many times over."""
READ_BYTES = 1 << 20
"""Of frames as stored, read ahead at once."""


class Source(Protocol):
    """Where the writer gets its chunks from."""

    def start(self, position: int) -> None:
        """Go on after this frame; what was read already is thrown away."""
        ...

    def take(self) -> Reading | None:
        """The next chunk, None when nothing waits."""
        ...

    def close(self) -> None:
        """Nothing more is wanted."""
        ...


class Ahead:
    """Chunks made in this process. `most_events` ends a chunk, `read_bytes` is read at once."""

    def __init__(
        self,
        intake: Intake,
        decoder: Decoder,
        preparing: Preparing,
        most_events: int = MOST_EVENTS,
        read_bytes: int = READ_BYTES,
    ) -> None:
        self._intake = intake
        self._decoder = decoder
        self._preparing = preparing
        self._most_events = most_events
        self._read_bytes = read_bytes
        self._position = 0
        self._frames: list[Frame] = []

    def start(self, position: int) -> None:
        """Go on after this frame; what was read already is thrown away."""
        self._position = position
        self._frames = []

    def take(self) -> Reading | None:
        """The next chunk, None when nothing waits."""
        if not self._frames:
            self._frames = self._intake.read(self._position, self._read_bytes)
        if not self._frames:
            return None
        reading, taken = read(self._decoder, self._preparing, self._frames, self._most_events, MOST_BYTES)
        del self._frames[:taken]
        self._position = reading.position
        return reading

    def alone(self, unread: Collection[int] | None) -> Reading | None:
        """The next frame alone, None when nothing waits. Its records with these numbers, None for all, are refused.

        They are not read: the process that read them before ended by it.
        """
        self._frames = []
        frames = self._intake.read(self._position, 1)[:1]
        if not frames:
            return None
        left = range(len(frames[0].records)) if unread is None else unread
        reading, _ = read(self._decoder, self._preparing, frames, 1, 1, left)
        self._position = reading.position
        return reading

    def again(self, first: int, position: int) -> tuple[Reading, dict[int, Event]]:
        """These frames, first and last included, as one chunk, and its events as they were decoded, by position."""
        frames: list[Frame] = []
        while first <= position:
            found = [frame for frame in self._intake.read(first - 1, self._read_bytes) if frame.position <= position]
            frames += found
            first = found[-1].position + 1
        reading, _ = read(self._decoder, self._preparing, frames, 1 << 60, 1 << 60)
        events = {event.position: event for frame in frames for event in decoded(self._decoder, frame)}
        return reading, events

    def close(self) -> None:
        """Nothing to let go of."""
