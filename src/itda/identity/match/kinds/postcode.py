"""Postcodes without spaces."""

from __future__ import annotations

import numpy as np

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "same area", "one sign off", "same")
_AREA, _NEAR = 1, 2
_BEGINNING = 3


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    levels = np.zeros(len(left), np.uint8)
    begin = [values.each(lambda text: text[: max(_BEGINNING, len(text) // 2)], side) for side in (left, right)]
    raised(levels, begin[0] == begin[1], _AREA)
    raised(levels, values.edits(left, right) <= 1, _NEAR)
    return levels


POSTCODE = Comparison("postcode", LEVELS, _unequal, is_shared=True)
