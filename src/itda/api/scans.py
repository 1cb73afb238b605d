"""`GET /q/CODE`: somebody scanned a code of ours; they are tied to what it was printed for, and led on.

Who scans is known by the cookie that the shop's own pages keep, where it reaches us: on the same site. Then the scan
becomes a `Code Scanned` event with the visitor's id and the code. Otherwise no cookie is set, as nobody was asked; the
code goes along behind `#`, where only the page it leads to can read it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from itda.access.declared import OPEN, declared
from itda.api.commit import GroupCommit
from itda.api.tracking import Answer
from itda.base.errors import Unavailable
from itda.sources import codes
from itda.sources.codes import Maker
from itda.sources.definition import SourceDef
from itda.sources.origins import CodesOrigin
from itda.sources.surroundings import shorten
from itda.store.ports import Record

PREFIX = "/q/"
EVENT = "Code Scanned"
_LONGEST_ID = 100
_log = logging.getLogger(__name__)


class Scans:
    """The route. While `pressure` has an answer people are led on all the same, and nothing is written."""

    def __init__(
        self,
        sources: Mapping[str, SourceDef],
        maker: Maker,
        commit: Callable[[], GroupCommit],
        pressure: Callable[[], Answer | None] = lambda: None,
    ) -> None:
        self._sources = {name: one.origin for name, one in sources.items() if isinstance(one.origin, CodesOrigin)}
        self._maker, self._commit, self._pressure = maker, commit, pressure
        self.routes = [Route(f"{PREFIX}{{code}}", declared(OPEN, self._scan), methods=["GET"])]

    async def _scan(self, request: Request) -> Response:
        found = self._read(request.path_params["code"])
        if found is None:
            return Response("no such code", 404, media_type="text/plain")
        source, origin, code = found
        visitor = _visitor(request.cookies.get(origin.cookie, ""))
        if visitor and request.method == "GET":
            await self._write(source, origin, code, visitor, shorten(request.client.host) if request.client else "")
        to = origin.to if visitor else f"{origin.to.partition('#')[0]}#code={code}"
        return RedirectResponse(to, 302, {"cache-control": "no-store", "referrer-policy": "no-referrer"})

    def _read(self, written: str) -> tuple[str, CodesOrigin, str] | None:
        for source, origin in self._sources.items():
            code = codes.read(self._maker, source, written)
            if code is not None:
                return source, origin, code
        return None

    async def _write(self, source: str, origin: CodesOrigin, code: str, visitor: str, address: str) -> None:
        if self._pressure() is not None:
            return
        event = {
            "type": "track", "event": EVENT, "anonymousId": visitor, "identifiers": {origin.identifier: code},
            "messageId": "q:" + hashlib.blake2b(f"{code}\0{visitor}".encode(), digest_size=16).hexdigest(),
            "properties": {"to": origin.to},
        }  # fmt: skip
        try:
            await self._commit().added(Record(source, "track", msgspec.json.encode(event), address), 1)
        except Unavailable:
            _log.warning("a scan could not be written")


def _visitor(cookie: str) -> str:
    """The id in a cookie, as the usual clients write it: as it is, quoted, or escaped; empty where it is none."""
    found = unquote(cookie).strip().strip('"')
    return found if 0 < len(found) <= _LONGEST_ID and found.isprintable() else ""
