"""What a comparison gives: a level of agreement for every pair of values, worst first; and the values it compares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler, Prefix

Levels: TypeAlias = npt.NDArray[np.uint8]
Codes: TypeAlias = npt.NDArray[np.int32]
Mask: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float32]
Hashes: TypeAlias = npt.NDArray[np.int64]
Form: TypeAlias = Callable[[pl.Expr], pl.Expr]
"""What is made of a value: a shorter text, or a number."""

UNKNOWN = 255
"""The level of a pair of which one value is missing: no evidence at all."""


def hashes(series: pl.Series) -> Hashes:
    """A number for each text, never negative; -1 for none. Two texts of a million share one with a chance of 1e-7."""
    found = (series.hash().to_numpy() >> np.uint64(1)).astype(np.int64)
    found[series.is_null().to_numpy()] = -1
    return found


def distinct(made: Hashes) -> tuple[Hashes, Codes]:
    """A place of each distinct hash, and the code of each; -1 stays -1.

    Hash and place are sorted as one number, which is much quicker than sorting places by hash; should the bits that
    are left for the hash be too few for these values, the slow way is taken.
    """
    bits = max(len(made).bit_length(), 1)
    known = np.flatnonzero(made >= 0)
    packed = np.sort((made[known] << bits) & np.int64(2**63 - 1) | known)
    order, short = packed & ((1 << bits) - 1), packed >> bits
    begins = np.r_[len(short) > 0, short[1:] != short[:-1]][: len(short)]
    codes = np.full(len(made), -1, np.int32)
    whole = made[order]
    if np.any((whole[1:] != whole[:-1]) & ~begins[1:]):
        _, first, back = np.unique(made[known], return_index=True, return_inverse=True)
        codes[known] = back
        return known[first], codes
    codes[order] = np.cumsum(begins) - 1
    return order[begins], codes


def _length(value: pl.Expr) -> pl.Expr:
    return value.str.len_chars()


class Values:
    """The distinct values of a column, in the form its comparison wants; pairs name them by their places."""

    def __init__(self, series: pl.Series) -> None:
        self.series = series.alias("value")
        self._texts: npt.NDArray[Any] | None = None
        self._forms: dict[Form, Hashes] = {}

    def __len__(self) -> int:
        return len(self.series)

    @property
    def texts(self) -> npt.NDArray[Any]:
        """The values as texts."""
        if self._texts is None:
            self._texts = np.array(self.series.to_list(), dtype=object)
        return self._texts

    def only(self, places: Codes) -> Values:
        """Some of the values."""
        return Values(self.series.gather(pl.Series(places)))

    def form(self, form: Form) -> Hashes:
        """What a form makes of each value, as a hash; -1 where nothing. Made once for all values."""
        if form not in self._forms:
            self._forms[form] = hashes(self.series.to_frame().select(form(pl.col("value"))).to_series())
        return self._forms[form]

    def number(self, form: Form) -> Hashes:
        """A number that a form makes of each value."""
        if form not in self._forms:
            made = self.series.to_frame().select(form(pl.col("value")).cast(pl.Int64)).to_series()
            self._forms[form] = made.fill_null(-1).to_numpy()
        return self._forms[form]

    @property
    def lengths(self) -> Hashes:
        """The length of each value in signs."""
        return self.number(_length)

    def common(self, left: Codes, right: Codes) -> Levels:
        """How many signs the two begin with alike."""
        return self._by(Prefix.similarity, left, right, np.uint8)

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
    side: Form | None = None
    """Where values are of two sorts, what tells which: two of one sort are not compared, and `same` is the best level
    of two that are."""

    @property
    def same(self) -> int:
        """The level of equal values."""
        return len(self.levels) - 1


def raised(levels: Levels, where: Mask, level: int) -> None:
    """Raise levels in place, never lower them."""
    np.maximum(levels, np.where(where, np.uint8(level), np.uint8(0)), out=levels)
