"""What two people agree to: the packs in the box with their bytes, the brand's values, and its waivers, as one text."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from itda.base.canonical import canonical
from itda.consent import packs
from itda.decisions.policy import Policy

WHAT = "packs"
"""What an approval of packs and waivers is for."""


def settings(policy: Policy) -> dict[str, Any]:
    """What consent.yaml says of packs: values, waivers, and whether it always takes two."""
    return {
        "values": {name: json.loads(values) for name, values in policy.values.items() if name in packs.KINDS},
        "waivers": [_listed(msgspec.structs.asdict(waiver)) for waiver in policy.waivers],
        "four_eyes": policy.four_eyes,
    }


def body(policy: Policy) -> str:
    """Canonical JSON (RFC 8785) of the packs in the box, with SHA-256 of each one's source, and of the settings."""
    box = {
        name: {"versions": [kind.version for kind in kinds], "sha256": source(name)}
        for name, kinds in packs.VERSIONS.items()
    }
    return canonical({"packs": box, **settings(policy)}).decode()


def digest(text: str) -> bytes:
    """SHA-256 of a body."""
    return hashlib.sha256(text.encode()).digest()


@cache
def source(name: str) -> str:
    """SHA-256 (hex) of the bytes of a pack: its file, or the files of its folder by name."""
    module = packs.KINDS[name].rules.__module__.rpartition(".")[2]
    folder = resources.files("itda.consent.packs")
    told = hashlib.sha256()
    for place, content in _files(folder / module if (folder / module).is_dir() else folder / f"{module}.py"):
        told.update(f"{place}\0{len(content)}\0".encode() + content)
    return told.hexdigest()


def _files(place: Traversable) -> list[tuple[str, bytes]]:
    if place.is_file():
        return [(place.name, place.read_bytes())]
    found = (one for one in place.iterdir() if one.is_file() and one.name.endswith(".py"))
    return sorted((one.name, one.read_bytes()) for one in found)


def _listed(told: dict[str, Any]) -> dict[str, Any]:
    """Times in microseconds are too large for what every JSON reader agrees on: the days say the same."""
    return {name: value for name, value in told.items() if name not in ("starts_at", "ends_at")}
