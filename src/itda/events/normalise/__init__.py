"""Normalisers, one file each, found by folder: every file here with a constant NORMALISER is one."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from itda.events.normalise.normaliser import LONGEST, Normaliser

REMEMBERED = 65_536


def _found() -> dict[str, Normaliser]:
    modules = [import_module(f"{__name__}.{part.name}") for part in pkgutil.iter_modules(__path__)]
    parts = [module.NORMALISER for module in modules if hasattr(module, "NORMALISER")]
    return {part.name: part for part in parts}


NORMALISERS: Mapping[str, Normaliser] = MappingProxyType(_found())


def reader(name: str, country: str) -> Callable[[str], str | None]:
    """The normaliser of this name for one country; a costly one remembers a bounded number of answers."""
    normaliser = NORMALISERS[name]
    apply = normaliser.apply
    if not normaliser.is_costly:
        return lambda text: apply(text, country)
    answers: dict[str, str | None] = {}

    def remembered(text: str) -> str | None:
        answer = answers.get(text, text)
        if answer is text and (text not in answers or len(text) > LONGEST):
            if len(text) > LONGEST:
                return None
            if len(answers) >= REMEMBERED:
                answers.clear()
            answer = answers[text] = apply(text, country)
        return answer

    return remembered
