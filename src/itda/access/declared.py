"""What a way in needs: every address of every door carries exactly one permission, or says that it is open to anybody.

The door's own guard holds it; docs/reference/permissions.md and the test that walks all addresses as all roles read it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from itda.access.actor import PERMISSIONS

OPEN = "open"
"""Anybody: it tells nothing of anybody, or proves by itself who may (a login, a signed link, a signature)."""
WRITE_KEY = "events.send"
"""Whoever has the write key of a source may send events of that source."""


@runtime_checkable
class Declared(Protocol):
    """An endpoint that says what it needs."""

    permission: str


def declared(permission: str, endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, with what it needs."""
    if permission not in PERMISSIONS and permission not in {OPEN, WRITE_KEY}:
        raise KeyError(permission)

    async def answer(*arguments: Any) -> Any:
        return await endpoint(*arguments)

    answer.permission = permission  # type: ignore[attr-defined]
    return answer


def needed(endpoint: Any) -> str | None:
    """What an endpoint needs; None where nobody said."""
    return endpoint.permission if isinstance(endpoint, Declared) else None
