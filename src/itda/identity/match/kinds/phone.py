"""Phone numbers as dialled in the country, without the trunk zero; or their last four digits alone."""

from __future__ import annotations

import numpy as np
import polars as pl

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "two digits off", "last four digits alone", "one digit off", "same")
_TWO, _LAST, _ONE = 1, 2, 3
_FOUR = 4


def last_four(value: pl.Expr) -> pl.Expr:
    """The last four digits, where there are so many."""
    return pl.when(value.str.len_bytes() >= _FOUR).then(value.str.slice(-_FOUR))


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    edits = values.edits(left, right)
    levels = np.zeros(len(left), np.uint8)
    raised(levels, edits == 2, _TWO)  # noqa: PLR2004
    raised(levels, edits <= 1, _ONE)
    short = np.minimum(values.lengths[left], values.lengths[right]) <= _FOUR
    ends = values.form(last_four)
    levels[short] = np.where(ends[left[short]] == ends[right[short]], _LAST, 0)
    return levels


PHONE = Comparison("phone", LEVELS, _unequal, is_shared=True)
