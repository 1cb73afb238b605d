"""Any other text that is compared letter by letter. Whether households share it is learnt."""

from __future__ import annotations

import numpy as np

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "alike", "one letter off", "same")
_ALIKE, _NEAR = 1, 2
_LIKENESS = 0.9
_SHORTEST = 3


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    levels = np.zeros(len(left), np.uint8)
    shorter = np.minimum(values.lengths[left], values.lengths[right])
    raised(levels, values.likeness(left, right) >= _LIKENESS, _ALIKE)
    raised(levels, (values.edits(left, right) <= 1) & (shorter >= _SHORTEST), _NEAR)
    return levels


TEXT = Comparison("text", LEVELS, _unequal, is_shared=True)
