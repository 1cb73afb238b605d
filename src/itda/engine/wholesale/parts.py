"""Graphs as columns: which nodes hang together, and the least of each part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]


def connected(size: int, a: Ids, b: Ids) -> Ids:
    """The least node of the connected part of each of `size` nodes, by edges from `a` to `b`.

    Every root hooks itself onto the least neighbouring root, then paths are halved until all point at roots: rounds
    are logarithmic in the longest path (Shiloach and Vishkin 1982), and few where parts are small.
    """
    parent = np.arange(size, dtype=np.int64)
    while len(a):
        one, other = parent[a], parent[b]
        open_ones = one != other
        a, b, one, other = a[open_ones], b[open_ones], one[open_ones], other[open_ones]
        np.minimum.at(parent, np.maximum(one, other), np.minimum(one, other))
        while True:
            further = parent[parent]
            if np.array_equal(further, parent):
                break
            parent = further
    return parent


def leaders(part: Ids, *keys: Ids) -> Ids:
    """For each node, which one of its part comes first by `keys`, the weightiest key first; equal ones by their number.

    `part` names the part of each node by one of its nodes.
    """
    numbers = np.arange(len(part), dtype=np.int64)
    in_order = np.lexsort((numbers, *reversed(keys), part))
    sorted_parts = part[in_order]
    is_first = np.ones(len(part), dtype=bool)
    is_first[1:] = sorted_parts[1:] != sorted_parts[:-1]
    leader = np.empty(len(part), dtype=np.int64)
    leader[sorted_parts[is_first]] = in_order[is_first]
    return leader[part]
