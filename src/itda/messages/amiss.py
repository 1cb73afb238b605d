"""What is wrong in a template, as a reader of files makes a fault of it."""

from __future__ import annotations

from typing import NamedTuple


class Amiss(NamedTuple):
    """Something wrong in a template. `line` counts from 1; `known` are the words that `word` may have meant."""

    line: int
    what: str
    cure: str = ""
    word: str = ""
    known: tuple[str, ...] = ()
