"""Who is one customer: the canonical greedy over one raw component.

Where everything fits (no limit passed, nothing cut), the whole component is one customer, whatever the order. Where it
does not, edges are taken in one fixed order - a steward's joins, then what was observed, then the links of the
matching; within each what trusted sources told first, then by the kinds they tie (strongest first), then what was seen
on several days before what was seen on one, then the earlier seen - and each joins its two sides only if the joined
customer still keeps every limit and every cut.
The order comes from what the edges are, never from when they arrived, so any order of arrival gives the same
customers. A joined set that breaks a limit keeps breaking it as it grows: a refused edge stays refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from itda.identity.graph import MUST, PROBABLE, Decision, Edge, Node, Pair
from itda.identity.policy import IdentityPolicy, Limit


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What became of an edge. `reason` says what held it back: cut, unique:<kind>, limit:<kind>, size or source."""

    is_active: bool
    reason: str = ""


ACTIVE = Verdict(True)


class Clusters(msgspec.Struct, frozen=True):
    """One raw component resolved: the customer of every identifier, and what became of every edge."""

    customers: dict[bytes, bytes]
    verdicts: dict[Pair, Verdict]


def is_within(limit: Limit, times: Sequence[int]) -> bool:
    """Whether no window of the limit holds more beginnings than it allows; `times` ascend."""
    if limit.window is None or len(times) <= limit.most:
        return len(times) <= limit.most
    return all(times[i + limit.most] - times[i] >= limit.window for i in range(len(times) - limit.most))


def anchor(policy: IdentityPolicy, nodes: Iterable[Node]) -> bytes:
    """The identifier whose fragment id is the customer's id: the oldest, then the strongest kind."""
    kinds = policy.by_name
    last = len(policy.kinds)
    return min((node.first_at, kinds[node.kind].rank if node.kind in kinds else last, node.fragment) for node in nodes)[
        2
    ]


Place = tuple[int, int, int, int, bool, int, bytes, bytes]
"""Where a link stands in the order: tier, trust, the weaker kind's rank, the stronger's, whether seen on one day only,
first seen, its two ends."""


def place(policy: IdentityPolicy, kinds: tuple[str, str], edge: Edge) -> Place:
    """Where a link between identifiers of these kinds stands; a kind that the rules do not name is the weakest."""
    last, by_name = len(policy.kinds), policy.by_name
    one, other = (by_name[kind].rank if kind in by_name else last for kind in kinds)
    weaker, stronger = (one, other) if one > other else (other, one)
    return edge.tier, edge.trust, weaker, stronger, not edge.is_repeated, edge.first_at, edge.a, edge.b


class _Cluster:
    """A customer in the making: its identifiers, and per limited kind when each began, ascending."""

    __slots__ = ("begun", "nodes")

    def __init__(self, nodes: list[Node], begun: dict[str, list[int]]) -> None:
        self.nodes = nodes
        self.begun = begun


class _Greedy:
    def __init__(self, policy: IdentityPolicy, nodes: Sequence[Node], cuts: Sequence[Pair]) -> None:
        self.policy = policy
        self.cuts = cuts
        self.bounds = {kind.name: kind.bounds for kind in policy.kinds if kind.bounds}
        self.clusters = {
            node.fragment: _Cluster([node], {node.kind: [node.first_at]} if node.kind in self.bounds else {})
            for node in nodes
        }

    def refusal(self, one: _Cluster, other: _Cluster) -> str:
        """Why the two may not be one customer; empty when they may."""
        for a, b in self.cuts:
            ends = (self.clusters[a], self.clusters[b])
            if ends in ((one, other), (other, one)):
                return "cut"
        for kind in self.policy.kinds:
            ours, theirs = one.begun.get(kind.name), other.begun.get(kind.name)
            if ours and theirs:
                both = sorted(ours + theirs)
                for limit in self.bounds[kind.name]:
                    if not is_within(limit, both):
                        return f"unique:{kind.name}" if kind.is_unique and limit.most == 1 else f"limit:{kind.name}"
        return "size" if len(one.nodes) + len(other.nodes) > self.policy.largest_customer else ""

    def join(self, one: _Cluster, other: _Cluster) -> None:
        if len(one.nodes) < len(other.nodes):
            one, other = other, one
        one.nodes.extend(other.nodes)
        for kind, times in other.begun.items():
            one.begun[kind] = sorted(one.begun.get(kind, []) + times)
        for node in other.nodes:
            self.clusters[node.fragment] = one


def _fits(policy: IdentityPolicy, nodes: Sequence[Node]) -> bool:
    """Whether all of these together keep every limit."""
    if len(nodes) > policy.largest_customer:
        return False
    begun: dict[str, list[int]] = {}
    for node in nodes:
        begun.setdefault(node.kind, []).append(node.first_at)
    for name, times in begun.items():
        kind = policy.by_name.get(name)
        if kind is None or len(times) == 1:
            continue
        times.sort()
        if not all(is_within(limit, times) for limit in kind.bounds):
            return False
    return True


def resolve(
    policy: IdentityPolicy, nodes: Sequence[Node], edges: Mapping[Pair, Edge], decisions: Mapping[Pair, Decision]
) -> Clusters:
    """Resolve one raw component: `nodes` hang together by `edges` (observed), and what `decisions` join."""
    inside = {node.fragment: node for node in nodes}
    cuts, links = [], dict(edges)
    for key, decision in decisions.items():
        a, b = key
        if a == b or a not in inside or b not in inside:
            continue
        if decision.action == "cannot":
            cuts.append(key)
        elif decision.action == "likely":
            links.setdefault(key, Edge(a, b, PROBABLE, decision.at))
        else:
            seen = edges.get(key)
            links[key] = Edge(a, b, MUST, decision.at if seen is None else seen.first_at)
    if not cuts and _fits(policy, nodes):
        customer = anchor(policy, nodes)
        return Clusters(dict.fromkeys(inside, customer), dict.fromkeys(links, ACTIVE))
    return _greedily(policy, inside, links, cuts)


def _greedily(
    policy: IdentityPolicy, nodes: Mapping[bytes, Node], links: Mapping[Pair, Edge], cuts: Sequence[Pair]
) -> Clusters:
    def order(edge: Edge) -> Place:
        return place(policy, (nodes[edge.a].kind, nodes[edge.b].kind), edge)

    greedy = _Greedy(policy, list(nodes.values()), cuts)
    verdicts = {}
    for edge in sorted(links.values(), key=order):
        one, other = greedy.clusters[edge.a], greedy.clusters[edge.b]
        reason = "" if one is other else greedy.refusal(one, other)
        verdicts[edge.a, edge.b] = Verdict(False, reason) if reason else ACTIVE
        if not reason and one is not other:
            greedy.join(one, other)
    customers = {}
    for cluster in {id(cluster): cluster for cluster in greedy.clusters.values()}.values():
        customers.update(dict.fromkeys((node.fragment for node in cluster.nodes), anchor(policy, cluster.nodes)))
    return Clusters(customers, verdicts)
