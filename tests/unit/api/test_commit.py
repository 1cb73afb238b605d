"""Which requests share a frame, and when a frame is begun."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest

from itda.api.commit import LARGE, LARGEST_FRAME, MOST_EVENTS, MOST_WAITING, GroupCommit
from itda.base.errors import Unavailable
from itda.store.memory import MemoryIntake
from itda.store.ports import Appended, Record


class HeldIntake(MemoryIntake):
    """A log whose writes wait until they are let go; it knows which were begun."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.begun: list[int] = []
        self._turn = threading.Lock()
        self._has_begun = threading.Condition()

    def append(self, records: Sequence[Record], now: int) -> Appended:
        with self._has_begun:
            self.begun.append(len(records))
            self._has_begun.notify_all()
        assert self.go.wait(10)
        with self._turn:
            return super().append(records, now)

    def wait(self, count: int) -> None:
        """Until so many writes were begun, a second at most."""
        with self._has_begun:
            self._has_begun.wait_for(lambda: len(self.begun) >= count, 1)


def record(size: int = 100) -> Record:
    return Record("web", "track", b"x" * size)


def run(story: Callable[[GroupCommit, HeldIntake], Awaitable[None]]) -> HeldIntake:
    intake = HeldIntake()

    async def whole() -> None:
        commit = GroupCommit(intake, lambda: 1)
        try:
            await story(commit, intake)
        finally:
            intake.go.set()
            await asyncio.sleep(0.05)
            commit.close()

    asyncio.run(whole())
    return intake


async def begun(intake: HeldIntake, count: int) -> list[int]:
    """The sizes of the frames that were begun, once there are so many, or soon after when there are not."""
    await asyncio.to_thread(intake.wait, count)
    await asyncio.sleep(0.02)
    return list(intake.begun)


def test_small_requests_wait_for_the_frame_before_them_and_share_the_next() -> None:
    async def story(commit: GroupCommit, intake: HeldIntake) -> None:
        waits = [asyncio.create_task(commit.added(record(), 1))]
        assert await begun(intake, 1) == [1]
        waits += [asyncio.create_task(commit.added(record(), 1)) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert intake.begun == [1]
        intake.go.set()
        assert await asyncio.gather(*waits) == [1, 2, 2, 2, 2, 2]

    assert run(story).begun == [1, 5]


def test_a_large_frame_is_begun_while_the_one_before_it_waits_for_the_disk() -> None:
    async def story(commit: GroupCommit, intake: HeldIntake) -> None:
        waits = [asyncio.create_task(commit.added(record(), 1))]
        assert await begun(intake, 1) == [1]
        waits.append(asyncio.create_task(commit.added(record(LARGE), 1)))
        assert await begun(intake, 2) == [1, 1]
        waits.append(asyncio.create_task(commit.added(record(LARGE), 1)))
        await asyncio.sleep(0.05)
        assert intake.begun == [1, 1]
        intake.go.set()
        assert sorted(await asyncio.gather(*waits)) == [1, 2, 3]

    run(story)


@pytest.mark.parametrize(("size", "events"), [(LARGEST_FRAME, 1), (100, MOST_EVENTS)])
def test_no_frame_outgrows_its_limits(size: int, events: int) -> None:
    async def story(commit: GroupCommit, intake: HeldIntake) -> None:
        waits = [asyncio.create_task(commit.added(record(size), events)) for _ in range(3)]
        await asyncio.sleep(0.05)
        intake.go.set()
        assert sorted(await asyncio.gather(*waits)) == [1, 2, 3]

    assert run(story).begun == [1, 1, 1]


def test_when_too_much_waits_the_next_is_refused_and_taken_once_there_is_room() -> None:
    async def story(commit: GroupCommit, intake: HeldIntake) -> None:
        large = MOST_WAITING // 12
        waits = [asyncio.create_task(commit.added(record(large), 1)) for _ in range(12)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await commit.added(record(large), 1)
        intake.go.set()
        await asyncio.gather(*waits)
        assert await commit.added(record(large), 1) == 13

    run(story)


def test_one_who_cannot_be_told_keeps_nobody_from_hearing() -> None:
    async def story(commit: GroupCommit, intake: HeldIntake) -> None:
        def breaks(position: int, error: BaseException | None) -> None:
            raise OSError("its connection")

        commit.add(record(), 1, breaks)
        intake.go.set()
        assert await commit.added(record(), 1) == 1

    run(story)
