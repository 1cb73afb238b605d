"""Places in lists that are told page by page: after whom the next page begins."""

from __future__ import annotations

from itda.base.errors import Refused

_LONGEST = 1 << 63
"""What no time of a list comes near."""


def written(at: int, key: bytes) -> str:
    """The place of a row by its time and its id."""
    return f"{at}~{key.hex()}"


def read(text: str) -> tuple[int | None, bytes]:
    """The same read back; (None, b"") for the beginning, `Refused` for what is no place."""
    if not text:
        return None, b""
    at, _, key = text.partition("~")
    try:
        found = int(at), bytes.fromhex(key)
    except ValueError:
        found = _LONGEST, b""
    if abs(found[0]) >= _LONGEST:
        raise Refused(f"{text!r} is no place in this list")
    return found
