"""Which pairs are looked at: those that share a key, or two, chosen by how many true pairs they bring for their cost.

A pair of keys is valued by the probable persons found so far that it brings together, those that few others bring most:
what a rule finds of pairs that other rules found is the measure of what it finds of pairs that none did
(capture and recapture, Sekar and Deming, JASA 44, 1949).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from itda.identity.match.columns import Rows
from itda.identity.match.keys import Key, both
from itda.identity.match.levels import Hashes

LARGEST = 60
"""Records that share a key and are compared each with each; more must share a second key."""
_SAMPLE, _JUDGED_ON = 60_000, 20_000
_POSITIVE = np.int64(2**63 - 1)
PairKeys: TypeAlias = npt.NDArray[np.int64]
"""A pair as one number: first record times the number of records, plus the second."""


class Rule(NamedTuple):
    """One key, or two, that a pair must share; and how many pairs that makes."""

    keys: tuple[int, ...]
    cost: float


def sizes(codes: Hashes) -> tuple[Hashes, Hashes, Hashes]:
    """Records in the order of their key, where each group begins, and how many it has.

    Key and record are sorted as one number, the record in the low bits: much quicker than sorting places by key.
    """
    known = np.flatnonzero(codes >= 0)
    bits = max(len(codes).bit_length(), 1)
    packed = np.sort((codes[known] << bits) & _POSITIVE | known)
    order, ordered = packed & ((1 << bits) - 1), packed >> bits
    begins = np.flatnonzero(np.r_[len(ordered) > 0, ordered[1:] != ordered[:-1]])
    return order, begins, np.diff(np.r_[begins, len(ordered)])


def cost(codes: Hashes, largest: int) -> float:
    """How many pairs share the key, in groups that are not too large."""
    known = np.sort(codes[codes >= 0])
    counts = np.diff(np.r_[np.flatnonzero(np.r_[len(known) > 0, known[1:] != known[:-1]]), len(known)])
    counts = counts[counts <= largest]
    return float((counts * (counts - 1) // 2).sum())


def pairs(codes: Hashes, records: int, largest: int) -> PairKeys:
    """Every pair that shares the key, in groups that are not too large."""
    order, begins, counts = sizes(codes)
    keep = (counts > 1) & (counts <= largest)
    begins, counts = begins[keep], counts[keep]
    found = [np.zeros(0, np.int64)]
    for size in np.unique(counts).tolist():
        rows = order[begins[counts == size][:, None] + np.arange(size)]
        one, two = np.triu_indices(size, 1)
        left, right = rows[:, one].ravel(), rows[:, two].ravel()
        found.append(np.minimum(left, right) * records + np.maximum(left, right))
    return np.concatenate(found)


def once(found: Sequence[PairKeys]) -> PairKeys:
    """All pairs, each once, in order."""
    joined = np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return joined[np.diff(joined, prepend=-1) > 0]


def rules(keys: Sequence[Key], records: int, largest: int = LARGEST) -> list[Rule]:
    """Every key alone and every two of different columns, with the cost measured on a sample of records."""
    step = max(1, records // _SAMPLE)
    codes = [key.codes[::step] for key in keys]
    found = [Rule((at,), cost(codes[at], largest) * step**2) for at, key in enumerate(keys) if key.leads]
    for at, key in enumerate(keys):
        others = [other for other in range(at) if keys[other].column != key.column]
        found += [Rule((other, at), cost(both(codes[other], codes[at]), largest) * step**2) for other in others]
    return sorted(found, key=lambda rule: (rule.cost, rule.keys))


def of(keys: Sequence[Key], rule: Rule, records: int, largest: int = LARGEST) -> PairKeys:
    """The pairs of one rule."""
    codes = keys[rule.keys[0]].codes
    return pairs(codes if len(rule.keys) == 1 else both(codes, keys[rule.keys[1]].codes), records, largest)


def seeds(found: Sequence[Rule], budget: float, most: int) -> list[Rule]:
    """The cheapest rules to begin with: single keys before pairs of keys."""
    chosen: list[Rule] = []
    spent = 0.0
    for rule in sorted(found, key=lambda rule: (len(rule.keys), rule.cost)):
        if rule.cost and spent + rule.cost <= budget and len(chosen) < most:
            chosen.append(rule)
            spent += rule.cost
    return chosen


class Choice(NamedTuple):
    """The rules taken, and the share of true pairs that they are expected to bring."""

    rules: list[Rule]
    recall: float


def chosen(
    found: Sequence[Rule], keys: Sequence[Key], left: Rows, right: Rows, share: npt.NDArray[np.float64],
    budget: float, most: int = 24,
) -> Choice:  # fmt: skip
    """Take rule after rule by what it brings for its cost. `left` and `right` are probable pairs."""
    beside, step = len(left) * 0.05, max(1, len(left) // _JUDGED_ON)
    left, right, share = left[::step], right[::step], share[::step]
    agrees = np.stack([(key.codes[left] == key.codes[right]) & (key.codes[left] >= 0) for key in keys])
    worth = share.copy()
    taken: list[Rule] = []
    spent = 0.0
    left_over = [rule for rule in found if rule.cost]
    hits = {rule.keys: np.flatnonzero(agrees[list(rule.keys)].all(0)) for rule in left_over}
    while left_over and len(taken) < most:
        values = [float(worth[hits[rule.keys]].sum()) / (rule.cost + beside) for rule in left_over]
        best = int(np.argmax(values))
        rule = left_over.pop(best)
        if values[best] <= 0 or spent + rule.cost > budget:
            continue
        taken.append(rule)
        spent += rule.cost
        worth[hits[rule.keys]] *= 0.4
    return Choice(taken, _recall(taken, hits, share))


def _recall(
    taken: Sequence[Rule], hits: dict[tuple[int, ...], npt.NDArray[np.intp]], share: npt.NDArray[np.float64]
) -> float:
    """Chao's estimate (1987) from pairs that one rule brings and pairs that two bring: those that none brings."""
    times = np.zeros(len(share), np.int64)
    for rule in taken:
        times[hits[rule.keys]] += 1
    once_, twice, all_ = (float(share[where].sum()) for where in (times == 1, times == 2, times > 0))  # noqa: PLR2004
    missed = once_**2 / (2 * twice) if twice else once_
    return all_ / (all_ + missed) if all_ else 0.0
