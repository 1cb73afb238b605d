"""Names of towns, suburbs, regions."""

from __future__ import annotations

import numpy as np
import polars as pl

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "a little alike", "alike", "same")
_LITTLE, _ALIKE = 1, 2
_LIKENESS = {_LITTLE: 0.85, _ALIKE: 0.92}


def _digits(value: pl.Expr) -> pl.Expr:
    return value.str.replace_all(r"\D", "")


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    likeness = values.likeness(left, right)
    digits = values.form(_digits)
    levels = np.zeros(len(left), np.uint8)
    for level, least in _LIKENESS.items():
        raised(levels, (likeness >= least) & (digits[left] == digits[right]), level)
    return levels


PLACE = Comparison("place", LEVELS, _unequal, is_shared=True)
