"""What the doors for machines share: who asks by which key, bodies of bounded size, and one answer for every fault."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from itda.access.actor import Actor
from itda.access.scopes import granted, scope_for
from itda.api.keys import Keys, password_of
from itda.api.rates import Rates, slower
from itda.base.errors import Conflict, ItdaError, Refused, Unavailable
from itda.engine.app import App, Forbidden
from itda.engine.backlog import processed
from itda.engine.people import keys
from itda.sources.surroundings import shorten

LONGEST_WAIT_S = 1.0
THREADS = 4
_STEP_S = 0.01
_LARGEST = 16 << 10
_UNKNOWN = "a key of `itda keys add`, or a write key of a source with scopes under `profiles`, by Basic or Bearer"
Result = TypeVar("Result")
Body = TypeVar("Body")


class Lookup(msgspec.Struct, forbid_unknown_fields=True):
    """Who is asked for."""

    kind: str
    value: str


class Machines:
    """Who may ask an app, by the write keys of sources with scopes, and how they are answered. Close it at the end."""

    def __init__(self, app: App, sources: Mapping[str, str]) -> None:
        self.app = app
        self.rates = Rates(app.workspace.calls_per_second)
        self._keys = Keys(sources)
        self._threads = ThreadPoolExecutor(THREADS, "machines")

    def close(self) -> None:
        """Let running work finish."""
        self._threads.shutdown(wait=True)

    async def answer(self, request: Request, work: Callable[[Actor], Awaitable[Response]]) -> Response:
        """What `work` answers to who asks, or what is wrong.

        The key is looked at before anything else of a request, which tells a stranger nothing.
        """
        actor = self._actor(request) or await self._keyed(request)
        if actor is None:
            return told(401, {"error": _UNKNOWN})
        wait = self.rates.of_key(actor.name)
        if wait:
            return slower(wait)
        try:
            return await work(actor)
        except ItdaError as error:
            return _fault(error, actor)

    async def apart(self, work: Callable[[], Result]) -> Result:
        """Work that waits for the database, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def reach(self, position: int) -> int:
        """Wait until the log is processed up to a position, a second at most; how far it is then."""
        until = time.monotonic() + LONGEST_WAIT_S
        while (now := await self.apart(lambda: processed(self.app.db))) < position and time.monotonic() < until:  # noqa: ASYNC110 - the log is another process's
            await asyncio.sleep(_STEP_S)
        return now

    def named(self, asked: Lookup) -> tuple[str, str]:
        """(kind, value); `Refused` where the kind is none."""
        kinds = {kind.name for kind in self.app.workspace.policy.kinds}
        if asked.kind not in kinds:
            raise Refused(f"kind: one of {', '.join(sorted(kinds))}")
        return asked.kind, asked.value

    def _actor(self, request: Request) -> Actor | None:
        name = self._keys.of_authorization(request.headers.get("authorization", "").encode("latin-1"))
        source = None if name is None else self.app.workspace.sources.get(name)
        if source is None or not source.scopes:
            return None
        address = shorten(request.client.host) if request.client else ""
        return Actor(name=f"key:{name}", role="machine", address=address, system="api", granted=granted(source.scopes))

    async def _keyed(self, request: Request) -> Actor | None:
        """Who asks by a key that was made for asking: looked up each time, so that a revoked one is shut at once."""
        key = password_of(request.headers.get("authorization", ""))
        if not key.startswith(keys.PREFIX):
            return None

        def look() -> keys.Found | None:
            with self.app.db.connection() as connection:
                return keys.find(connection, key, self.app.clock())

        found = await self.apart(look)
        if found is None:
            return None
        address = shorten(request.client.host) if request.client else ""
        name = f"key:{found.name}"
        return Actor(name=name, role="machine", session=found.id, address=address, system="api",
                     granted=granted(found.scopes))  # fmt: skip


class Behind(ItdaError):
    """The log is processed up to `position` only."""

    def __init__(self, position: int, what: str = "not processed so far") -> None:
        self.position = position
        super().__init__(what)


class Unread(ItdaError):
    """A body that is too large, or is not what is asked for. `status` is of HTTP."""

    def __init__(self, status: int, what: str) -> None:
        self.status = status
        super().__init__(what)


async def body_of(request: Request, shape: type[Body], written: str) -> Body:
    """The body as this shape, which reads as `written`; `Unread` where it is none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise Unread(413, f"the body is over {_LARGEST:,} bytes")
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unread(400, f"the body is not {written}") from None


def told(status: int, content: object, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that nobody keeps."""
    every = {"cache-control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(content), status, every, "application/json")


def _fault(error: ItdaError, actor: Actor) -> Response:
    """One answer a kind of fault; what is our own fault goes up."""
    content: dict[str, Any] = {"error": str(error)}
    match error:
        case Behind(position=position):
            return told(409, {**content, "position": position})
        case Unread(status=status):
            return told(status, content)
        case Unavailable(retry_after_s=after_s):
            return told(503, {"error": "the database does not answer"}, {"retry-after": f"{after_s:.0f}"})
        case Conflict():
            return told(503, {"error": "somebody changed it while it was read; ask again"}, {"retry-after": "1"})
        case Forbidden(permission=permission):
            source, scope = actor.name.removeprefix("key:"), scope_for(permission)
            where = "itda keys add" if actor.session else f"under profiles in sources/{source}.yaml"
            cure = f"; name the scope {scope} {where}" if scope else ""
            return told(403, {"error": f"{error}{cure}"})
        case Refused():
            return told(400, content)
    raise error
