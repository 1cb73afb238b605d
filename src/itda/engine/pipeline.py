"""The one writer: frames of the log become customers, profiles and the lake, a chunk at a time.

A chunk is whatever waits, up to a bound; so it is small when the log is quiet and large under load. Its writes and the
move of the cursor are one transaction. Whatever interrupts that, the memory of this process is thrown away and read
again from the store: at most once counted, at least once read. While a chunk is being committed the next one is read
and decoded; all else of it waits for that commit. A record that our own code breaks on is found by halving and becomes
a row of the quarantine.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from itda.base.errors import Broken, Conflict, Unavailable
from itda.engine import reading as reading_
from itda.engine.ahead import Ahead
from itda.engine.chunk import Chunks, Rules, wire
from itda.engine.dedupe import Dedupe, seed_of
from itda.engine.reading import Decoder, Reading, broken, without_known
from itda.engine.working_set import Bounds
from itda.events.event import Event
from itda.store.ports import ChunkWrites, Frame, Intake, PipelineStore
from itda.store.time_keys import MonthKeys
from itda.store.vault import Vault

_log = logging.getLogger(__name__)

MOST_EVENTS = 6_000
"""A chunk ends with the frame that reaches this."""
READ_BYTES = 1 << 20
"""Of frames as stored, read ahead at once."""
_IDLE_S = 0.01
_QUIET_S = 0.05
_QUIET_AFTER = 100
_TICK_S = 1.0
_COLLECT_EVERY = 64


class Limits(msgspec.Struct, frozen=True):
    """How large a chunk may become, and what stays in memory."""

    most_events: int = MOST_EVENTS
    read_bytes: int = READ_BYTES
    bounds: Bounds = Bounds()


class Parts(msgspec.Struct, frozen=True):
    """What a pipeline is made of. `dedupe_dir` is a folder of its own."""

    intake: Intake
    store: PipelineStore
    vault: Vault
    months: MonthKeys
    decoder: Decoder
    rules: Rules
    dedupe_dir: Path


class Pipeline:
    """One writer. `step` after `step`; not for several threads at once."""

    def __init__(self, parts: Parts, limits: Limits | None = None) -> None:
        self._parts = parts
        self._limits = limits or Limits()
        self._seed = seed_of(parts.vault)
        self._ahead = Ahead(parts.intake, parts.decoder, self._limits.most_events, self._limits.read_bytes)
        self._committer: ThreadPoolExecutor | None = None
        self._chunks: Chunks | None = None
        self._dedupe: Dedupe | None = None
        self._epoch = 0
        self.position = 0
        self.log_time = 0

    def step(self) -> int:
        """Handle what waits, up to a chunk; the number of frames handled, 0 when nothing waits."""
        if self._chunks is None:
            self._take_over()
        try:
            chunk = self._ahead.take()
            if chunk is None:
                return 0
            self._handle(chunk.reading, chunk.frames)
        except BaseException:
            self.forget()
            raise
        return len(chunk.frames)

    def drain(self) -> int:
        """Handle everything that waits now; the number of frames handled."""
        handled = 0
        while (taken := self.step()) > 0:
            handled += taken
        return handled

    def close(self) -> None:
        """Let go of the store's own connection; a later step takes another."""
        if self._committer is not None:
            self._committer.shutdown()
            self._committer = None
        self._parts.store.close()

    def tick(self, now: int) -> None:
        """Let log time pass where nothing comes: what waits for it (a suspected hub) is settled."""
        if self._chunks is None or not self._ahead.is_empty():
            return
        try:
            head = self._parts.intake.tick(now)
            if head.position != self.position or head.received_at <= self.log_time:
                return
            reading = Reading(head.position, head.received_at, 0)
            writes = self._chunks.writes(reading, self.position, self._epoch)
            if writes.nodes or writes.resolutions or writes.edges:
                self._parts.store.commit(writes)
            self.log_time = head.received_at
        except BaseException:
            self.forget()
            raise

    def run(self, is_stopping: Callable[[], bool], clock: Callable[[], int]) -> None:
        """Handle what comes until asked to stop. `Conflict` when another writer took over; outages are waited out."""
        idle = 0
        chunks = 0
        ticked = time.monotonic()
        gc.disable()
        try:
            while not is_stopping():
                try:
                    taken = self.step()
                    if not taken and time.monotonic() - ticked >= _TICK_S:
                        self.tick(clock())
                        ticked = time.monotonic()
                except Unavailable as error:
                    _log.warning("waiting: %s", error)
                    time.sleep(min(error.retry_after_s, 5.0))
                    continue
                if taken:
                    idle = 0
                    chunks += 1
                    if chunks % _COLLECT_EVERY == 0:
                        _collect()
                else:
                    idle += 1
                    time.sleep(_IDLE_S if idle < _QUIET_AFTER else _QUIET_S)
        finally:
            gc.enable()

    def forget(self) -> None:
        """Throw everything in memory away; the next step becomes the writer anew."""
        self._chunks = None
        self._dedupe = None
        self._ahead.start(0)

    def _take_over(self) -> None:
        parts = self._parts
        self._epoch, self.position, self.log_time = parts.store.acquire()
        self._ahead.start(self.position)
        self._fresh_memory()

    def _fresh_memory(self) -> Chunks:
        parts = self._parts
        self._dedupe = Dedupe(parts.dedupe_dir, self._epoch)
        self._dedupe.load(parts.store.dedupe_files(), parts.store.dedupe_blocks())
        self._chunks = Chunks(parts.store, parts.vault, parts.months, parts.rules, self._limits.bounds)
        return self._chunks

    def _handle(self, reading: Reading, frames: Sequence[Frame]) -> None:
        try:
            writes = self._written(reading)
        except (Conflict, Unavailable, Broken):
            raise
        except Exception as error:  # noqa: BLE001 - one record must never stop the log
            _log.exception("a chunk broke our own code; looking for the record")
            reading = self._isolated(frames, error)
            writes = self._written(reading)
        self._commit(reading, writes)

    def _written(self, reading: Reading) -> ChunkWrites:
        if self._dedupe is None or self._chunks is None:
            raise Broken("the pipeline has no memory to work with")
        without_known(reading, self._dedupe, self._parts.store, self._seed)
        return self._chunks.writes(reading, self.position, self._epoch)

    def _commit(self, reading: Reading, writes: ChunkWrites) -> None:
        dedupe = self._dedupe
        if dedupe is None:
            raise Broken("the pipeline has no memory to work with")
        writes.dedupe_swap = dedupe.tidy(reading.hour)
        if self._committer is None:
            self._committer = ThreadPoolExecutor(1, "commit")
        committing = self._committer.submit(self._parts.store.commit, writes)
        try:
            self._ahead.prepare()
        finally:
            committing.result()
        if writes.dedupe_swap is not None:
            dedupe.swapped(writes.dedupe_swap)
        if writes.dedupe is not None:
            dedupe.remember(writes.dedupe)
        self.position = reading.position
        self.log_time = reading.log_time

    # ── a record that breaks our own code ──

    def _isolated(self, frames: Sequence[Frame], error: Exception) -> Reading:
        """The same frames with the events that break a chunk refused."""
        whole, _ = self._read_all(frames)
        guilty = {id(event) for event in self._culprits(whole, whole.events)}
        reading, _ = self._read_all(frames)
        kept: list[Event] = []
        for before, event in zip(whole.events, reading.events, strict=True):
            if id(before) in guilty:
                reading.refusals.append(
                    broken(
                        error,
                        wire(event),
                        source=event.source,
                        channel=event.channel,
                        position=event.position,
                        received_at=event.received_at,
                        name=event.name,
                    )
                )
            else:
                kept.append(event)
        reading.events = kept
        self._fresh_memory()
        return reading

    def _read_all(self, frames: Sequence[Frame]) -> tuple[Reading, int]:
        return reading_.read(self._parts.decoder, frames, 1 << 60)

    def _culprits(self, whole: Reading, events: Sequence[Event]) -> list[Event]:
        if not self._breaks(whole, events):
            return []
        if len(events) <= 1:
            return list(events)
        half = len(events) // 2
        found = self._culprits(whole, events[:half]) + self._culprits(whole, events[half:])
        return found or list(events)

    def _breaks(self, whole: Reading, events: Sequence[Event]) -> bool:
        """Whether these events alone break a chunk; nothing is committed and nothing stays in memory."""
        chunks = self._fresh_memory()
        alone = Reading(
            whole.position, whole.log_time, whole.hour, [msgspec.structs.replace(event) for event in events]
        )
        try:
            chunks.writes(alone, self.position, self._epoch)
        except (Conflict, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - that is the question
            return True
        return False


def _collect() -> None:
    """Look for cycles among what is new only; what is left lives long and is not looked at again."""
    gc.collect(0)
    gc.freeze()
