"""The brand's own looks on the pages of the privacy centre: its logo and its colour, each at an address of its own."""

from __future__ import annotations

import hashlib

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.declared import OPEN, declared
from itda.workspace.definition import Workspace
from itda.workspace.looks import LOGOS

_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
"""A logo is a picture only: opened by itself it runs nothing."""
_DARKER = 0.8


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A logo and a style, as they are served. Paths are empty where there is none."""

    logo: bytes = b""
    logo_type: str = ""
    style: bytes = b""

    @classmethod
    def of(cls, workspace: Workspace) -> Look:
        """The looks of a workspace, read once."""
        brand = workspace.brand
        logo = brand.logo.read_bytes() if brand.logo is not None and brand.logo.is_file() else b""
        kind = LOGOS[brand.logo.suffix.lower()] if brand.logo is not None else ""
        return cls(logo=logo, logo_type=kind, style=_style(brand.accent))

    @property
    def logo_path(self) -> str:
        """Where the logo is."""
        return f"/my/logo-{_name(self.logo)}" if self.logo else ""

    @property
    def style_path(self) -> str:
        """Where the colours are."""
        return f"/my/look-{_name(self.style)}.css" if self.style else ""

    def routes(self) -> list[Route]:
        """What serves them."""
        found = []
        if self.logo:
            found.append(Route(self.logo_path, declared(OPEN, self._logo), methods=["GET"]))
        if self.style:
            found.append(Route(self.style_path, declared(OPEN, self._css), methods=["GET"]))
        return found

    async def _logo(self, _: Request) -> Response:
        return Response(self.logo, media_type=self.logo_type, headers=_HEADERS)

    async def _css(self, _: Request) -> Response:
        return Response(self.style, media_type="text/css", headers=_HEADERS)


def _style(accent: str) -> bytes:
    if not accent:
        return b""
    deep = "#" + "".join(f"{round(int(accent[at : at + 2], 16) * _DARKER):02x}" for at in (1, 3, 5))
    return f":root {{ --accent: {accent}; --accent-deep: {deep}; }}\n".encode()


def _name(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:12]
