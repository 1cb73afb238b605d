"""Group commit: requests that come while one frame is being written share the next.

A lone request is written at once. As soon as several wait, the next frame is gathered for a moment, so that one fsync
serves many; the busier the door, the larger the frames. Appending runs in threads of its own: compressing and sealing
one frame goes on while the one before it waits for the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from itda.base.errors import Unavailable
from itda.store.ports import Appended, Intake, Record

GATHER_S = 0.002
LARGEST_FRAME = 8 << 20
MOST_EVENTS = 400_000
"""Events of one frame, well under the ordinals a log position has."""
MOST_WAITING = 96 << 20
"""Bytes that may wait for the log; beyond it a door says 503."""
WRITERS = 2


class _Group:
    """One frame to be: its records, and what each of their requests waits for."""

    __slots__ = ("bytes", "events", "records", "waiters")

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.waiters: list[asyncio.Future[int]] = []
        self.bytes = 0
        self.events = 0


class GroupCommit:
    """Writes records to an intake in shared frames. Belongs to one event loop; close it there."""

    def __init__(self, intake: Intake, clock: Callable[[], int]) -> None:
        self._intake = intake
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(WRITERS, "intake")
        self._open: _Group | None = None
        self._queue: list[_Group] = []
        self._in_flight = 0
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None
        self._was_shared = False

    async def add(self, record: Record, events: int) -> int:
        """The position of the frame that holds the record, once it is durable. `Unavailable` when it is not known."""
        size = len(record.body)
        if self._waiting + size > MOST_WAITING:
            raise Unavailable("too much waits for the log")
        group = self._open
        if group is None or group.bytes + size > LARGEST_FRAME or group.events + events > MOST_EVENTS:
            group = self._begin()
        group.records.append(record)
        group.bytes += size
        group.events += events
        self._waiting += size
        waiter: asyncio.Future[int] = self._loop.create_future()
        group.waiters.append(waiter)
        if self._timer is None and self._in_flight < WRITERS:
            self._arrange()
        return await waiter

    def close(self) -> None:
        """Let what is under way finish; nothing is added after this."""
        if self._timer is not None:
            self._timer.cancel()
        self._threads.shutdown(wait=True)

    def _begin(self) -> _Group:
        if self._open is not None:
            self._queue.append(self._open)
        self._open = _Group()
        return self._open

    def _arrange(self) -> None:
        """Write at once what comes alone; gather for a moment while frames are shared."""
        if self._queue:
            self._timer = self._loop.call_later(0, self._write)
        elif self._in_flight == 0:
            self._timer = self._loop.call_later(GATHER_S if self._was_shared else 0, self._write)

    def _write(self) -> None:
        self._timer = None
        if self._in_flight >= WRITERS:
            return
        if self._queue:
            group = self._queue.pop(0)
        elif self._open is not None:
            group, self._open = self._open, None
        else:
            return
        self._was_shared = len(group.records) > 1
        self._in_flight += 1
        written = self._loop.run_in_executor(self._threads, self._append, group.records)
        written.add_done_callback(lambda future: self._written(group, future))

    def _append(self, records: list[Record]) -> Appended:
        return self._intake.append(records, self._clock())

    def _written(self, group: _Group, future: asyncio.Future[Appended]) -> None:
        self._in_flight -= 1
        self._waiting -= group.bytes
        error = future.exception()
        position = 0 if error is not None else future.result().position
        for waiter in group.waiters:
            if waiter.done():  # its client has hung up
                continue
            if error is not None:
                waiter.set_exception(error)
            else:
                waiter.set_result(position)
        if (self._queue or self._open is not None) and self._timer is None:
            self._arrange()
