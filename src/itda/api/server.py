"""How the doors are served: uvicorn on uvloop, with the fast lane for tracking."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import threading
from functools import partial
from typing import Any, Literal

import uvicorn
import uvloop
from starlette.types import ASGIApp

from itda.api.lane import Lane
from itda.api.tracking import Tracking

_GRACE_S = 3
"""Running answers have so long once the doors are to close."""
_LOOK_S = 5.0
_SWITCH_S = 0.0005
"""How long a thread that has heard from the disk waits, at most, for the one that reads requests to let it go on.
Python's own 5 ms would be longer than most commits."""


def server(
    application: ASGIApp,
    tracking: Tracking,
    *,
    lifespan: Literal["on", "off"] = "on",
    secure: ssl.SSLContext | None = None,
) -> uvicorn.Server:
    """A server for an application whose tracking paths are answered by `tracking`, in and beside the lane.

    With `secure` it speaks HTTPS and nothing else.
    """
    lane: Any = partial(Lane, tracking)
    config = uvicorn.Config(
        application,
        interface="asgi3",
        http=lane,
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=2048,
        ssl_context_factory=None if secure is None else lambda *_: secure,
    )
    return uvicorn.Server(config)


def serve(opened: uvicorn.Server, sock: socket.socket, stop: threading.Event) -> None:
    """Serve a listening socket until `stop`, which is also set when the server ends by itself.

    The process should do nothing else: how its threads take turns is set for all of them.
    """
    sys.setswitchinterval(_SWITCH_S)

    async def run() -> None:
        async def watch() -> None:
            await asyncio.to_thread(stop.wait)
            opened.should_exit = True

        watcher = asyncio.create_task(watch())
        sweeper = asyncio.create_task(_sweep(opened))
        await opened._serve(sockets=[sock])  # noqa: SLF001 - `serve` would take the signals from us
        stop.set()
        await watcher
        sweeper.cancel()

    uvloop.run(run())


async def _sweep(opened: uvicorn.Server) -> None:
    """Look now and then for connections that keep us waiting."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_LOOK_S)
        for connection in list(opened.server_state.connections):
            if isinstance(connection, Lane):
                connection.end_if_slow(loop.time())
