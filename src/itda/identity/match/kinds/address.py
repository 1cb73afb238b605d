"""Streets with their number, or whole addresses in one line, in short forms throughout."""

from __future__ import annotations

import re

import numpy as np
from rapidfuzz import fuzz, process

from itda.identity.match.levels import Codes, Comparison, Levels, Values, raised

LEVELS = ("different", "same number or alike", "same street", "same building, spelt otherwise", "same")
_ALIKE, _STREET, _BUILDING = 1, 2, 3
_SOME, _MUCH, _ALL = 75, 86, 95
_NUMBER = re.compile(r"\d[\d\-]*")


def _number(text: str) -> str:
    found = _NUMBER.search(text)
    return found[0] if found else ""


def _unequal(values: Values, left: Codes, right: Codes) -> Levels:
    texts = (values.texts[left].tolist(), values.texts[right].tolist())
    alike = process.cpdist(*texts, scorer=fuzz.token_sort_ratio, dtype=np.float32)
    numbers = [values.each(_number, side) for side in (left, right)]
    same = (numbers[0] == numbers[1]) & (numbers[0] != "")
    levels = np.zeros(len(left), np.uint8)
    raised(levels, (alike >= _SOME) | same, _ALIKE)
    raised(levels, alike >= _MUCH, _STREET)
    raised(levels, (alike >= _ALL) | ((alike >= _MUCH) & same), _BUILDING)
    return levels


ADDRESS = Comparison("address", LEVELS, _unequal, is_shared=True)
