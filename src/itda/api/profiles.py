"""The profile API: one customer's view for machines, by a write key whose source may read profiles.

    POST /v1/profiles/lookup   {"kind": "email", "value": "minji@shop.example"}
    POST /v1/profiles/history  the same
    POST /v1/profiles/why      {"a": {"kind": "membership", "value": "1"}, "b": {"kind": "email", "value": "…"}}
    GET  /v1/profiles/{customer id}

A profile as it was: `?at=TIME` by today's knowledge, `?as_known=TIME` by that of then.

Personal values never stand in an address, so they are asked for by POST. `?at_least=POSITION` (the `X-Itda-Position`
of an earlier answer) waits up to a second until the log is processed so far, else 409 tells how far it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.actor import Actor
from itda.api.keys import Keys
from itda.base.errors import Conflict, ItdaError, Refused, Unavailable
from itda.base.ids import customer_bytes
from itda.engine.app import App, Forbidden, Question
from itda.engine.backlog import processed
from itda.engine.questions.profile import Profile
from itda.engine.questions.views import HistoryView, ProfileView, WhyView
from itda.sources.surroundings import shorten

LONGEST_WAIT_S = 1.0
_STEP_S = 0.01
_LARGEST = 16 << 10
READERS = 4
_UNKNOWN = {"error": "a write key of a source with `profiles: read`, by Basic"}
Result = TypeVar("Result")
Body = TypeVar("Body")


class Lookup(msgspec.Struct, forbid_unknown_fields=True):
    """Who is asked for."""

    kind: str
    value: str


class Two(msgspec.Struct, forbid_unknown_fields=True):
    """Of which two it is asked whether they are one."""

    a: Lookup
    b: Lookup


_SHAPES: dict[Any, str] = {Lookup: '{"kind": …, "value": …}', Two: '{"a": {"kind": …, "value": …}, "b": {…}}'}


class Profiles:
    """The routes over an app. `keys` are the write keys that may read, by source."""

    def __init__(self, app: App, keys: Mapping[str, str]) -> None:
        self._app = app
        self._keys = Keys(keys)
        self._threads = ThreadPoolExecutor(READERS, "profiles")
        self.routes = [
            Route("/v1/profiles/lookup", self._lookup, methods=["POST"]),
            Route("/v1/profiles/history", self._history, methods=["POST"]),
            Route("/v1/profiles/why", self._why, methods=["POST"]),
            Route("/v1/profiles/{customer}", self._get, methods=["GET"]),
        ]

    def close(self) -> None:
        """Let running reads finish."""
        self._threads.shutdown(wait=True)

    async def _lookup(self, request: Request) -> Response:
        def question(asked: Lookup) -> Question[ProfileView | None]:
            return self._profile(request, self._named(asked))

        return await self._posted(request, Lookup, question)

    async def _history(self, request: Request) -> Response:
        def question(asked: Lookup) -> Question[HistoryView]:
            from itda.engine.questions.history import History  # noqa: PLC0415 - asked for seldom

            return History(self._named(asked))

        return await self._posted(request, Lookup, question)

    async def _why(self, request: Request) -> Response:
        def question(asked: Two) -> Question[WhyView]:
            from itda.engine.questions.why import Why  # noqa: PLC0415 - asked for seldom

            return Why(self._named(asked.a), self._named(asked.b))

        return await self._posted(request, Two, question)

    async def _posted(self, request: Request, shape: type[Body], question: Callable[[Body], Question[Any]]) -> Response:
        """Answer what a body asks; the key is looked at before anything of it is read."""
        reader = self._reader(request)
        if reader is None:
            return _answer(401, _UNKNOWN)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST:
                return _answer(413, {"error": f"the body is over {_LARGEST:,} bytes"})
        try:
            asked = msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _answer(400, {"error": f"the body is not {_SHAPES[shape]}"})
        return await self._tell(request, reader, lambda: question(asked))

    def _named(self, asked: Lookup) -> tuple[str, str]:
        kinds = {kind.name for kind in self._app.workspace.policy.kinds}
        if asked.kind not in kinds:
            raise Refused(f"kind: one of {', '.join(sorted(kinds))}")
        return asked.kind, asked.value

    def _profile(self, request: Request, who: str | tuple[str, str]) -> Question[ProfileView | None]:
        at, as_known = (request.query_params.get(name, "") for name in ("at", "as_known"))
        if not at and not as_known:
            return Profile(who)
        from itda.engine.questions import past  # noqa: PLC0415 - loads what folds the lake

        return past.question(who, at, as_known, self._app.workspace.zone)

    async def _get(self, request: Request) -> Response:
        reader = self._reader(request)
        if reader is None:
            return _answer(401, _UNKNOWN)
        customer = request.path_params["customer"]
        try:
            customer_bytes(customer)
        except ValueError:
            return _answer(400, {"error": "not a customer id; identifiers are asked for by POST /v1/profiles/lookup"})
        return await self._tell(request, reader, lambda: self._profile(request, customer))

    def _reader(self, request: Request) -> Actor | None:
        """Who asks, by the key: looked at before anything else of a request, which tells a stranger nothing."""
        source = self._keys.of_authorization(request.headers.get("authorization", "").encode("latin-1"))
        if source is None:
            return None
        address = shorten(request.client.host) if request.client else ""
        return Actor(name=f"key:{source}", role="machine", address=address, system="api")

    async def _tell(  # noqa: PLR0911 - one a status
        self, request: Request, reader: Actor, question: Callable[[], Question[Any]]
    ) -> Response:
        try:
            await self._reach(request.query_params.get("at_least"))
            found = await self._apart(lambda: self._app.ask(question(), reader, "profile API"))
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
        told = {"x-itda-position": str(found.position)} if isinstance(found, ProfileView) else {}
        return _answer(200, found, told)

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
