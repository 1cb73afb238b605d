"""Normalisers, one file each, found by folder: every file here with a constant NORMALISER is one."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from itda.events.normalise.normaliser import Normaliser

REMEMBERED = 65_536


def _found() -> dict[str, Normaliser]:
    modules = [import_module(f"{__name__}.{part.name}") for part in pkgutil.iter_modules(__path__)]
    parts = [module.NORMALISER for module in modules if hasattr(module, "NORMALISER")]
    return {part.name: part for part in parts}


NORMALISERS: Mapping[str, Normaliser] = MappingProxyType(_found())


class Memory:
    """Normalises for one country and remembers costly answers, a bounded number of them."""

    def __init__(self, country: str) -> None:
        self._country = country
        self._answers: dict[tuple[str, str], str | None] = {}

    def value(self, name: str, text: str) -> str | None:
        """The value in its one way of writing, by the normaliser of this name; None when it is none of its kind."""
        normaliser = NORMALISERS[name]
        if not normaliser.is_costly:
            return normaliser.apply(text, self._country)
        key = (name, text)
        answer = self._answers.get(key, key)
        if answer is key:
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            answer = self._answers[key] = normaliser.apply(text, self._country) if len(text) <= REMEMBERED else None
        return answer  # type: ignore[return-value]  # the key itself stood for "not known" and is replaced above
