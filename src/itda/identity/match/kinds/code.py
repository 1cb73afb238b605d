"""Numbers that a register gives a person: membership, customer or insurance number."""

from __future__ import annotations

import numpy as np

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "two signs off", "one sign off", "same")
_TWO, _ONE = 1, 2


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    edits = values.edits(left, right)
    levels = np.zeros(len(left), np.uint8)
    raised(levels, edits == 2, _TWO)  # noqa: PLR2004
    raised(levels, edits <= 1, _ONE)
    return levels


CODE = Comparison("code", LEVELS, _unequal, is_shared=False)
