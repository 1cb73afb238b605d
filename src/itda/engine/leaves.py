"""The most common change: a new identifier, seen with one that is known and of a stronger kind.

Such a leaf makes no hub and, unless it is the oldest, changes nothing for the others in two cases. Where the component
is one customer and stays within every limit with it. And, whatever is held back there, where its link stands last in
the order of links: then every other link is decided before it as without it. Otherwise None says that the component
must be settled anew.
"""

from __future__ import annotations

from itda.engine.held import Held, is_cut, link_of, place_of
from itda.engine.sightings import Seen
from itda.identity.graph import Node, pair
from itda.identity.policy import IdentityPolicy
from itda.identity.resolve import Place, is_within
from itda.store.ports import EdgeRow, NodeRow


def attach(
    policy: IdentityPolicy, held: Held, stem: NodeRow, leaf: Node, seen: Seen | None
) -> tuple[NodeRow, EdgeRow, Held] | None:
    """The leaf's row, its edge and the component with both; None when the general way must be gone."""
    kind, on = policy.by_name.get(leaf.kind), policy.by_name.get(stem.kind)
    if kind is None or on is None or kind.rank <= on.rank or seen is None or is_cut(stem):
        return None
    if not policy.joins(leaf.kind, stem.kind, policy.trust(seen.sources)):
        return None
    if len(held.edges) >= policy.crowd_at and _degree(held, stem) >= policy.crowd_at:
        return None
    leads = {stem.component, stem.customer}
    if any(row.first_at >= leaf.first_at and row.fragment in leads for row in held.nodes):
        return None
    reason = _refusal(policy, held, stem, leaf)
    ends = pair(leaf.fragment, stem.fragment)
    row = link_of(ends, seen, reason)
    own = place_of(policy, (leaf.kind, stem.kind), row)
    last = held.last
    if reason or not held.is_whole:
        last = _last(policy, held) if last is None else last
        if own < last:
            return None
    if last is not None:
        last = max(last, own)
    node = NodeRow(leaf.fragment, leaf.kind, leaf.first_at, stem.component, leaf.fragment if reason else stem.customer)
    grown = Held((*held.nodes, node), (*held.edges, row), held.steered, held.is_whole and not reason, last)
    return node, row, grown


def _degree(held: Held, stem: NodeRow) -> int:
    own = stem.fragment
    return sum(edge.state != "retracted" and own in (edge.a, edge.b) for edge in held.edges)


def _refusal(policy: IdentityPolicy, held: Held, stem: NodeRow, leaf: Node) -> str:
    """Which limit the leaf would break in its stem's customer; empty when none."""
    kind = policy.by_name[leaf.kind]
    mates = [row for row in held.nodes if row.customer == stem.customer]
    times = sorted([leaf.first_at, *(row.first_at for row in mates if row.kind == leaf.kind)])
    for limit in kind.bounds if len(times) > 1 else ():
        if not is_within(limit, times):
            return f"unique:{kind.name}" if kind.is_unique and limit.most == 1 else f"limit:{kind.name}"
    return "size" if len(mates) >= policy.largest_customer else ""


def _last(policy: IdentityPolicy, held: Held) -> Place:
    """Where the last link of a component stands. Links to hubs outside decide nothing."""
    kinds = {row.fragment: row.kind for row in held.nodes}
    first: Place = (-1, 0, 0, 0, False, 0, b"", b"")
    return max(
        (
            place_of(policy, (kinds[edge.a], kinds[edge.b]), edge)
            for edge in held.edges
            if edge.state != "retracted" and edge.a in kinds and edge.b in kinds
        ),
        default=first,
    )
