"""Puts into a message what the rules ask for, once: whoever labels twice labels once.

The label is text, exactly `(광고)`; what looks like it and is not is refused by the rules, never mended here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from itda.consent.definition import Change

LABEL = "(광고)"
_BETWEEN = r"[\s/.·_*|~-]*"
_LIKE_IT = re.compile(rf"[\[({{<【〈《]\s*광{_BETWEEN}고|광{_BETWEEN}고\s*[\])}}>】〉》]")
"""With a bracket on one side at least: a text may begin with the word itself."""


def is_badly_labelled(text: str) -> bool:
    """Whether a text begins with something that looks like the label and is not exactly it."""
    return _is_like_it(text.lstrip().removeprefix(LABEL)[:80])


@lru_cache(maxsize=1_024)
def _is_like_it(begins: str) -> bool:
    return _LIKE_IT.match(_looks(begins)) is not None


def _looks(text: str) -> str:
    """A text as an eye sees it: wide forms narrow, letters composed, nothing invisible."""
    seen = (letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    return "".join(seen).lstrip()


def opening(changes: Iterable[Change], text: str) -> str:
    """The beginning of a text, or a mail's subject, with its prefix."""
    for change in changes:
        if change.kind == "prefix":
            text = _prefixed(change, text)
    return text


def footers(changes: Iterable[Change], body: str) -> tuple[Change, ...]:
    """The lines of the footer that the body does not have yet."""
    return tuple(
        change
        for change in changes
        if change.kind == "footer" and not (change.value in body and (not change.link or change.link in body))
    )


def headers(changes: Iterable[Change]) -> dict[str, str]:
    """The headers to be added, by name."""
    return {change.name: change.value for change in changes if change.kind == "header"}


def text(changes: Sequence[Change], body: str) -> str:
    """A message that is one text, as SMS and push are, with prefix and footer."""
    lines = [line for change in footers(changes, body) for line in (change.value, change.link) if line]
    return "\n".join([opening(changes, body), *lines])


def _prefixed(change: Change, whole: str) -> str:
    rest = whole.lstrip().removeprefix(change.value).lstrip() if whole.lstrip().startswith(change.value) else whole
    if not change.name:
        return f"{change.value} {rest}" if not whole.startswith(change.value) else whole
    if not rest.startswith(change.name):
        rest = f"{change.name} {rest}"
    return f"{change.value}{rest}"
