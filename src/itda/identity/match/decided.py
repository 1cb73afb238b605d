"""Pairs that somebody decided: one person, or two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from itda.identity.match.clusters import PINNED
from itda.identity.match.columns import Rows
from itda.identity.match.levels import Floats

Pair = tuple[int, int]


def cycle(must: Sequence[Pair], cannot: Sequence[Pair]) -> list[int] | None:
    """Records on a way of must links between two that must not be joined; None where decisions do not contradict."""
    near: dict[int, list[int]] = {}
    for one, other in must:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    for one, other in cannot:
        came = {one: one}
        waiting = [one]
        while waiting and other not in came:
            at = waiting.pop(0)
            for to in near.get(at, ()):
                if to not in came:
                    came[to] = at
                    waiting.append(to)
        if other in came:
            path = [other]
            while path[-1] != one:
                path.append(came[path[-1]])
            return path[::-1]
    return None


def pinned(
    left: Rows, right: Rows, bits: Floats, records: int, must: Sequence[Pair], cannot: Sequence[Pair]
) -> tuple[Rows, Rows, Floats]:
    """Candidate pairs with what was decided in place of what was learnt."""
    decided = {(min(pair), max(pair)): PINNED for pair in must} | {(min(pair), max(pair)): -PINNED for pair in cannot}
    if not decided:
        return left, right, bits
    said = np.array([one * records + other for one, other in decided], np.int64)
    rest = ~np.isin(left.astype(np.int64) * records + right, said)
    return (
        np.r_[left[rest], (said // records).astype(np.int32)],
        np.r_[right[rest], (said % records).astype(np.int32)],
        np.r_[bits[rest], np.array(list(decided.values()), np.float32)],
    )
