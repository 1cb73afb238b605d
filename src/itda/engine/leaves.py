"""The most common change: a new identifier, seen with one that is known, whose whole component is one customer.

Such a leaf changes nothing for the others as long as it keeps every limit, is not the oldest and is weaker than what
it hangs on (so it makes no hub). Then the component need not be settled anew; otherwise None says that it must be.
"""

from __future__ import annotations

from itda.engine.region import Held, is_cut
from itda.identity.graph import OBSERVED, Node, pair
from itda.identity.policy import IdentityPolicy
from itda.identity.resolve import is_within
from itda.store.ports import EdgeRow, NodeRow


def attach(
    policy: IdentityPolicy, held: Held, stem: NodeRow, leaf: Node, seen_at: int | None
) -> tuple[NodeRow, EdgeRow, Held] | None:
    """The leaf's row, its edge and the component with both; None when the general way must be gone."""
    kind, on = policy.by_name.get(leaf.kind), policy.by_name.get(stem.kind)
    if kind is None or on is None or kind.rank <= on.rank or seen_at is None or not held.is_whole or is_cut(stem):
        return None
    if len(held.nodes) >= policy.largest_customer or len(held.edges) >= policy.crowd_at:
        return None
    times = [leaf.first_at]
    for row in held.nodes:
        if row.first_at >= leaf.first_at and row.fragment in {stem.component, stem.customer}:
            return None
        if row.kind == leaf.kind:
            times.append(row.first_at)
    times.sort()
    if len(times) > 1 and not all(is_within(limit, times) for limit in kind.bounds):
        return None
    node = NodeRow(leaf.fragment, leaf.kind, leaf.first_at, stem.component, stem.customer)
    edge = EdgeRow(*pair(leaf.fragment, stem.fragment), OBSERVED, seen_at)
    return node, edge, Held((*held.nodes, node), (*held.edges, edge), (), True)
