"""Birth dates as eight digits, `19800408`; 0 where a part is not known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "within ten years", "within a year", "two parts", "one digit off or swapped", "same")
_DECADE, _YEAR, _PARTS, _NEAR = 1, 2, 3, 4
_TEN, _ONE = 11, 1.1
"""Years, with a month to spare."""
_MONTH = 0.1
_CENTURY = 100


def _number(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.Int64)


def _split(values: Values, places: Codes) -> npt.NDArray[np.int64]:
    whole = values.number(_number)[places]
    return np.stack([whole // 10_000, whole // 100 % 100, whole % 100])


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    one, other, edits = _split(values, left), _split(values, right), values.edits(left, right)
    same = one == other
    known = (one > 0) & (other > 0)
    apart = np.abs((one[0] - other[0]) + (one[1] - other[1]) / 12 + (one[2] - other[2]) / 365)
    levels = np.zeros(len(left), np.uint8)
    raised(levels, apart <= _TEN, _DECADE)
    raised(levels, apart <= _ONE, _YEAR)
    raised(levels, ((same & known).sum(0) == 2) | ((edits == 2) & (apart < _TEN)), _PARTS)  # noqa: PLR2004
    swapped = same[0] & (one[1] == other[2]) & (one[2] == other[1])
    century = same[1] & same[2] & ((one[0] - other[0]) % _CENTURY == 0)
    partial = ~known.all(0) & (same | ~known).all(0)
    raised(levels, (edits <= 1) | swapped | century | partial | (apart <= _MONTH), _NEAR)
    return levels


BIRTH = Comparison("birth", LEVELS, _unequal, is_shared=False)
