"""Sentences that the engine puts together in English, in the reader's language: known by their form.

A form is a text of the catalogues with its named values. What has no form here stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType

from itda.console.words import Say

_NAMED = re.compile(r"%\((\w+)\)s")
_MANY = re.compile(r"^(\\ (?:\w+\\ )?\w+)s(?!\w)")
"""Behind a number: a word, or two, of which there may be one."""
Called = Mapping[str, Callable[[str], str]]
_NONE: Called = MappingProxyType({})


def told(text: str, forms: Sequence[str], say: Say, codes: Called = _NONE, parts: Called = _NONE) -> str:
    """The text in words of `say`, by the first form that it has.

    `codes` and `parts` say what values of a name are called: single words, and texts. What has no form as a whole is
    looked up part by part, as semicolons divide it.
    """
    whole = _told(text, forms, say, codes, parts)
    if whole is not None:
        return whole
    return "; ".join(_told(part, forms, say, codes, parts) or part for part in text.split("; "))


def _told(text: str, forms: Sequence[str], say: Say, codes: Called, parts: Called) -> str | None:
    called = {**codes, **parts}
    for form in forms:
        found = _pattern(form, frozenset(codes)).fullmatch(text)
        if found is not None:
            values = {name: called.get(name, str)(value) or "-" for name, value in found.groupdict().items()}
            return say(form) % values if values else say(form)
    return None


@cache
def _pattern(form: str, codes: frozenset[str]) -> re.Pattern[str]:
    first, *rest = _NAMED.split(form)
    made = re.escape(first)
    one_or_many = r"\1s?"
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        after = re.escape(text)
        if name == "num":
            made += f"(?P<num>[0-9.,]+){_MANY.sub(one_or_many, after)}"
        else:
            value = r"\w+" if name in codes else ".*?"
            made += f"(?P<{name}>{value}){after}"
    return re.compile(made, re.DOTALL)
