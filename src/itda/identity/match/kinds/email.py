"""E-mail addresses, one form a mailbox."""

from __future__ import annotations

import numpy as np
import polars as pl

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "alike", "same before the @, or three letters off", "one or two letters off", "same")
_ALIKE, _LOCAL, _NEAR = 1, 2, 3
_LIKENESS = 0.88
_SHORTEST = 3


def before_at(value: pl.Expr) -> pl.Expr:
    """The local part, if it says something."""
    local = value.str.extract(r"^([^@]+)@")
    return pl.when(local.str.len_bytes() >= _SHORTEST).then(local)


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    edits = values.edits(left, right)
    levels = np.zeros(len(left), np.uint8)
    raised(levels, values.likeness(left, right) >= _LIKENESS, _ALIKE)
    local = values.form(before_at)
    same = (local[left] == local[right]) & (local[left] >= 0)
    raised(levels, same | (edits == 3), _LOCAL)  # noqa: PLR2004
    raised(levels, edits <= 2, _NEAR)  # noqa: PLR2004
    return levels


EMAIL = Comparison("email", LEVELS, _unequal, is_shared=False)
