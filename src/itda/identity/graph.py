"""The graph of identifiers: who was seen with whom, what a steward decided, and which identifiers are hubs.

A hub is an identifier that too many people share (a shop's own phone number, a till's tablet). Whether one is a hub is
a function of the surviving edges, the steward's decisions and the log time alone, so it does not depend on the order
in which things arrived. Crossing the degree makes it `suspected` and joins nothing less; a day of log time later, or
at once where the degree is left far behind, it is `confirmed`: from then on nothing is joined through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from itda.identity.policy import IdentityPolicy, Kind

NEVER = 2**63 - 1
"""The `first_at` of an identifier in no surviving event: it sorts behind all others and keeps its id."""

ALWAYS = -(2**63)

MUST, OBSERVED, PROBABLE = 0, 1, 2

Pair = tuple[bytes, bytes]


def pair(a: bytes, b: bytes) -> Pair:
    """The two ends of an edge in their order."""
    return (a, b) if a < b else (b, a)


class Node(msgspec.Struct, frozen=True, gc=False):
    """One identifier that may be joined: neither blocked nor a confirmed hub."""

    fragment: bytes
    kind: str
    first_at: int


class Edge(msgspec.Struct, frozen=True, gc=False):
    """Two identifiers seen together, a < b, with the least event time of the surviving evidence."""

    a: bytes
    b: bytes
    tier: int
    first_at: int
    is_repeated: bool = False
    """Seen on more than one day."""
    trust: int = 0
    """The place in `policy.TRUST` of the best of the sources that told it."""


class Decision(msgspec.Struct, frozen=True, gc=False):
    """A living decision, a <= b. About one identifier (a = b): `must` no hub, `cannot` a confirmed hub.

    `must` and `cannot` are a steward's. `likely` is a link of the matching: it holds after all that was observed, and
    only while no steward says anything about the two.
    """

    id: bytes
    action: str
    a: bytes
    b: bytes
    at: int


def standing(decisions: Iterable[Decision]) -> dict[Pair, Decision]:
    """The decision that counts for each pair: a steward's before the matching's, then the latest by (at, id)."""
    latest: dict[Pair, Decision] = {}
    for decision in decisions:
        key = (decision.a, decision.b)
        known = latest.get(key)
        if known is None or _weight(known) < _weight(decision):
            latest[key] = decision
    return latest


def _weight(decision: Decision) -> tuple[bool, int, bytes]:
    return decision.action != "likely", decision.at, decision.id


def confirmed_from(
    policy: IdentityPolicy, kind: Kind, neighbours: Mapping[str, list[int]], decision: str | None
) -> int | None:
    """The log time from which an identifier is a confirmed hub; None when it is no hub.

    `neighbours` holds, per kind, the least event time of each edge to a distinct neighbour of that kind. Degrees count
    stronger kinds only: one person has many devices, but a device has few people. The crowd counts everything.
    """
    if decision is not None:
        return ALWAYS if decision == "cannot" else None
    if sum(map(len, neighbours.values())) > policy.crowd_at:
        return ALWAYS
    if not kind.hub_degree:
        return None
    times = []
    for name, seen in neighbours.items():
        other = policy.by_name.get(name)
        if other is None or other.rank >= kind.rank or len(seen) <= kind.hub_degree:
            continue
        if len(seen) >= kind.hub_degree * policy.certain_at:
            return ALWAYS
        times.append(sorted(seen)[kind.hub_degree] + policy.confirm_after)
    return min(times, default=None)


def hub_status(since: int | None, log_time: int) -> str:
    """Empty, `suspected` or `confirmed`, from `confirmed_from` and the log's clock."""
    if since is None:
        return ""
    return "confirmed" if since <= log_time else "suspected"


def oldest(nodes: Iterable[Node]) -> bytes:
    """What names a raw component: its oldest identifier, whom later ones do not displace."""
    return min((node.first_at, node.fragment) for node in nodes)[1]


def raw_components(fragments: Iterable[bytes], links: Iterable[Pair]) -> list[list[bytes]]:
    """The connected parts of a graph, each sorted; links with an end outside `fragments` join nothing."""
    root = {fragment: fragment for fragment in fragments}

    def find(fragment: bytes) -> bytes:
        while root[fragment] != fragment:
            root[fragment] = root[root[fragment]]
            fragment = root[fragment]
        return fragment

    for a, b in links:
        if a in root and b in root:
            one, other = find(a), find(b)
            if one != other:
                root[max(one, other)] = min(one, other)
    parts: dict[bytes, list[bytes]] = {}
    for fragment in sorted(root):
        parts.setdefault(find(fragment), []).append(fragment)
    return list(parts.values())
