"""When a door takes nothing more: the database away, the disk full, the log too far ahead of its pipeline.

Looked at once a second beside the requests, so that asking costs a request nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from itda.api.tracking import Answer
from itda.base.errors import Unavailable
from itda.engine.backlog import Backlog

LOOK_S = 1.0
UNAVAILABLE = 503
_STALE_S = 5.0
"""A look that takes so long is an answer too: the database hangs."""
_log = logging.getLogger(__name__)


class Pressure:
    """The latest verdict. Call it: an answer to give instead of taking a body, or None."""

    def __init__(self, measure: Callable[[], Backlog]) -> None:
        self._measure = measure
        self._answer: Answer | None = None
        self._looked_at: float | None = None
        self._watch: asyncio.Task[None] | None = None

    def __call__(self) -> Answer | None:
        """The answer to give now."""
        return self._answer

    def trouble(self, now: float) -> Answer | None:
        """Why nothing can be taken or read; None while the database answers and there is room on the disk.

        `now` is of the monotonic clock, in seconds.
        """
        if self._looked_at is None:
            return Answer(UNAVAILABLE, "the doors have only just opened", LOOK_S)
        if now - self._looked_at > LOOK_S + _STALE_S:
            return Answer(UNAVAILABLE, "the database does not answer", LOOK_S)
        return self._answer if self._answer is not None and self._answer.status == UNAVAILABLE else None

    def start(self) -> None:
        """Begin to look, on the running loop."""
        self._watch = asyncio.get_running_loop().create_task(self._keep_looking())

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
            return Answer(UNAVAILABLE, "the log cannot be written now; send again", error.retry_after_s)
        if now.is_disk_full:
            return Answer(UNAVAILABLE, "the disk is full; nothing can be kept", 30)
        if now.is_too_long:
            return Answer(429, "the log is too far ahead of its processing; send again later", 10)
        return None

    async def look(self) -> None:
        """Measure once, beside the loop, and keep the verdict."""
        try:
            self._answer = await asyncio.to_thread(self.judge)
        except Exception:  # noqa: BLE001 - a look that fails is an answer, and the next look must come
            _log.exception("how full the log is cannot be told")
            self._answer = Answer(UNAVAILABLE, "the log cannot be written now; send again", LOOK_S)
        self._looked_at = time.monotonic()

    async def _keep_looking(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)
