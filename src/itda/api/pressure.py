"""When a door takes nothing more: the database away, the disk full, the log too far ahead of its pipeline.

Looked at once a second beside the requests, so that asking costs a request nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from itda.api.tracking import Answer
from itda.base.errors import Unavailable
from itda.engine.backlog import Backlog

LOOK_S = 1.0


class Pressure:
    """The latest verdict. Call it: an answer to give instead of taking a body, or None."""

    def __init__(self, measure: Callable[[], Backlog]) -> None:
        self._measure = measure
        self._answer: Answer | None = None
        self._watch: asyncio.Task[None] | None = None

    def __call__(self) -> Answer | None:
        """The answer to give now."""
        return self._answer

    def start(self) -> None:
        """Begin to look, on the running loop."""
        self._watch = asyncio.get_running_loop().create_task(self._look())

    async def stop(self) -> None:
        """Look no more."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch

    def judge(self) -> Answer | None:
        """Measure and decide."""
        try:
            now = self._measure()
        except Unavailable as error:
            return Answer(503, "the log cannot be written now; send again", error.retry_after_s)
        if now.is_disk_full:
            return Answer(503, "the disk is full; nothing can be kept", 30)
        if now.is_too_long:
            return Answer(429, "the log is too far ahead of its processing; send again later", 10)
        return None

    async def _look(self) -> None:
        while True:
            self._answer = await asyncio.to_thread(self.judge)
            await asyncio.sleep(LOOK_S)
