"""The workspace key as it is written down: its root and the versions of its wrapping key, or what a KMS made of them.

    3fc9…                        the root, 64 hexadecimal digits; alone it is a whole key
    wrap 1 77ab…                 a version of the wrapping key
    wrap 2 90cd…

    kms aws:alias/itda           the same, opened by nobody but this KMS
    wrapped AQICAH…

Words are parted by any blank space, so that a key fits in one environment variable.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import msgspec

from itda.store.vault import FIRST_VERSION, KEY_LENGTH, NEWEST_VERSION


class Material(msgspec.Struct, frozen=True):
    """A workspace key, open. `wrapping` holds the versions of the wrapping key above the first."""

    root: bytes
    wrapping: Mapping[int, bytes]

    def __repr__(self) -> str:
        return f"Material(versions={sorted(self.wrapping)})"

    def written(self) -> str:
        """The key as text, a line for each part."""
        lines = [self.root.hex(), *(f"wrap {version} {key.hex()}" for version, key in sorted(self.wrapping.items()))]
        return "\n".join(lines) + "\n"


class Enclosed(msgspec.Struct, frozen=True):
    """A workspace key that a KMS wrapped."""

    kms: str
    wrapped: bytes

    def written(self) -> str:
        """It as text."""
        return f"kms {self.kms}\nwrapped {base64.b64encode(self.wrapped).decode()}\n"


def read(text: str) -> Material | Enclosed | None:
    """What a text says; None where it is no workspace key."""
    words = text.split()
    try:
        if words[:1] == ["kms"] and words[2:3] == ["wrapped"] and len(words) == 4:  # noqa: PLR2004 - the four of them
            return Enclosed(words[1], base64.b64decode(words[3], validate=True))
        return _opened(words)
    except (ValueError, IndexError, binascii.Error):
        return None


def _opened(words: list[str]) -> Material | None:
    root, rest = bytes.fromhex(words[0]), words[1:]
    wrapping: dict[int, bytes] = {}
    while rest:
        if rest[0] != "wrap":
            return None
        wrapping[int(rest[1])] = bytes.fromhex(rest[2])
        rest = rest[3:]
    is_sound = all(FIRST_VERSION < version <= NEWEST_VERSION for version in wrapping)
    if not is_sound or any(len(key) != KEY_LENGTH for key in (root, *wrapping.values())):
        return None
    return Material(root, wrapping)
