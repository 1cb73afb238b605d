"""How often the doors for machines answer: each key so many calls a second, and few guesses at keys from one address.

Tracking is not counted here: what it takes is bounded by the pressure of the log, and its keys are public.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from itda.access.limits import Buckets, network

CALLS_PER_S = 200
"""Of one key, where itda.yaml says nothing else."""
_BURST_S = 5
"""So many seconds' worth of calls may come at once."""
_GUESSES, _GUESSES_PER_S = 30, 0.2
"""Unknown keys from one address: so many at once, and one in five seconds thereafter."""


class Rates:
    """Buckets of keys and of addresses, in the memory of the process that answers."""

    def __init__(self, calls_per_s: int = CALLS_PER_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls = Buckets(calls_per_s * _BURST_S, calls_per_s)
        self._guesses = Buckets(_GUESSES, _GUESSES_PER_S)

    def of_key(self, name: str) -> float:
        """Take one call of a key: 0, or the seconds to wait."""
        return self._calls.wait(name, self._clock())

    def is_barred(self, address: str) -> float:
        """The seconds that an address is not listened to any more; 0 for everybody who guessed no keys."""
        return self._guesses.look(network(address), self._clock())

    def guessed(self, address: str) -> None:
        """An unknown key came from there."""
        self._guesses.wait(network(address), self._clock())


def slower(wait_s: float) -> Response:
    """The answer to who comes too often."""
    headers = {"retry-after": str(math.ceil(wait_s)), "cache-control": "no-store"}
    return Response('{"error":"too many calls; come again later"}', 429, headers, "application/json")


class Bounded:
    """An application for machines, which addresses that guess at keys do not reach for a while."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on, and count it where its key was unknown."""
        if not scope["path"].startswith("/v1/"):  # no key is asked for there
            await self._app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else ""
        wait = self._rates.is_barred(address)
        if wait:
            await slower(wait)(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.UNAUTHORIZED:
                self._rates.guessed(address)
            await send(message)

        await self._app(scope, receive, watched)
