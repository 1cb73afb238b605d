"""Live numbers: asked and rendered once a tick per language, handed to every open page, waiting for none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from itda.access.actor import Actor, may
from itda.base.errors import ItdaError
from itda.console.formats import Formats
from itda.console.pages import overview
from itda.console.visit import COOKIE, House, address, choose
from itda.engine.questions.views import OverviewView

TICK_S = 2.0
CHECK_S = 60.0
"""A stream whose session has ended is closed within this time, in seconds."""
TOPICS = ("overview", "pulse")
CLOCK = Actor(name="console:live", role="viewer", system="console")
HEARTBEAT = "event: pulse\ndata: {}\n\n"
Key = tuple[str, str]
log = logging.getLogger(__name__)


class Live:
    """Fans rendered messages out. A page that does not keep up misses ticks; it never holds up another."""

    def __init__(self, house: House, tick_s: float = TICK_S, check_s: float = CHECK_S) -> None:
        self._house = house
        self._tick_s = tick_s
        self._check_s = check_s
        self._open: dict[Key, set[asyncio.Queue[str]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._seen: OverviewView | None = None

    @property
    def listeners(self) -> int:
        """Pages listening now."""
        return sum(len(queues) for queues in self._open.values())

    async def listen(self, topic: str, language: str, is_welcome: Callable[[], bool]) -> AsyncIterator[str]:
        """Messages for one page until its session ends (`is_welcome`, asked in a thread) or the page leaves."""
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=1)
        self._open.setdefault((topic, language), set()).add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        checked = monotonic()
        try:
            yield HEARTBEAT
            while True:
                yield await queue.get()
                if monotonic() - checked >= self._check_s:
                    if not await run_in_threadpool(is_welcome):
                        return
                    checked = monotonic()
        finally:
            self._open[(topic, language)].discard(queue)

    async def _run(self) -> None:
        while self.listeners:
            for (topic, language), queues in list(self._open.items()):
                if queues:
                    message = HEARTBEAT if topic == "pulse" else ""
                    _hand_out(message or await run_in_threadpool(self._render, language), queues)
            self._seen = None
            await asyncio.sleep(self._tick_s)

    def _render(self, language: str) -> str:
        """The overview's numbers in one language; when they cannot be read, a line that says since when."""
        front = self._house.front()
        formats = Formats(language, front.zone, front.currency)
        environment = self._house.pages[language]
        try:
            if self._seen is None:
                self._seen = self._house.desk.overview(CLOCK)
        except ItdaError as error:
            log.warning("live numbers cannot be read: %s", error)
            return _event(environment.get_template("parts/stale.html").render(is_stale=True, is_update=True))
        say: Any = environment.globals["say"]
        values = overview.values(self._seen, formats, say)
        template = environment.get_template("parts/live.html")
        return _event(template.render(f=formats, is_stale=False, is_update=True, **values))


def _hand_out(message: str, queues: set[asyncio.Queue[str]]) -> None:
    for queue in list(queues):
        with suppress(asyncio.QueueEmpty):
            if queue.full():
                queue.get_nowait()
        queue.put_nowait(message)


def _event(html: str) -> str:
    return "".join(f"data: {line}\n" for line in html.splitlines() if line.strip()) + "\n"


def stream(house: House, live: Live) -> Callable[[Request], Any]:
    """The endpoint of `/live/{topic}`: 401 without a session, so that the page can ask for a login."""

    async def endpoint(request: Request) -> Response:
        topic = request.path_params["topic"]
        token = request.cookies.get(COOKIE, "")
        session = await run_in_threadpool(house.door.who, token, address(request)) if token else None
        if session is None or session.lacks:
            return Response(status_code=401)
        if topic not in TOPICS:
            return Response(status_code=404)
        if not may(session.actor, "staff.login" if topic == "pulse" else "status.read"):
            return Response(status_code=403)
        language = choose(house, request, session)
        where = address(request)
        messages = live.listen(topic, language, lambda: house.door.who(token, where) is not None)
        return StreamingResponse(messages, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    return endpoint
