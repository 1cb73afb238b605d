"""A threshold by the precision it is estimated to have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from itda.identity.match.levels import Floats


class Joins(NamedTuple):
    """Every joining of two clusters: the mean bits of evidence for it, and how many pairs it put together."""

    bits: Floats
    pairs: Floats


def threshold(joins: Joins, target: float) -> tuple[float, float]:
    """The lowest threshold (bits, not below 0) above which joins are right in the target share of pairs; that share.

    A join of m with n records, with a mean of b bits, is right with the probability 1 / (1 + 2^-(b √(mn))): its pairs
    bear each other out, but they are not independent, and count as the root of their number.
    """
    if not len(joins.bits):
        return 0.0, 1.0
    order = np.argsort(-joins.bits, kind="stable")
    bits, pairs = joins.bits[order].astype(np.float64), joins.pairs[order].astype(np.float64)
    likely = 1 / (1 + np.exp2(-np.clip(bits * np.sqrt(pairs), -60, 60)))
    right = np.cumsum(pairs * likely) / np.cumsum(pairs)
    good = np.flatnonzero(right >= target)
    if not len(good):
        return float(bits[0]), float(right[0])
    last = int(good[-1])
    return (0.0, float(right[-1])) if last == len(bits) - 1 else (float(bits[last + 1]), float(right[last]))
