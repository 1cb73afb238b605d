"""Reads brand.yaml: how the brand looks to its customers, and where their privacy centre is. It holds as it is written.

Colours are checked where they are written: text of 4.5 to 1 on its ground (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from itda.base.errors import Fault
from itda.workspace import channels, shape
from itda.workspace.files import Document, amiss
from itda.workspace.looks import LOGOS, Brand

FILE = "brand.yaml"
LEAST_CONTRAST = 4.5
GROUNDS = ("#ffffff", "#f5f6f8", "#e9eefb")
"""What links stand on: a card, the page, a chosen line."""
_LARGEST_LOGO = 200_000
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class WrittenColours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`colours` in brand.yaml."""

    accent: str = ""
    """Of links and of the main button, as `'#24418f'`; left out: ours."""


class WrittenCentre(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`centre` in brand.yaml."""

    public_url: str = ""
    """Where customers reach the privacy centre; left out: the `public_url` of the e-mail channel."""


class WrittenBrand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """brand.yaml."""

    name: str = ""
    """What customers read at the top of their pages; left out: the sender's name."""
    logo: str = ""
    """A file of the workspace, svg, png, webp or jpg; left out: the name is written."""
    colours: WrittenColours = WrittenColours()
    centre: WrittenCentre = WrittenCentre()


def read_brand(document: Document | None, root: Path, faults: list[Fault]) -> Brand:
    """The looks; ours where there is no such file, or it has faults."""
    if document is None or document.data is None:
        return Brand()
    found = shape.faults(document, document.data, WrittenBrand) if isinstance(document.data, dict) else None
    if found is None:
        found = [document.fault("", "must be a mapping", "name: …, colours: {accent: '#24418f'}")]
    if not found:
        written = msgspec.convert(document.data, WrittenBrand)
        found = [*_colour(document, written), *_logo(document, written, root)]
        if written.centre.public_url:
            found += channels.of_url(document, written.centre.public_url, "centre.public_url")
        if not found:
            return Brand(
                name=written.name.strip(),
                logo=root / written.logo if written.logo else None,
                accent=written.colours.accent.lower(),
                centre_url=written.centre.public_url.rstrip("/"),
            )
    faults += found
    return Brand()


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as #rrggbb, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]  # noqa: PLR2004
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _colour(document: Document, written: WrittenBrand) -> list[Fault]:
    accent = written.colours.accent
    if not accent:
        return []
    if not _COLOUR.fullmatch(accent):
        return [document.fault("colours.accent", f"{accent!r} is no colour", "six hex digits: '#24418f'")]
    worst = min(contrast(accent, ground) for ground in GROUNDS)
    if worst >= LEAST_CONTRAST:
        return []
    what = f"{accent} has a contrast of {worst:.2f} to 1 to what it stands on, and text needs {LEAST_CONTRAST}"
    return [document.fault("colours.accent", what, f"a darker one, such as {_darker(accent)}")]


def _darker(colour: str) -> str:
    """The nearest darker colour of the same hue that is read well."""
    parts: list[Any] = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(100, -1, -1):
        made = "#" + "".join(f"{round(part * step / 100):02x}" for part in parts)
        if min(contrast(made, ground) for ground in GROUNDS) >= LEAST_CONTRAST:
            return made
    return "#000000"


def _logo(document: Document, written: WrittenBrand, root: Path) -> list[Fault]:
    if not written.logo:
        return []
    path = (root / written.logo).resolve()
    if not path.is_relative_to(root.resolve()):
        return [document.fault("logo", f"{written.logo} is outside the workspace", "put it beside brand.yaml")]
    if path.suffix.lower() not in LOGOS:
        return [document.fault("logo", f"{written.logo} is no picture that is shown", f"one of {', '.join(LOGOS)}")]
    if amiss(root, path) is not None or not path.is_file():
        return [document.fault("logo", f"{written.logo} is not there", "name a file of the workspace")]
    if path.stat().st_size > _LARGEST_LOGO:
        return [document.fault("logo", f"{written.logo} is larger than {_LARGEST_LOGO:,} bytes", "make it smaller")]
    return []
