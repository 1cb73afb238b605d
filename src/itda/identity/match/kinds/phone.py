"""Phone numbers as dialled in the country, without the trunk zero; or their last four digits alone."""

from __future__ import annotations

import numpy as np

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "two digits off", "last four digits alone", "one digit off", "same")
_TWO, _LAST, _ONE = 1, 2, 3
_FOUR = 4


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    edits = values.edits(left, right)
    levels = np.zeros(len(left), np.uint8)
    raised(levels, edits == 2, _TWO)  # noqa: PLR2004
    raised(levels, edits <= 1, _ONE)
    short = np.flatnonzero(np.minimum(values.lengths[left], values.lengths[right]) <= _FOUR)
    ends = zip(values.texts[left[short]], values.texts[right[short]], strict=True)
    levels[short] = [_LAST if a[-_FOUR:] == b[-_FOUR:] else 0 for a, b in ends]
    return levels


PHONE = Comparison("phone", LEVELS, _unequal, is_shared=True)
