"""Postcodes without spaces."""

from __future__ import annotations

import numpy as np
import polars as pl

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "same area", "one sign off", "same")
_AREA, _NEAR = 1, 2
_BEGINNING = 3


def area(value: pl.Expr) -> pl.Expr:
    """The wider area: the first half, three signs at least."""
    half = value.str.len_chars() // 2
    return value.str.slice(0, pl.when(half > _BEGINNING).then(half).otherwise(_BEGINNING))


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    levels = np.zeros(len(left), np.uint8)
    areas = values.form(area)
    raised(levels, areas[left] == areas[right], _AREA)
    raised(levels, values.edits(left, right) <= 1, _NEAR)
    return levels


POSTCODE = Comparison("postcode", LEVELS, _unequal, is_shared=True)
