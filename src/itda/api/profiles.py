"""The profile API: one customer's view for machines, by a write key whose source may read profiles.

    POST /v1/profiles/lookup   {"kind": "email", "value": "minji@shop.example"}
    GET  /v1/profiles/{customer id}

Personal values never stand in an address, so they are asked for by POST. `?at_least=POSITION` (the `X-Itda-Position`
of an earlier answer) waits up to a second until the log is processed so far, else 409 tells how far it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.actor import Actor
from itda.api.keys import Keys
from itda.base.errors import Conflict, ItdaError, Refused, Unavailable
from itda.base.ids import customer_bytes
from itda.engine.app import App, Forbidden
from itda.engine.backlog import processed
from itda.engine.questions.profile import Profile
from itda.engine.questions.views import ProfileView
from itda.sources.surroundings import shorten

LONGEST_WAIT_S = 1.0
_STEP_S = 0.01
_LARGEST = 16 << 10
READERS = 4
_UNKNOWN = {"error": "a write key of a source with `profiles: read`, by Basic"}
Result = TypeVar("Result")


class Lookup(msgspec.Struct, forbid_unknown_fields=True):
    """Who is asked for."""

    kind: str
    value: str


class Profiles:
    """The two routes over an app. `keys` are the write keys that may read, by source."""

    def __init__(self, app: App, keys: Mapping[str, str]) -> None:
        self._app = app
        self._keys = Keys(keys)
        self._threads = ThreadPoolExecutor(READERS, "profiles")
        self.routes = [
            Route("/v1/profiles/lookup", self._lookup, methods=["POST"]),
            Route("/v1/profiles/{customer}", self._get, methods=["GET"]),
        ]

    def close(self) -> None:
        """Let running reads finish."""
        self._threads.shutdown(wait=True)

    async def _lookup(self, request: Request) -> Response:
        reader = self._reader(request)
        if reader is None:
            return _answer(401, _UNKNOWN)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST:
                return _answer(413, {"error": f"the body is over {_LARGEST:,} bytes"})
        try:
            asked = msgspec.json.decode(body, type=Lookup)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _answer(400, {"error": 'the body is not {"kind": …, "value": …}'})
        kinds = {kind.name for kind in self._app.workspace.policy.kinds}
        if asked.kind not in kinds:
            return _answer(400, {"error": f"kind: one of {', '.join(sorted(kinds))}"})
        return await self._tell(request, reader, (asked.kind, asked.value))

    async def _get(self, request: Request) -> Response:
        reader = self._reader(request)
        if reader is None:
            return _answer(401, _UNKNOWN)
        customer = request.path_params["customer"]
        try:
            customer_bytes(customer)
        except ValueError:
            return _answer(400, {"error": "not a customer id; identifiers are asked for by POST /v1/profiles/lookup"})
        return await self._tell(request, reader, customer)

    def _reader(self, request: Request) -> Actor | None:
        """Who asks, by the key: looked at before anything else of a request, which tells a stranger nothing."""
        source = self._keys.of_authorization(request.headers.get("authorization", "").encode("latin-1"))
        if source is None:
            return None
        address = shorten(request.client.host) if request.client else ""
        return Actor(name=f"key:{source}", role="machine", address=address, system="api")

    async def _tell(  # noqa: PLR0911 - one a status
        self, request: Request, reader: Actor, who: str | tuple[str, str]
    ) -> Response:
        try:
            await self._reach(request.query_params.get("at_least"))
            found: ProfileView | None = await self._apart(lambda: self._app.ask(Profile(who), reader, "profile API"))
        except _Behind as behind:
            return _answer(409, {"error": "not processed so far", "position": behind.position})
        except Unavailable as error:
            return _answer(
                503, {"error": "the database does not answer"}, {"retry-after": f"{error.retry_after_s:.0f}"}
            )
        except Conflict:
            return _answer(503, {"error": "somebody changed it while it was read; ask again"}, {"retry-after": "1"})
        except Forbidden as error:
            return _answer(403, {"error": str(error)})
        except Refused as error:
            return _answer(400, {"error": str(error)})
        if found is None:
            return _answer(404, {"error": "no such customer"})
        return _answer(200, found, {"x-itda-position": str(found.position)})

    async def _reach(self, at_least: str | None) -> None:
        """Wait until the log is processed up to a position."""
        if at_least is None:
            return
        if not at_least.isdecimal() or len(at_least) > 18:  # noqa: PLR2004 - under 2**63
            raise Refused("at_least: a log position, as X-Itda-Position told it")
        until = time.monotonic() + LONGEST_WAIT_S
        while (now := await self._apart(lambda: processed(self._app.db))) < int(at_least):
            if time.monotonic() >= until:
                raise _Behind(now)
            await asyncio.sleep(_STEP_S)

    async def _apart(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _Behind(ItdaError):
    """The log is processed up to `position` only."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(str(position))


def _answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Response:
    told = {"cache-control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(content), status, told, "application/json")
