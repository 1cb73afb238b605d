"""Given and family names in normal form. A value may say several readings, likeliest first, and hide signs by `*`.

`jeong hui|jung hui` are the readings of a romanised name; `* su` is what a till receipt leaves of a given name.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

HIDDEN, OR = "*", "|"
LEVELS = ("different", "a little alike", "alike", "short or hidden", "one letter off or sounds the same", "same")
_LITTLE, _ALIKE, SHORT, _NEAR = 1, 2, 3, 4
_LIKENESS = {_LITTLE: 0.8, _ALIKE: 0.9}
_SHORTEST = 3
"""Below so many letters one letter off says nothing."""
_LONG = 6
_SHORT_FORM = 3


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    likeness, edits = values.likeness(left, right), values.edits(left, right)
    shorter = np.minimum(values.lengths[left], values.lengths[right])
    levels = np.zeros(len(left), np.uint8)
    for level, least in _LIKENESS.items():
        raised(levels, likeness >= least, level)
    raised(levels, (edits <= 2) & (shorter >= _LONG), _ALIKE)  # noqa: PLR2004 - two slips in a long name
    raised(levels, (edits <= 1) & (shorter >= _SHORTEST), _NEAR)
    _short_forms(values, left, right, levels)
    _special(values, left, right, levels)
    return levels


def _short_forms(values: Values, left: Codes, right: Codes, levels: Levels) -> None:
    """An initial, or the beginning of the longer one: `J`, `Rob` of `Robert`. An initial of another letter is none."""
    shorter = np.minimum(values.lengths[left], values.lengths[right])
    at = np.flatnonzero(shorter <= _SHORT_FORM)
    begins = values.common(left[at], right[at]) == shorter[at]
    found = levels[at]
    found[begins & (found < _NEAR)] = SHORT
    found[(shorter[at] == 1) & ~begins] = 0
    levels[at] = found


def _is_special(value: pl.Expr) -> pl.Expr:
    return value.str.contains(r"[*|]")


def _special(values: Values, left: Codes, right: Codes, levels: Levels) -> None:
    """Hidden signs and several readings, which letters alone do not compare."""
    is_special = values.number(_is_special) == 1
    for at in np.flatnonzero(is_special[left] | is_special[right]).tolist():
        levels[at] = _read(values.texts[left[at]], values.texts[right[at]], int(levels[at]))


def _read(one: str, other: str, level: int) -> int:
    readings, others = one.split(OR), other.split(OR)
    if HIDDEN in one or HIDDEN in other:
        return SHORT if any(_may_be(a.split(), b.split()) for a in readings for b in others) else 0
    if set(readings) & set(others):
        return _NEAR
    return min(level, _ALIKE)


def _may_be(one: list[str], other: list[str]) -> bool:
    return len(one) == len(other) and all(HIDDEN in (a, b) or a == b for a, b in zip(one, other, strict=True))


GIVEN = Comparison("given", LEVELS, _unequal, is_shared=False)
FAMILY = Comparison("family", LEVELS, _unequal, is_shared=True)
