"""`GET /health`: whether the doors are ready, for a load balancer or whoever waits for a start.

    200 {"ready": true}                      the database answers
    503 {"ready": false, "error": "…"}       it does not, or the disk is full

No key is asked for: nothing is told of the data. It costs the database nothing, as the doors look once a second anyway.
"""

from __future__ import annotations

import time

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.declared import OPEN, declared
from itda.api.pressure import Pressure

PATH = "/health"


class Health:
    """The route, over what the doors last saw of their database and disk."""

    def __init__(self, pressure: Pressure) -> None:
        self._pressure = pressure
        self.routes = [Route(PATH, declared(OPEN, self._answer), methods=["GET"])]

    async def _answer(self, _request: Request) -> Response:
        trouble = self._pressure.trouble(time.monotonic())
        said = {"ready": True} if trouble is None else {"ready": False, "error": trouble.error}
        headers = {"cache-control": "no-store"}
        if trouble is not None and trouble.retry_s is not None:
            headers["retry-after"] = f"{trouble.retry_s:.0f}"
        status = 200 if trouble is None else 503
        return Response(msgspec.json.encode(said), status, headers, media_type="application/json")
