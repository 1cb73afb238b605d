"""Group commit: requests that come while one frame is being written share the next.

A lone request is written at once. As soon as several come together, a frame is gathered for a moment, so that one
fsync serves many; the busier the door, the larger the frames. Appending runs in threads of its own: a large frame is
compressed and sealed while the one before it waits for the disk.

A body that holds what somebody said back (STOP, a call of the free number) shares no frame: its ledger is written with
it, before it is answered. Where that cannot be, it goes the way of all others, and is told to nobody as lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from itda.base.errors import Unavailable
from itda.store.ports import Appended, Intake, Record

GATHER_S = 0.002
LARGE = 256 << 10
"""Bytes of a frame that takes long enough to prepare that it is not left until the one before it is durable."""
LARGEST_FRAME = 8 << 20
MOST_EVENTS = 65_536
"""Events of one frame: as many as one batch may have; the reader takes a frame whole."""
MOST_WAITING = 96 << 20
"""Bytes that may wait for the log; beyond it a door says 503."""
WRITERS = 2

Told = Callable[[int, BaseException | None], None]
"""Hears where a record went once it is durable, or why that is not known (the position is then 0)."""

_log = logging.getLogger(__name__)


class Aside(Protocol):
    """Takes bodies that are more than an entry of the log."""

    def may_be(self, body: bytes) -> bool:
        """Whether a body may be such; a quick look."""
        ...

    def take(self, record: Record) -> int | None:
        """Write it, in a thread: the position of its frame, None where it is like all others."""
        ...


class _Group:
    """One frame to be: its records, and whom to tell."""

    __slots__ = ("began", "bytes", "events", "records", "told")

    def __init__(self, began: float) -> None:
        self.began = began
        self.records: list[Record] = []
        self.told: list[Told] = []
        self.bytes = 0
        self.events = 0


class GroupCommit:
    """Writes records to an intake in shared frames. Belongs to one event loop; close it there."""

    def __init__(self, intake: Intake, clock: Callable[[], int], aside: Aside | None = None) -> None:
        self._intake = intake
        self._aside = aside
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(WRITERS, "intake")
        self._apart = ThreadPoolExecutor(1, "intake aside")
        self._open: _Group | None = None
        self._full: deque[_Group] = deque()
        self._in_flight = 0
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None
        self._was_shared = False

    def add(self, record: Record, events: int, told: Told) -> None:
        """Put a record into the next frame; `told` is called later, in the loop. `Unavailable` when too much waits."""
        size = len(record.body)
        if self._waiting + size > MOST_WAITING:
            raise Unavailable("too much waits for the log")
        if self._aside is not None and self._aside.may_be(record.body):
            self._waiting += size
            taken = self._loop.run_in_executor(self._apart, self._aside.take, record)
            taken.add_done_callback(partial(self._taken, record, events, told))
            return
        self._join(record, events, told)

    def _taken(self, record: Record, events: int, told: Told, future: asyncio.Future[int | None]) -> None:
        """Tell of what was written aside; what was not goes into a frame as all others do."""
        self._waiting -= len(record.body)
        error = future.exception()
        if error is None and (position := future.result()) is not None:
            self._tell(told, position, None)
        elif isinstance(error, Unavailable):
            self._tell(told, 0, error)
        else:
            if error is not None:
                _log.error("a reply could not be heard before its answer", exc_info=error)
            self._join(record, events, told)

    def _join(self, record: Record, events: int, told: Told) -> None:
        size = len(record.body)
        group = self._open
        if group is None or group.bytes + size > LARGEST_FRAME or group.events + events > MOST_EVENTS:
            if group is not None:
                self._full.append(group)
            group = self._open = _Group(self._loop.time())
        group.records.append(record)
        group.told.append(told)
        group.bytes += size
        group.events += events
        self._waiting += size
        if self._timer is None:
            self._arrange()

    async def added(self, record: Record, events: int) -> int:
        """Add a record and wait: the position of its frame, once durable. `Unavailable` when that is not known."""
        waiter: asyncio.Future[int] = self._loop.create_future()
        self.add(record, events, partial(_settle, waiter))
        return await waiter

    def close(self) -> None:
        """Let what is under way finish; nothing is added after this."""
        if self._timer is not None:
            self._timer.cancel()
        self._apart.shutdown(wait=True)
        self._threads.shutdown(wait=True)

    def _arrange(self, *, is_late: bool = False) -> None:
        """See when the next frame is to be written: one after the other, but that large ones overlap.

        `is_late`: its requests have waited for another frame already; else those that are just being read join it.
        """
        group = self._full[0] if self._full else self._open
        if group is None or self._in_flight >= (WRITERS if group.bytes >= LARGE else 1):
            return
        wait_s = group.began + GATHER_S - self._loop.time() if self._was_shared and group is self._open else 0.0
        if is_late and wait_s <= 0:
            self._write()
        else:
            self._timer = self._loop.call_later(max(0.0, wait_s), self._write)

    def _write(self) -> None:
        self._timer = None
        if self._full:
            group = self._full.popleft()
        elif self._open is not None:
            group, self._open = self._open, None
        else:
            return
        self._was_shared = len(group.records) > 1
        self._in_flight += 1
        written = self._loop.run_in_executor(self._threads, self._append, group.records)
        written.add_done_callback(partial(self._written, group))

    def _append(self, records: list[Record]) -> Appended:
        return self._intake.append(records, self._clock())

    def _written(self, group: _Group, future: asyncio.Future[Appended]) -> None:
        self._in_flight -= 1
        self._waiting -= group.bytes
        error = future.exception()
        position = 0 if error is not None else future.result().position
        if self._timer is None:
            self._arrange(is_late=True)
        for told in group.told:
            self._tell(told, position, error)

    @staticmethod
    def _tell(told: Told, position: int, error: BaseException | None) -> None:
        try:
            told(position, error)
        except Exception:  # noqa: BLE001 - one client's connection is no matter of the others'
            _log.exception("an answer could not be given")


def _settle(waiter: asyncio.Future[int], position: int, error: BaseException | None) -> None:
    if waiter.done():  # its client has hung up
        return
    if error is not None:
        waiter.set_exception(error)
    else:
        waiter.set_result(position)
