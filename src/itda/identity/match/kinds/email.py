"""E-mail addresses, one form a mailbox."""

from __future__ import annotations

import numpy as np

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "alike", "same before the @, or three letters off", "one or two letters off", "same")
_ALIKE, _LOCAL, _NEAR = 1, 2, 3
_LIKENESS = 0.88
_SHORTEST = 3


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    edits = values.edits(left, right)
    levels = np.zeros(len(left), np.uint8)
    raised(levels, values.likeness(left, right) >= _LIKENESS, _ALIKE)
    local = [values.each(lambda text: text.partition("@")[0], side) for side in (left, right)]
    same = (local[0] == local[1]) & (values.each(lambda text: text.find("@"), left, np.int32) >= _SHORTEST)
    raised(levels, same | (edits == 3), _LOCAL)  # noqa: PLR2004
    raised(levels, edits <= 2, _NEAR)  # noqa: PLR2004
    return levels


EMAIL = Comparison("email", LEVELS, _unequal, is_shared=False)
