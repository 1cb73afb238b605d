"""One raw component as stored: its identifiers, and every link and decision that touches them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from itda.engine.sightings import Seen
from itda.identity.graph import OBSERVED, Edge, Pair, raw_components
from itda.identity.policy import IdentityPolicy
from itda.identity.resolve import Place, place
from itda.store.ports import EdgeRow, NodeRow, SteeredRow


class Held(msgspec.Struct, frozen=True, gc=False):
    """One raw component as stored: its identifiers, every edge and decision that touches them."""

    nodes: tuple[NodeRow, ...]
    edges: tuple[EdgeRow, ...]
    steered: tuple[SteeredRow, ...]
    is_whole: bool = False
    """Known to be one customer with nothing held back and nothing decided."""
    last: Place | None = None
    """Where the last of its links stands in their order; None where nobody looked yet."""


def is_cut(row: NodeRow) -> bool:
    """Whether nothing is joined through the identifier."""
    return row.is_blocked or row.hub == "confirmed"


def link_of(ends: Pair, seen: Seen, reason: str) -> EdgeRow:
    """The row of an observed link, held back where there is a reason."""
    state = "suppressed" if reason else "active"
    return EdgeRow(*ends, OBSERVED, seen.first_at, state, reason, seen.only_day, seen.sources)


def place_of(policy: IdentityPolicy, kinds: tuple[str, str], row: EdgeRow) -> Place:
    """Where a stored link between identifiers of these kinds stands in the order."""
    seen = Seen(row.first_at, row.only_day, row.sources)
    return place(policy, kinds, edge_of(policy, (row.a, row.b), seen) if row.tier == OBSERVED else _told(row))


def edge_of(policy: IdentityPolicy, ends: Pair, seen: Seen) -> Edge:
    """An observed link as the rules look at it."""
    return Edge(*ends, OBSERVED, seen.first_at, seen.only_day is None, policy.trust(seen.sources))


def _told(row: EdgeRow) -> Edge:
    return Edge(row.a, row.b, row.tier, row.first_at)


def by_component(
    nodes: Iterable[NodeRow], edges: Iterable[EdgeRow], steered: Iterable[SteeredRow]
) -> dict[bytes, Held]:
    """Rows as their raw components; a hub or a blocked identifier is one of its own."""
    parts: dict[bytes, tuple[list[NodeRow], list[EdgeRow], list[SteeredRow]]] = {}
    home = {}
    for row in nodes:
        home[row.fragment] = parts.setdefault(row.component, ([], [], []))
        home[row.fragment][0].append(row)
    for edge in edges:
        one, other = home.get(edge.a), home.get(edge.b)
        if one is not None:
            one[1].append(edge)
        if other is not None and other is not one:
            other[1].append(edge)
    for decision in steered:
        one, other = home.get(decision.a), home.get(decision.b)
        if one is not None:
            one[2].append(decision)
        if other is not None and other is not one:
            other[2].append(decision)
    return {
        component: Held(tuple(inner), tuple(touching), tuple(about), _is_whole(inner, touching, about))
        for component, (inner, touching, about) in parts.items()
    }


def _is_whole(nodes: list[NodeRow], edges: list[EdgeRow], steered: list[SteeredRow]) -> bool:
    customer = nodes[0].customer
    return (
        not steered and all(row.customer == customer for row in nodes) and all(edge.state == "active" for edge in edges)
    )


def partitions(
    before: Mapping[bytes, NodeRow], now: Mapping[bytes, NodeRow]
) -> list[tuple[list[list[bytes]], list[list[bytes]]]]:
    """Before and after of each group of customers between which stored identifiers moved.

    New identifiers are shown where they came to, but alone they make no group: nobody changed customers. Within a
    customer the identifier that gives the id stands first.
    """
    moved = {(row.customer, now[one].customer) for one, row in before.items() if row.customer != now[one].customer}
    if not moved:
        return []
    touched = {customer for move in moved for customer in move}
    groups = []
    for group in raw_components(touched, moved):
        members = set(group)
        then = [row for row in before.values() if row.customer in members]
        after = [row for row in now.values() if row.customer in members]
        groups.append((_listed(then), _listed(after)))
    return groups


def _listed(rows: Iterable[NodeRow]) -> list[list[bytes]]:
    clusters: dict[bytes, list[bytes]] = {}
    for row in rows:
        clusters.setdefault(row.customer, []).append(row.fragment)
    return [
        [customer, *sorted(one for one in members if one != customer)] for customer, members in sorted(clusters.items())
    ]
