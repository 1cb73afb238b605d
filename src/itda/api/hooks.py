"""`POST /v1/hooks/NAME`: calls of other systems, believed by their signature, mapped to events as a file's rows are.

    200  durable in the log, with X-Itda-Position; what of it gave no event waits in quarantine
    400  not JSON, or neither an object nor a list
    401  no signature, a wrong one, or a time of sending too far from ours
    404  no source of that name is called
    413  over the limit
    429, 503  under pressure, with Retry-After; 503 too where the secret is not in our environment

It writes by the tracking door's own commit, so calls share its frames. An event's id is made of the mapping's key: a
call that comes twice counts once, whenever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.declared import OPEN, declared
from itda.api.body import Gone, TooLarge, read
from itda.api.commit import GroupCommit
from itda.api.tracking import SUCCESS, Answer, away, refusal
from itda.base.errors import Unavailable
from itda.engine.bundle import Bundle
from itda.sources import hook, signature
from itda.sources.definition import SourceDef
from itda.sources.mapping import Mapper
from itda.sources.origins import WebhookOrigin
from itda.sources.surroundings import shorten
from itda.sources.wire import MOST_ITEMS

PATH = "/v1/hooks/{name}"
_log = logging.getLogger(__name__)


class Hooks:
    """The route. `commit` gives the tracking door's commit; `pressure` an answer to give instead of taking a body."""

    def __init__(
        self,
        sources: Mapping[str, SourceDef],
        zone: str,
        commit: Callable[[], GroupCommit],
        clock: Callable[[], int],
        environment: Mapping[str, str],
        *,
        key: bytes,
        largest_body: int,
        pressure: Callable[[], Answer | None] = lambda: None,
    ) -> None:
        self._sources = {
            name: (source, source.origin)
            for name, source in sources.items()
            if isinstance(source.origin, WebhookOrigin)
        }
        self._zone, self._commit, self._clock, self._environment = zone, commit, clock, environment
        self._key, self._largest_body, self._pressure = key, largest_body, pressure
        self.routes = [Route(PATH, declared(OPEN, self._answer), methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        try:
            position = await self._take(request)
        except Answer as answer:
            return _refused(answer)
        except Unavailable as error:
            return _refused(away(error))
        except Gone:
            return Response(status_code=400)
        return Response(SUCCESS, 200, {"x-itda-position": str(position)}, "application/json")

    async def _take(self, request: Request) -> int:
        busy = self._pressure()
        if busy is not None:
            raise busy
        source, origin = self._called(request.path_params["name"])
        try:
            body = await read(request.receive, self._largest_body)
        except TooLarge:
            raise Answer(413, f"the body is over {self._largest_body:,} bytes") from None
        headers = {name.lower(): value for name, value in request.headers.items()}
        why = signature.fault(origin, self._secrets(source, origin), headers, body, self._clock())
        if why is not None:
            raise Answer(401, why)
        bundle = self._bundle(source, origin, headers, body)
        address = shorten(request.client.host) if request.client else ""
        position = 0
        for record in bundle.records(source.name, address):
            position = await self._commit().added(record, bundle.events + bundle.refused)
        return position

    def _called(self, name: str) -> tuple[SourceDef, WebhookOrigin]:
        found = self._sources.get(name)
        if found is None:
            raise Answer(404, "no source of that name is called")
        return found

    def _secrets(self, source: SourceDef, origin: WebhookOrigin) -> list[str]:
        secrets = [secret for name in origin.secrets_from if (secret := self._environment.get(name))]
        if not secrets:
            _log.error("the source %s: %s is not in the environment", source.name, ", ".join(origin.secrets_from))
            raise Answer(503, "the secret of this source is not there; send again", 60)
        return secrets

    def _bundle(self, source: SourceDef, origin: WebhookOrigin, headers: Mapping[str, str], body: bytes) -> Bundle:
        try:
            found = hook.items(body, origin.items)
        except ValueError as error:
            raise Answer(400, str(error)) from None
        if len(found) > MOST_ITEMS:
            raise Answer(413, f"the body has over {MOST_ITEMS:,} events")
        bundle = Bundle()
        for item in hook.events(Mapper(source, self._zone, b"", self._clock(), key=self._key), found, headers):
            bundle.add(item)
        return bundle


def _refused(answer: Answer) -> Response:
    headers, body = refusal(answer)
    told = {name.decode(): value.decode() for name, value in headers if not name.startswith(b"access-control")}
    return Response(body, answer.status, told)
