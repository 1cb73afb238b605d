"""How sure a share is, and the difference of two: intervals that hold for small numbers and at the ends too.

Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). Newcombe, "Interval
estimation for the difference between independent proportions: comparison of eleven methods", Statistics in Medicine
17 (1998): method 10, built from Wilson's score intervals without continuity correction.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

Z_95 = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


class Difference(NamedTuple):
    """The difference of two shares, -1..1, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(n: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of the share n / of, 0..1. Of nothing, nothing is known: (0, 1)."""
    if of == 0:
        return 0.0, 1.0
    share = n / of
    middle = share + z * z / (2 * of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    low, high = (middle - half) / scale, (middle + half) / scale
    return (0.0 if n == 0 else low), (1.0 if n == of else high)


def newcombe(n1: int, of1: int, n2: int, of2: int, z: float = Z_95) -> Difference | None:
    """The difference n1 / of1 - n2 / of2 of two independent shares; None where one of them is of nothing."""
    if of1 == 0 or of2 == 0:
        return None
    p1, p2 = n1 / of1, n2 / of2
    (low1, high1), (low2, high2) = wilson(n1, of1, z), wilson(n2, of2, z)
    below = sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
    above = sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return Difference(p1 - p2, p1 - p2 - below, p1 - p2 + above)
