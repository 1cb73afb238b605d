"""What a steward's decisions teach: how far the bits of the matching can be believed.

The model's own claim is that b bits are odds of 2^b. Decisions correct it by a line, odds of 2^(shift + slope · b)
(Platt 1999, "Probabilistic outputs for support vector machines"), found as the most probable one given the decisions
and given a prior that the model is right: shift is normal around 0 with a standard deviation of 2 bits, the logarithm
of the slope around 0 with one of 0.5 (a factor of 1.65). So the slope is above 0, more bits are never less probable,
and few decisions move little. Which pairs are decided depends on their bits and on what hangs on them, and given
bits nothing else, so that it may be learnt from those pairs alone (selection on the covariate).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FEWEST = 20
"""With fewer decisions, or decisions of one kind alone, the model's own claim stands."""
_SHIFT, _SLOPE = 2.0, 0.5
_ROUNDS, _ENOUGH = 100, 1e-9
_LOG2 = float(np.log(2))
_MOST = 60.0


class Decided(NamedTuple):
    """One pair that a steward decided."""

    bits: float
    is_same: bool


class Calibration(NamedTuple):
    """How bits are corrected."""

    shift: float = 0.0
    slope: float = 1.0
    is_learnt: bool = False

    def bits(self, bits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Bits that can be believed."""
        if not self.is_learnt:
            return bits
        return (self.shift + self.slope * bits).astype(np.float32)

    def probability(self, bits: float) -> float:
        """How probable it is, 0 to 1, that two with so many bits (of the model) are one person."""
        return float(1 / (1 + np.exp2(-np.clip(self.shift + self.slope * bits, -_MOST, _MOST))))


def calibrated(decisions: Sequence[Decided]) -> Calibration:
    """What these decisions make of the model's claim; the claim itself where they are too few or all alike."""
    if len(decisions) < FEWEST or len({one.is_same for one in decisions}) == 1:
        return Calibration()
    bits = np.array([min(max(one.bits, -_MOST), _MOST) for one in decisions])
    same = np.array([one.is_same for one in decisions], float)
    at = np.zeros(2)
    cost = _cost(at, bits, same)
    for _ in range(_ROUNDS):
        gradient, curvature = _slopes(at, bits, same)
        step = np.linalg.solve(curvature, gradient)
        length = 1.0
        while (lower := _cost(at - length * step, bits, same)) > cost and length > _ENOUGH:
            length /= 2
        if cost - lower < _ENOUGH:
            break
        at, cost = at - length * step, lower
    return Calibration(float(at[0]), float(np.exp(at[1])), is_learnt=True)


def _cost(at: npt.NDArray[np.float64], bits: npt.NDArray[np.float64], same: npt.NDArray[np.float64]) -> float:
    """The negative logarithm of the posterior: `at` is the shift and the logarithm of the slope."""
    odds = (at[0] + np.exp(at[1]) * bits) * _LOG2
    return float(np.sum(np.logaddexp(0, odds) - same * odds) + (at[0] / _SHIFT) ** 2 / 2 + (at[1] / _SLOPE) ** 2 / 2)


def _slopes(
    at: npt.NDArray[np.float64], bits: npt.NDArray[np.float64], same: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The gradient, and a curvature that is always positive (Fisher's scoring)."""
    scaled = np.exp(at[1]) * bits
    right = 1 / (1 + np.exp2(-np.clip(at[0] + scaled, -_MOST, _MOST)))
    by = np.stack([np.ones_like(bits), scaled]) * _LOG2
    gradient = by @ (right - same) + at / np.array([_SHIFT, _SLOPE]) ** 2
    curvature = (by * (right * (1 - right))) @ by.T + np.diag([1 / _SHIFT**2, 1 / _SLOPE**2])
    return gradient, curvature
