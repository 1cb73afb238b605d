"""Streets with their number, or whole addresses in one line, in short forms throughout."""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "same number or alike", "same street", "same building, spelt otherwise", "same")
_ALIKE, _STREET, _BUILDING = 1, 2, 3
_SOME, _MUCH, _ALL = 75, 86, 95


def house_number(value: pl.Expr) -> pl.Expr:
    """The first number."""
    return value.str.extract(r"(\d[\d\-]*)")


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    texts = (values.texts[left].tolist(), values.texts[right].tolist())
    alike = process.cpdist(*texts, scorer=fuzz.token_sort_ratio, dtype=np.float32)
    numbers = values.form(house_number)
    same = (numbers[left] == numbers[right]) & (numbers[left] >= 0)
    levels = np.zeros(len(left), np.uint8)
    raised(levels, (alike >= _SOME) | same, _ALIKE)
    raised(levels, alike >= _MUCH, _STREET)
    raised(levels, (alike >= _ALL) | ((alike >= _MUCH) & same), _BUILDING)
    return levels


ADDRESS = Comparison("address", LEVELS, _unequal, is_shared=True)
