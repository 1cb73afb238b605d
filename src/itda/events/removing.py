"""One field is taken out of what an event says, with everything that was derived from it."""

from __future__ import annotations

from typing import Any

from itda.events.derive import DERIVATIONS


def take_out(said: Any, path: str) -> bool:
    """Take the field at a dotted path out, in place; whether anything was there. Of a list: of each of its items."""
    if isinstance(said, list):
        return sum([take_out(item, path) for item in said]) > 0
    if not isinstance(said, dict):
        return False
    if path in said or "." not in path:
        gone = [name for name in (path, *(f"{path}_{derived}" for derived in DERIVATIONS)) if name in said]
        for name in gone:
            del said[name]
        return bool(gone)
    first, _, rest = path.partition(".")
    return first in said and take_out(said[first], rest)
