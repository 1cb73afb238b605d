"""Itda joins every touchpoint of a brand into one customer. In Python: `itda.open("shop").customer("membership:1")`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from itda.access.actor import Actor
    from itda.base.errors import Broken, Conflict, Fault, ItdaError, Refused, Unavailable
    from itda.engine.matching.frames import match
    from itda.engine.shop import Shop, open  # noqa: A004 - a shop is opened, by that name

__version__ = "0.1.0"
__all__ = [
    "Actor",
    "Broken",
    "Conflict",
    "Fault",
    "ItdaError",
    "Refused",
    "Shop",
    "Unavailable",
    "__version__",
    "match",
    "open",
]

_HOMES = {
    "Actor": "itda.access.actor",
    "Broken": "itda.base.errors",
    "Conflict": "itda.base.errors",
    "Fault": "itda.base.errors",
    "ItdaError": "itda.base.errors",
    "Refused": "itda.base.errors",
    "Shop": "itda.engine.shop",
    "Unavailable": "itda.base.errors",
    "match": "itda.engine.matching.frames",
    "open": "itda.engine.shop",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is used: `import itda` itself stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"itda has no {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
