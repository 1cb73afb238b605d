"""The next chunk, read and decoded before its turn: while the one before it is being committed.

Reading and decoding depend on the log alone, so what is prepared here stays right whatever becomes of that commit.
"""

from __future__ import annotations

import logging

import msgspec

from itda.engine.reading import Decoder, Reading, read
from itda.store.ports import Frame, Intake

_log = logging.getLogger(__name__)


class Chunk(msgspec.Struct, frozen=True):
    """Some whole frames, and what they say."""

    frames: list[Frame]
    reading: Reading


class Ahead:
    """The log from a position on, in chunks. `most_events` ends a chunk, `read_bytes` is read at once."""

    def __init__(self, intake: Intake, decoder: Decoder, most_events: int, read_bytes: int) -> None:
        self._intake = intake
        self._decoder = decoder
        self._most_events = most_events
        self._read_bytes = read_bytes
        self._position = 0
        self._frames: list[Frame] = []
        self._next: Chunk | None = None

    def start(self, position: int) -> None:
        """Go on after this frame; what was prepared is thrown away."""
        self._position = position
        self._frames = []
        self._next = None

    def is_empty(self) -> bool:
        """Whether nothing is prepared."""
        return self._next is None and not self._frames

    def take(self) -> Chunk | None:
        """The next chunk, None when nothing waits."""
        found = self._next or self._read()
        self._next = None
        return found

    def prepare(self) -> None:
        """Have the next chunk ready, if it is there already. What goes wrong here is met again by `take`."""
        try:
            self._next = self._next or self._read()
        except Exception as error:  # noqa: BLE001 - nobody waits for this chunk yet
            _log.debug("not read ahead: %s", error)

    def _read(self) -> Chunk | None:
        if not self._frames:
            self._frames = self._intake.read(self._position, self._read_bytes)
        if not self._frames:
            return None
        reading, taken = read(self._decoder, self._frames, self._most_events)
        chunk = Chunk(self._frames[:taken], reading)
        del self._frames[:taken]
        self._position = reading.position
        return chunk
