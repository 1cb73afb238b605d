"""The one writer: frames of the log become customers, profiles and the lake, a chunk at a time.

A chunk is whatever waits, up to a bound; so it is small when the log is quiet and large under load. Its writes and the
move of the cursor are one transaction. Whatever interrupts that, the memory of this process is thrown away and read
again from the store: at most once counted, at least once read. While a chunk is being committed the next one is begun;
it is finished only when that commit is durable. A record that our own code breaks on is found by halving and becomes a
row of the quarantine.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from itda.base.errors import Broken, Conflict, Unavailable
from itda.engine.ahead import Ahead, Source
from itda.engine.chunk import Begun, Chunks
from itda.engine.dedupe import Dedupe
from itda.engine.prepared import Prepared
from itda.engine.reading import Reading, broken_event, broken_record, has_permanent, without_known
from itda.engine.refolding.writing import LakeRows, Refolding
from itda.engine.rules import Rules
from itda.engine.working_set import Bounds
from itda.store.ports import ChunkWrites, Intake, PipelineStore
from itda.store.time_keys import MonthKeys
from itda.store.vault import Vault

_log = logging.getLogger(__name__)

_IDLE_S = 0.01
_QUIET_S = 0.05
_QUIET_AFTER = 100
_TICK_S = 1.0
_COLLECT_EVERY = 64


class Parts(msgspec.Struct, frozen=True):
    """What a pipeline is made of. `dedupe_dir` is a folder of its own.

    Chunks come from `source`; `again` reads one a second time, where our own code broke on it.
    """

    intake: Intake
    store: PipelineStore
    vault: Vault
    months: MonthKeys
    rules: Rules
    dedupe_dir: Path
    again: Ahead
    source: Source
    lake: LakeRows | None = None
    """Where what had its time is folded anew from; none: nothing ever has."""


class _Memory(msgspec.Struct):
    """What the writer knows of the store; thrown away whenever a step fails."""

    chunks: Chunks
    dedupe: Dedupe


class _Flight(msgspec.Struct):
    """A chunk being committed."""

    done: Future[None]
    reading: Reading
    writes: ChunkWrites
    is_remembered: bool


class Pipeline:
    """One writer. `step` after `step`; not for several threads at once."""

    def __init__(self, parts: Parts, bounds: Bounds | None = None) -> None:
        self._parts = parts
        self._bounds = bounds or Bounds()
        self._committer = ThreadPoolExecutor(1, "commit")
        self._memory: _Memory | None = None
        self._flight: _Flight | None = None
        self._epoch = 0
        self._told_at = 0
        """The frame that says which rules hold, where this pipeline wrote one."""
        self.position = 0
        """Of the last frame whose chunk is durable."""
        self.log_time = 0

    def step(self) -> int:
        """Handle what waits, up to a chunk, and have it durable; the number of frames handled, 0 for none."""
        handled = self._advance()
        self._settle()
        return handled

    def drain(self) -> int:
        """Handle everything that waits now; the number of frames handled."""
        handled = 0
        while (taken := self._advance()) > 0 or self.reconsider():
            handled += taken
        self._settle()
        return handled

    def reconsider(self) -> bool:
        """Settle a portion of what came before the rules changed; False when nothing is left of it."""
        memory = self._memory
        if memory is None or not memory.chunks.reconsidering.is_under_way:
            return False
        self._settle()
        try:
            writes = memory.chunks.reconsidering.writes(self.position, self.log_time, self._epoch)
            if writes is not None:
                self._parts.store.commit(writes)
        except BaseException:
            self.forget()
            raise
        return writes is not None

    def close(self) -> None:
        """Let go of the store's own connections."""
        self.forget()
        self._committer.shutdown()
        self._parts.source.close()
        self._parts.store.close()

    def tick(self, now: int) -> None:
        """Let log time pass where nothing comes: what waits for it (a suspected hub) is settled."""
        self._settle()
        memory = self._memory
        if memory is None:
            return
        try:
            head = self._parts.intake.tick(now)
            if head.position != self.position or head.received_at <= self.log_time:
                return
            reading = Reading(head.position + 1, head.position, head.received_at, 0)
            writes = memory.chunks.finish(memory.chunks.begin(reading), self.position, self._epoch)
            if writes.nodes or writes.resolutions or writes.edges or writes.policy:
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
                    taken = self._advance()
                    if not taken:
                        self._settle()
                    is_busy = self.reconsider() or taken > 0
                    if not taken and time.monotonic() - ticked >= _TICK_S:
                        self.tick(clock())
                        ticked = time.monotonic()
                except Unavailable as error:
                    _log.warning("waiting: %s", error)
                    time.sleep(min(error.retry_after_s, 5.0))
                    continue
                if is_busy:
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
        flight, self._flight = self._flight, None
        if flight is not None:
            flight.done.exception()  # whatever became of it, the store says it
        self._memory = None

    def _advance(self) -> int:
        """Begin what waits, up to a chunk, and have it committed meanwhile; the number of frames, 0 for none."""
        try:
            memory = self._memory or self._take_over()
            reading = self._parts.source.take()
            if reading is None:
                return 0
            if reading.is_erasing or reading.is_retaining:
                self._rewrite(memory, reading)
            else:
                self._submit(*self._written(memory, reading))
        except BaseException:
            self.forget()
            raise
        return reading.position - reading.first + 1

    def _rewrite(self, memory: _Memory, reading: Reading) -> None:
        """Erase, or fold anew, durable when this returns; what memory holds of them is thrown away with it."""
        self._landed()
        parts = self._parts
        try:
            if reading.is_erasing:
                writes = memory.chunks.erase(reading, self.position, self._epoch)
            else:
                refolding = Refolding(parts.store, parts.vault, parts.rules, parts.lake)
                writes = refolding.writes(reading, self.position, self._epoch)
        except (Conflict, Unavailable, Broken):
            raise
        except Exception as error:  # noqa: BLE001 - one record must never stop the log
            _log.exception("an erasure or what had its time broke our own code; it is in quarantine")
            refused = Reading(reading.first, reading.position, reading.log_time, reading.hour)
            refused.refusals = [broken_record(error, item) for item in reading.steered]
            memory = self._fresh_memory()
            writes = memory.chunks.finish(memory.chunks.begin(refused), self.position, self._epoch)
        self._parts.store.commit(writes)
        memory.chunks = self._chunks()
        self.position, self.log_time = reading.position, reading.log_time

    def _settle(self) -> None:
        """Wait until what is being committed is durable."""
        try:
            self._landed()
        except BaseException:
            self.forget()
            raise

    def _landed(self) -> None:
        flight, self._flight = self._flight, None
        if flight is None or self._memory is None:
            return
        flight.done.result()
        if flight.writes.dedupe_swap is not None:
            self._memory.dedupe.swapped(flight.writes.dedupe_swap)
        self.position = flight.reading.position
        self.log_time = flight.reading.log_time

    def _take_over(self) -> _Memory:
        self._epoch, self.position, self.log_time = self._parts.store.acquire()
        self._parts.source.start(self.position)
        memory = self._fresh_memory()
        news = memory.chunks.reconsidering.news
        if news is not None and self.position >= self._told_at:
            self._told_at = self._parts.intake.append([news], self.log_time).position
        return memory

    def _fresh_memory(self) -> _Memory:
        parts = self._parts
        dedupe = Dedupe(parts.dedupe_dir, self._epoch)
        dedupe.load(parts.store.dedupe_files(), parts.store.dedupe_blocks())
        self._memory = _Memory(self._chunks(), dedupe)
        return self._memory

    def _chunks(self) -> Chunks:
        parts = self._parts
        return Chunks(parts.store, parts.vault, parts.months, parts.rules, self._bounds)

    def _written(self, memory: _Memory, reading: Reading) -> tuple[Begun, ChunkWrites]:
        """The chunk's writes. Begun beside the commit before it, where all that one writes is in memory."""
        if self._flight is not None and not (self._flight.is_remembered and _can_begin(memory.chunks, reading)):
            self._landed()
        begun = None
        try:
            without_known(reading, memory.dedupe, self._parts.store)
            begun = memory.chunks.begin(reading)
        except (Conflict, Unavailable, Broken):
            raise
        except Exception as error:  # noqa: BLE001 - one record must never stop the log
            broken = error
        self._landed()
        if begun is not None:
            try:
                return begun, memory.chunks.finish(begun, self.position, self._epoch)
            except (Conflict, Unavailable, Broken):
                raise
            except Exception as error:  # noqa: BLE001 - the same
                broken = error
        _log.error("a chunk broke our own code; looking for the record", exc_info=broken)
        return self._isolated(reading, broken)

    def _submit(self, begun: Begun, writes: ChunkWrites) -> None:
        if self._memory is None or begun.reading.first != self.position + 1:
            raise Broken("a chunk that does not follow the one before it")
        dedupe = self._memory.dedupe
        writes.dedupe_swap = dedupe.tidy(begun.reading.hour)
        if writes.dedupe is not None:
            dedupe.remember(writes.dedupe)
        done = self._committer.submit(self._parts.store.commit, writes)
        self._flight = _Flight(done, begun.reading, writes, self._memory.chunks.is_remembered(begun))

    # ── a record that breaks our own code ──

    def _isolated(self, broken: Reading, error: Exception) -> tuple[Begun, ChunkWrites]:
        """The same frames with the events that break a chunk refused."""
        again = self._parts.again.again
        whole, _ = again(broken.first, broken.position)
        guilty = {event.position for event in self._culprits(whole, whole.events)}
        reading, decoded = again(broken.first, broken.position)
        reading.refusals += [broken_event(error, decoded[position]) for position in sorted(guilty)]
        reading.events = [event for event in reading.events if event.position not in guilty]
        memory = self._fresh_memory()
        without_known(reading, memory.dedupe, self._parts.store)
        begun = memory.chunks.begin(reading)
        return begun, memory.chunks.finish(begun, self.position, self._epoch)

    def _culprits(self, whole: Reading, events: Sequence[Prepared]) -> list[Prepared]:
        if not self._breaks(whole, events):
            return []
        if len(events) <= 1:
            return list(events)
        half = len(events) // 2
        found = self._culprits(whole, events[:half]) + self._culprits(whole, events[half:])
        return found or list(events)

    def _breaks(self, whole: Reading, events: Sequence[Prepared]) -> bool:
        """Whether these events alone break a chunk; nothing is committed and nothing stays in memory."""
        chunks = self._fresh_memory().chunks
        alone = Reading(whole.first, whole.position, whole.log_time, whole.hour, list(events), whole.lake)
        try:
            chunks.finish(chunks.begin(alone), self.position, self._epoch)
        except (Conflict, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - that is the question
            return True
        return False


def _can_begin(chunks: Chunks, reading: Reading) -> bool:
    """Whether nothing that a reading asks the store for can be in a commit that is under way."""
    return chunks.is_small(reading) and not has_permanent(reading)


def _collect() -> None:
    """Look for cycles among what is new only; what is left lives long and is not looked at again."""
    gc.collect(0)
    gc.freeze()
