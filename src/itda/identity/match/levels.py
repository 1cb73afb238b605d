"""What a comparison gives: a level of agreement for every pair of values, worst first; and the values it compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

Levels: TypeAlias = npt.NDArray[np.uint8]
Codes: TypeAlias = npt.NDArray[np.int32]
Mask: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float32]

UNKNOWN = 255
"""The level of a pair of which one value is missing: no evidence at all."""


class Values:
    """The distinct values of a column, in the form its comparison wants; pairs name them by their places."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts: npt.NDArray[Any] = np.array(texts, dtype=object)
        self._lengths: Codes | None = None

    @property
    def lengths(self) -> Codes:
        """The length of each value in signs."""
        if self._lengths is None:
            self._lengths = np.fromiter(map(len, self.texts), np.int32, len(self.texts))
        return self._lengths

    def each(self, found: Callable[[str], Any], places: Codes, kind: npt.DTypeLike = object) -> npt.NDArray[Any]:
        """What a function finds in the values at some places; each distinct value is asked once."""
        asked, back = np.unique(places, return_inverse=True)
        answers = np.empty(len(asked), dtype=kind)
        for at, text in enumerate(self.texts[asked]):
            answers[at] = found(text)
        return answers[back]

    def edits(self, left: Codes, right: Codes) -> Levels:
        """Letters put in, left out, changed, or swapped with a neighbour (optimal string alignment)."""
        return self._by(OSA.distance, left, right, np.uint8)

    def likeness(self, left: Codes, right: Codes) -> Floats:
        """Jaro and Winkler's similarity, 0 to 1 (Winkler 1990): beginnings count more."""
        return self._by(JaroWinkler.similarity, left, right, np.float32)

    def _by(self, scorer: Any, left: Codes, right: Codes, kind: npt.DTypeLike) -> npt.NDArray[Any]:
        return process.cpdist(self.texts[left].tolist(), self.texts[right].tolist(), scorer=scorer, dtype=kind)


Unequal: TypeAlias = Callable[[Values, Codes, Codes], Levels]


class Comparison(NamedTuple):
    """How values of one kind are compared."""

    kind: str
    levels: tuple[str, ...]
    """In words, worst first; the last is `same`."""
    unequal: Unequal
    """Levels of pairs whose values are both known and not the same."""
    is_shared: bool
    """Whether people of one household have it in common."""

    @property
    def same(self) -> int:
        """The level of equal values."""
        return len(self.levels) - 1


def raised(levels: Levels, where: Mask, level: int) -> None:
    """Raise levels in place, never lower them."""
    np.maximum(levels, np.where(where, np.uint8(level), np.uint8(0)), out=levels)
