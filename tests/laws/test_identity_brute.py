"""Who is one customer, said another way: of all sets of links that break no rule, the first.

Links stand in their order. A set of them breaks no rule when every group that it makes keeps every limit and every cut.
Of all such sets that one counts which takes an earlier link wherever two differ first. This knows no greedy, no
clusters that grow and no union-find: it tries every set there is, and closes each by multiplying its matrix.
"""

from __future__ import annotations

from itertools import product

import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from tests.laws.identity_world import KIND_OF, LOOSE, POLICY, WORLD, budget

from itda.base.instant import HOUR
from itda.identity.graph import OBSERVED, Decision, Edge, Node, raw_components
from itda.identity.policy import IdentityPolicy
from itda.identity.resolve import resolve

MOST_LINKS = 8
FRAGMENTS = [one for _, one in WORLD]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Node], dict, dict]:
    own = draw(st.lists(st.sampled_from(FRAGMENTS), min_size=2, max_size=7, unique=True))
    nodes = [Node(one, KIND_OF[one], draw(st.integers(0, 60)) * 8 * HOUR) for one in sorted(own)]
    ends = st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)).filter(
        lambda two: two[0].fragment < two[1].fragment
    )
    edges, decisions = {}, {}
    for a, b in draw(st.lists(ends, max_size=MOST_LINKS - 2, unique=True)):
        key = (a.fragment, b.fragment)
        at = max(a.first_at, b.first_at) + draw(st.integers(0, 9)) * HOUR
        edges[key] = Edge(*key, OBSERVED, at, draw(st.booleans()), draw(st.sampled_from([0, 0, 1, 2])))
    for number, (a, b) in enumerate(draw(st.lists(ends, max_size=2, unique=True))):
        key = (a.fragment, b.fragment)
        action = draw(st.sampled_from(["must", "cannot", "likely"]))
        decisions[key] = Decision(bytes([number]) * 16, action, *key, draw(st.integers(0, 99)) * HOUR)
    return nodes, edges, decisions


def in_order(policy: IdentityPolicy, edges: dict, decisions: dict) -> list[tuple[bytes, bytes]]:
    """The links: what a steward joined, what was seen, what was matched.

    Each by the trust in who told it, the weaker and the stronger of their kinds, what was seen again before what was
    not, then by time, then by id.
    """
    names = [kind.name for kind in policy.kinds]
    links = {key: (1, edge.trust, not edge.is_repeated, edge.first_at) for key, edge in edges.items()}
    for key, decision in decisions.items():
        if decision.action == "must":
            links[key] = (0, 0, True, links[key][3] if key in links else decision.at)
        elif decision.action == "likely":
            links.setdefault(key, (2, 0, True, decision.at))

    def place(key: tuple[bytes, bytes]) -> tuple:
        ranks = sorted(names.index(KIND_OF[one]) for one in key)
        return *links[key][:2], ranks[1], ranks[0], *links[key][2:], key

    return sorted(links, key=place)


def groups(nodes: list[Node], links: list[tuple[bytes, bytes]]) -> set[frozenset[bytes]]:
    """The closure: paths of any length, by squaring the matrix of who touches whom."""
    place = {node.fragment: number for number, node in enumerate(nodes)}
    reach = np.eye(len(nodes), dtype=np.int64)
    for a, b in links:
        reach[place[a], place[b]] = reach[place[b], place[a]] = 1
    for _ in nodes:
        reach = np.minimum(reach @ reach, 1)
    return {frozenset(nodes[other].fragment for other in np.flatnonzero(row)) for row in reach}


def breaks(policy: IdentityPolicy, nodes: dict[bytes, Node], group: frozenset[bytes], decisions: dict) -> bool:
    """Whether a group breaks a limit or a cut: every moment is tried as the beginning of every window."""
    if len(group) > policy.largest_customer or any(
        one.action == "cannot" and group.issuperset(key) for key, one in decisions.items()
    ):
        return True
    for kind in policy.kinds:
        begun = [nodes[one].first_at for one in group if nodes[one].kind == kind.name]
        if kind.is_unique and len(begun) > 1:
            return True
        for limit in kind.limits:
            spans = list(begun) if limit.window is not None else [0]
            for since in spans:
                within = [at for at in begun if limit.window is None or 0 <= at - since < limit.window]
                if len(within) > limit.most:
                    return True
    return False


def first_of_all(policy: IdentityPolicy, nodes: list[Node], links: list, decisions: dict) -> set[frozenset[bytes]]:
    """The groups of the first set of links that breaks no rule."""
    by_id = {node.fragment: node for node in nodes}
    for taken in product((True, False), repeat=len(links)):  # earlier links first: the order of the sets
        found = groups(nodes, [link for link, is_in in zip(links, taken, strict=True) if is_in])
        if not any(breaks(policy, by_id, group, decisions) for group in found):
            return found
    raise AssertionError("alone nobody breaks a rule")


@budget(150, nightly=10_000)
@given(world=worlds(), policy=st.sampled_from([POLICY, LOOSE]))
def test_customers_are_those_of_the_first_set_of_links_that_breaks_no_rule(world, policy):
    nodes, edges, decisions = world
    links = in_order(policy, edges, decisions)
    expected = first_of_all(policy, nodes, links, decisions)
    by_id = {node.fragment: node for node in nodes}
    found: dict[bytes, set[bytes]] = {}
    active = set()
    for part in raw_components(by_id, links):
        own = {key: edge for key, edge in edges.items() if key[0] in part}
        answer = resolve(policy, [by_id[one] for one in part], own, decisions)
        for one, customer in answer.customers.items():
            found.setdefault(customer, set()).add(one)
        active.update(key for key, verdict in answer.verdicts.items() if verdict.is_active)
    assert {frozenset(group) for group in found.values()} == expected
    assert active == {key for key in links if any(group.issuperset(key) for group in expected)}
    for customer, group in found.items():
        oldest = min(by_id[one].first_at for one in group)
        assert customer in group
        assert by_id[customer].first_at == oldest
