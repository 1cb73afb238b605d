"""A few words that many share: sex, title, occupation."""

from __future__ import annotations

import numpy as np

from itda.identity.match.levels import Codes, Comparison, Levels, Values


def _unequal(_values: Values, left: Codes, _right: Codes) -> Levels:
    return np.zeros(len(left), np.uint8)


CATEGORY = Comparison("category", ("different", "same"), _unequal, is_shared=False)
