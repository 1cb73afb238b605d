"""`GET /v1/openapi.json`: all that machines may ask of the doors, as an OpenAPI document. No key is asked for."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.declared import OPEN, declared

PATH = "/v1/openapi.json"


class Described:
    """The route of the document. Made once, when somebody asks first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = [Route(PATH, declared(OPEN, self._answer), methods=["GET"])]
        self._of = [*routes, *self.routes]
        self._made: bytes | None = None

    async def _answer(self, _request: Request) -> Response:
        if self._made is None:
            from itda.api.openapi_document import document  # noqa: PLC0415 - loads all that can be asked

            self._made = msgspec.json.encode(document(self._of))
        return Response(self._made, media_type="application/json", headers={"cache-control": "no-cache"})
