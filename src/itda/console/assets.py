"""The built files of the console, by the names templates know: each has its content's hash in its file name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from itda.base.errors import Fault, Refused

STATIC = Path(__file__).parent / "static"


def names(folder: Path = STATIC) -> Mapping[str, str]:
    """Plain name → name with its hash; `Refused` with the cure when the assets were never built."""
    manifest = folder / "manifest.json"
    if not manifest.exists():
        raise Refused(Fault(what="the console's assets are not built", cure="make setup", file=str(manifest)))
    return msgspec.json.decode(manifest.read_bytes(), type=dict[str, str])


class Immutable:
    """Serves the folder; a name with a hash never changes its content, so a browser may keep it for ever."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files: ASGIApp = GZipMiddleware(StaticFiles(directory=folder), minimum_size=1000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as StaticFiles does, with the headers of files that never change."""

        async def lasting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 206, 304}:
                message["headers"] = [
                    *message["headers"],
                    (b"cache-control", b"public, max-age=31536000, immutable"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._files(scope, receive, lasting)
