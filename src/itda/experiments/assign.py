"""Who is treated and who is held out: by hash, so that nobody needs to be remembered and nobody changes sides."""

from __future__ import annotations

from typing import Literal

from itda.base import ids

Arm = Literal["treated", "holdout"]
_ALL = 1 << 64


def arm(seed: bytes, experiment: str, unit: bytes, share: float) -> Arm:
    """The arm of a unit. `share` (0..1) of all units are held out; a greater share holds out the same and more."""
    drawn = int.from_bytes(ids.keyed(seed, "arm", experiment, unit)[:8], "big")
    return "holdout" if drawn < share * _ALL else "treated"
