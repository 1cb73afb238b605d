"""How a brand looks to its customers: name, logo, colour, and where their privacy centre is."""

from __future__ import annotations

from pathlib import Path

import msgspec

LOGOS = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg"}


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """How the brand looks to its customers. Empty: as we do."""

    name: str = ""
    logo: Path | None = None
    accent: str = ""
    centre_url: str = ""
    """Without a slash at its end."""
