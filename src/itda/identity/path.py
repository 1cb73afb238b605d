"""How two identifiers hang together: the chain of links that needs the fewest broken ones, then the fewest at all."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from itda.identity.graph import Pair


def chain(a: bytes, b: bytes, links: Mapping[Pair, bool]) -> list[Pair] | None:
    """The links from `a` to `b` in their order; `links` says of each whether it holds. None where no chain is."""
    around: dict[bytes, list[tuple[bytes, int]]] = {}
    for (one, other), holds in links.items():
        broken = 0 if holds else 1
        around.setdefault(one, []).append((other, broken))
        around.setdefault(other, []).append((one, broken))
    came_from: dict[bytes, bytes] = {}
    waiting = [(0, 0, a, a)]
    while waiting:
        broken, length, here, before = heapq.heappop(waiting)
        if here in came_from:
            continue
        came_from[here] = before
        if here == b:
            break
        for there, more in around.get(here, ()):
            if there not in came_from:
                heapq.heappush(waiting, (broken + more, length + 1, there, here))
    if b not in came_from:
        return None
    found = []
    here = b
    while here != a:
        before = came_from[here]
        found.append((min(before, here), max(before, here)))
        here = before
    return found[::-1]
