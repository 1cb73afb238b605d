"""From pairs to persons: records linked, directly or through others, taken apart where evidence speaks against.

Average linkage (Sokal and Michener 1958) over bits of evidence, bounded both ways, within each connected component;
pairs that were never candidates are scored too. The result does not depend on the order of records or pairs: ties go
to the records that come first.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from itda.identity.match.columns import Rows
from itda.identity.match.levels import Floats
from itda.identity.match.precision import Joins

Labels: TypeAlias = npt.NDArray[np.int32]
Score: TypeAlias = Callable[[Rows, Rows], Floats]
"""Bits of evidence of pairs of records."""
LEAST, MOST = -4.0, 8.0
"""Bits beyond which no pair speaks louder than others of its cluster."""
PINNED = 1e6
"""Bits of a pair that somebody decided: they outweigh any others."""
LARGEST = 200
"""A component of more records is first cut at its weaker links."""
_STEP = 2.0


def components(records: int, left: Rows, right: Rows) -> Labels:
    """The first record of each record's connected component (minimum labels, with shortcuts)."""
    labels = np.arange(records, dtype=np.int32)
    while True:
        low = np.minimum(labels[left], labels[right])
        new = labels.copy()
        np.minimum.at(new, labels[left], low)
        np.minimum.at(new, labels[right], low)
        while True:
            further = new[new]
            if np.array_equal(further, new):
                break
            new = further
        if np.array_equal(new, labels):
            return labels
        labels = new


class Drawn(NamedTuple):
    """The first record of each record's cluster, and how it came about."""

    labels: Labels
    joins: Joins


def clusters(records: int, left: Rows, right: Rows, bits: Floats, score: Score, threshold: float = 0.0) -> Drawn:
    """Draw clusters. `left`, `right` and `bits` are candidate pairs, `left` before `right`."""
    labels = _cut(records, left, right, bits, threshold)
    inside = labels[left] == labels[right]
    left, right, bits = left[inside], right[inside], bits[inside]
    sizes = np.bincount(labels, minlength=records)
    agreed = np.bincount(labels[left[bits > threshold]], minlength=records)
    is_open = (sizes > 2) & (agreed < sizes * (sizes - 1) // 2)  # noqa: PLR2004 - two need no thought
    members = np.flatnonzero(is_open[labels]).astype(np.int32)
    members = members[np.argsort(labels[members], kind="stable")]
    sure = ~is_open[labels[left]] & (bits > threshold)
    joins = [(bits[sure], np.ones(int(sure.sum()), np.float32))]
    if not len(members):
        return Drawn(labels, Joins(*joins[0]))
    bounds = np.flatnonzero(np.r_[True, np.diff(labels[members]) != 0, True])
    asked = is_open[labels[left]]
    known = left[asked].astype(np.int64) * records + right[asked]
    order = np.argsort(known)
    table = _all_pairs(records, members, bounds, known[order], bits[asked][order], score)
    at = 0
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        count = (end - start) * (end - start - 1) // 2
        group = members[start:end]
        parts, found, pairs = _apart(table[at : at + count], end - start, threshold)
        for together in parts:
            labels[group[together]] = group[together[0]]
        joins.append((np.array(found, np.float32), np.array(pairs, np.float32)))
        at += count
    return Drawn(labels, Joins(np.concatenate([one for one, _ in joins]), np.concatenate([two for _, two in joins])))


def _cut(records: int, left: Rows, right: Rows, bits: Floats, threshold: float) -> Labels:
    """Connected components, those too large cut at ever stronger links."""
    strong = bits > threshold
    left, right, bits = left[strong], right[strong], bits[strong]
    labels = components(records, left, right)
    level = threshold
    while True:
        sizes = np.bincount(labels, minlength=records)
        large = sizes[labels] > LARGEST
        if not large.any() or level > MOST * 4:
            return labels
        level += _STEP
        again = large[left] & (bits > level)
        labels[large] = components(records, left[again], right[again])[large]


def _all_pairs(
    records: int, members: Rows, bounds: npt.NDArray[np.int64], known: npt.NDArray[np.int64], bits: Floats, score: Score
) -> Floats:
    """Bits of every pair within each group, in the order of `triu_indices`, groups one after the other."""
    sizes = np.diff(bounds)
    parts_left, parts_right, places = [], [], []
    starts = np.r_[0, np.cumsum(sizes * (sizes - 1) // 2)]
    for size in np.unique(sizes).tolist():
        which = np.flatnonzero(sizes == size)
        one, two = np.triu_indices(size, 1)
        rows = members[bounds[which][:, None] + np.arange(size)]
        parts_left.append(rows[:, one].ravel())
        parts_right.append(rows[:, two].ravel())
        places.append((starts[which][:, None] + np.arange(len(one))).ravel())
    left, right, place = np.concatenate(parts_left), np.concatenate(parts_right), np.concatenate(places)
    key = left.astype(np.int64) * records + right
    at = np.minimum(np.searchsorted(known, key), len(known) - 1)
    is_known = known[at] == key
    found = np.empty(len(key), np.float32)
    found[is_known] = bits[at[is_known]]
    missing = ~is_known
    found[missing] = score(left[missing], right[missing])
    table = np.empty(len(key), np.float32)
    table[place] = found
    return table


def _apart(bits: Floats, size: int, threshold: float) -> tuple[list[list[int]], list[float], list[float]]:
    """Join the two clusters with the highest mean of bits until none is above the threshold.

    Gives the clusters, and of each join its mean and the pairs it put together.
    """
    members = [[at] for at in range(size)]
    total = [[0.0] * size for _ in range(size)]
    for (one, two), bit in zip(combinations(range(size), 2), _bounded(bits).tolist(), strict=True):
        total[one][two] = total[two][one] = bit
    alive = list(range(size))
    best = [_nearest(total, members, alive, at) for at in alive]
    found: list[float] = []
    pairs: list[float] = []
    while len(alive) > 1:
        first = max(alive[:-1], key=lambda at: best[at][0])
        mean, second = best[first]
        if mean <= threshold:
            break
        found.append(mean)
        pairs.append(float(len(members[first]) * len(members[second])))
        members[first] += members[second]
        alive.remove(second)
        for other in alive:
            total[first][other] = total[other][first] = total[first][other] + total[second][other]
        for other in alive:
            if other <= first or best[other][1] in {first, second}:
                best[other] = _nearest(total, members, alive, other)
    return [sorted(members[at]) for at in alive], found, pairs


def _bounded(bits: Floats) -> Floats:
    return np.where(np.abs(bits) >= PINNED, bits, np.clip(bits, LEAST, MOST))


def _nearest(total: list[list[float]], members: list[list[int]], alive: list[int], at: int) -> tuple[float, int]:
    """Of the clusters that come after one, that with the highest mean, the first of equals."""
    row, size = total[at], len(members[at])
    best, found = -np.inf, -1
    for other in alive:
        if other > at and (mean := row[other] / (size * len(members[other]))) > best:
            best, found = mean, other
    return float(best), found
