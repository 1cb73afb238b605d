"""What somebody is called in full, from what was said of them."""

from __future__ import annotations

from typing import Any


def full_names(traits: list[tuple[str, Any, bool]]) -> list[str]:
    """The full names a person may be searched by: as given, and put together in both orders."""
    said = {name: value.strip() for name, value, _ in traits if isinstance(value, str) and value.strip()}
    first, last = (
        next((said[name] for name in names if name in said), "")
        for names in (("firstName", "first_name"), ("lastName", "last_name"))
    )
    names = [said[name] for name in ("name", "full_name", "fullName") if name in said]
    if first and last:
        names += [f"{first} {last}", f"{last} {first}"]
    return names
