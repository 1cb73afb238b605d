"""The part of the identity graph that one chunk touches: whole raw components, loaded, changed and settled anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from itda.identity.graph import (
    MUST,
    NEVER,
    OBSERVED,
    PROBABLE,
    Decision,
    Edge,
    Node,
    Pair,
    confirmed_from,
    hub_status,
    oldest,
    raw_components,
    standing,
)
from itda.identity.policy import IdentityPolicy
from itda.identity.resolve import ACTIVE, Clusters, Place, Verdict, resolve
from itda.store.ports import EdgeRow, NodeRow, SteeredRow

TIER_OF = {"must": MUST, "likely": PROBABLE}
"""The tier of the links that decisions are."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """One raw component as stored: its identifiers, every edge and decision that touches them."""

    nodes: tuple[NodeRow, ...]
    edges: tuple[EdgeRow, ...]
    steered: tuple[SteeredRow, ...]
    is_whole: bool = False
    """Known to be one customer with nothing held back and nothing decided."""
    last: Place | None = None
    """Where the last of its links stands in their order; None where nobody looked yet."""


class Reader(Protocol):
    """Where a region reads from: what is remembered, else the store."""

    def nodes(self, fragments: Iterable[bytes]) -> dict[bytes, NodeRow]:
        """The identifiers that are stored, by fragment."""
        ...

    def held(self, components: Iterable[bytes]) -> list[Held]:
        """These raw components as stored."""
        ...


def is_cut(row: NodeRow) -> bool:
    """Whether nothing is joined through the identifier."""
    return row.is_blocked or row.hub == "confirmed"


class Settled(msgspec.Struct):
    """A region after the rules were applied: every row of it as it should be stored."""

    nodes: dict[bytes, NodeRow]
    edges: dict[Pair, EdgeRow]
    due: dict[bytes, int]
    """Log time at which each suspected hub is to be confirmed."""


class Region:
    """Load, change, settle. Rows as stored are never altered: what changes is made anew."""

    def __init__(self, policy: IdentityPolicy, reader: Reader) -> None:
        self._policy = policy
        self._reader = reader
        self._loaded: set[bytes] = set()
        self.before: dict[bytes, NodeRow] = {}
        """Identifiers of the region as stored: those to be settled."""
        self.rim: dict[bytes, NodeRow] = {}
        """Hubs and blocked identifiers at the edge of the region: taken as they are."""
        self.stored_edges: dict[Pair, EdgeRow] = {}
        self.steered: dict[bytes, SteeredRow] = {}
        self.fresh: dict[bytes, str] = {}
        """Kinds of identifiers that are not stored yet."""
        self.first_at: dict[bytes, int] = {}
        self.blocked: Mapping[bytes, bool] = {}
        """Identifiers whose value nobody owns, or somebody does, whatever is stored."""
        self.observed: dict[Pair, int | None] = {}
        """Least event time of edges that differ from what is stored; None when no evidence survives."""

    # ── loading ──

    def load(self, known: Mapping[bytes, NodeRow], seeds: Iterable[bytes], reopened: frozenset[bytes]) -> None:
        """Bring in the raw components of the seeds; cut ones only when reopened, else they stay at the rim."""
        wanted = []
        for fragment in seeds:
            row = known.get(fragment)
            if row is None or fragment in self.before:
                continue
            if is_cut(row) and fragment not in reopened:
                self.rim[fragment] = row
            else:
                wanted.append(row.component)
        self._bring(wanted)
        self._bring_around(reopened)

    def _bring(self, components: Iterable[bytes]) -> None:
        wanted = [component for component in dict.fromkeys(components) if component not in self._loaded]
        if not wanted:
            return
        self._loaded.update(wanted)
        for held in self._reader.held(wanted):
            for row in held.nodes:
                self.before[row.fragment] = row
                self.rim.pop(row.fragment, None)
            for edge in held.edges:
                self.stored_edges[edge.a, edge.b] = edge
            for decision in held.steered:
                self.steered.setdefault(decision.id, decision)

    def _bring_around(self, reopened: frozenset[bytes]) -> None:
        """Ends of edges that lie outside: cut ones to the rim; what a reopened hub may join again comes in."""
        while True:
            links = [key for key, row in self.stored_edges.items() if row.state != "retracted"]
            links += [key for key, first_at in self.observed.items() if first_at is not None]
            links += [(row.a, row.b) for row in self.steered.values() if row.action in TIER_OF]
            missing = {
                end
                for ends in links
                for end in ends
                if end not in self.before and end not in self.rim and end not in self.fresh
            }
            if not missing:
                return
            wanted = []
            for fragment, row in self._reader.nodes(missing).items():
                if is_cut(row) and fragment not in reopened:
                    self.rim[fragment] = row
                else:
                    wanted.append(row.component)
                missing.discard(fragment)
            self.fresh.update(dict.fromkeys(missing, ""))
            self._bring(wanted)

    # ── settling ──

    def settle(self, log_time: int) -> Settled:
        """Apply the rules to everything in the region."""
        kinds = {fragment: row.kind for fragment, row in (*self.rim.items(), *self.before.items())} | self.fresh
        observed = self._observed()
        decided = standing(
            Decision(row.id, row.action, row.a, row.b, row.at)
            for row in self.steered.values()
            if row.retracted_at is None
        )
        hubs, due = self._hubs(kinds, observed, decided, log_time)
        cut = {fragment for fragment, status in hubs.items() if status == "confirmed"}
        cut.update(fragment for fragment in kinds if self._is_blocked(fragment))
        joins = {key: one for key, one in decided.items() if one.action in TIER_OF and one.a != one.b}
        open_nodes = {
            fragment: Node(fragment, kind, self._first(fragment))
            for fragment, kind in kinds.items()
            if kind and fragment not in cut and fragment not in self.rim
        }
        customers, components, verdicts = self._resolve(open_nodes, observed, joins, decided)
        nodes = {
            fragment: msgspec.structs.replace(row, first_at=self.first_at[fragment])
            for fragment, row in self.rim.items()
            if fragment in self.first_at
        }
        for fragment in (*self.before, *self.fresh):
            if not kinds[fragment]:
                continue
            nodes[fragment] = NodeRow(
                fragment,
                kinds[fragment],
                self._first(fragment),
                components.get(fragment, fragment),
                customers.get(fragment, fragment),
                hubs.get(fragment, ""),
                self._is_blocked(fragment),
            )
        return Settled(nodes, self._edges(observed, joins, verdicts, open_nodes), due)

    def _is_blocked(self, fragment: bytes) -> bool:
        told = self.blocked.get(fragment)
        if told is not None:
            return told
        row = self.before.get(fragment) or self.rim.get(fragment)
        return row is not None and row.is_blocked

    def _first(self, fragment: bytes) -> int:
        changed = self.first_at.get(fragment)
        if changed is not None:
            return changed
        row = self.before.get(fragment)
        return NEVER if row is None else row.first_at

    def _observed(self) -> dict[Pair, int]:
        """Surviving observed edges with their least event time."""
        seen = {
            key: row.first_at
            for key, row in self.stored_edges.items()
            if row.tier == OBSERVED and row.state != "retracted"
        }
        for key, first_at in self.observed.items():
            if first_at is None:
                seen.pop(key, None)
            else:
                seen[key] = first_at
        return seen

    def _hubs(
        self,
        kinds: Mapping[bytes, str],
        observed: Mapping[Pair, int],
        decided: Mapping[Pair, Decision],
        log_time: int,
    ) -> tuple[dict[bytes, str], dict[bytes, int]]:
        """The standing of every identifier to be settled that is a hub, and when suspected ones are due."""
        by_name, rim = self._policy.by_name, self.rim
        around: dict[bytes, dict[str, list[int]]] = {}
        for (a, b), first_at in observed.items():
            one, other = by_name.get(kinds[a]), by_name.get(kinds[b])
            if one is None or other is None:
                continue
            if a not in rim:
                around.setdefault(a, {}).setdefault(other.name, []).append(first_at)
            if b not in rim:
                around.setdefault(b, {}).setdefault(one.name, []).append(first_at)
        about = {key[0]: one.action for key, one in decided.items() if key[0] == key[1]}
        hubs, due = {}, {}
        for fragment in {**around, **about}:
            kind = by_name.get(kinds.get(fragment, ""))
            if fragment in self.rim or kind is None:
                continue
            since = confirmed_from(self._policy, kind, around.get(fragment, {}), about.get(fragment))
            if since is not None:
                hubs[fragment] = hub_status(since, log_time)
                if hubs[fragment] == "suspected":
                    due[fragment] = since
        return hubs, due

    def _resolve(
        self,
        nodes: Mapping[bytes, Node],
        observed: Mapping[Pair, int],
        joins: Mapping[Pair, Decision],
        decided: Mapping[Pair, Decision],
    ) -> tuple[dict[bytes, bytes], dict[bytes, bytes], dict[Pair, Verdict]]:
        customers: dict[bytes, bytes] = {}
        components: dict[bytes, bytes] = {}
        verdicts: dict[Pair, Verdict] = {}
        parts = raw_components(nodes, (*observed, *joins))
        for part in parts:
            components.update(dict.fromkeys(part, oldest([nodes[fragment] for fragment in part])))
        inner: dict[bytes, dict[Pair, Edge]] = {}
        for (a, b), first_at in observed.items():
            home = components.get(a)
            if home is not None and b in components:
                inner.setdefault(home, {})[a, b] = Edge(a, b, OBSERVED, first_at)
        rules: dict[bytes, dict[Pair, Decision]] = {}
        for (a, b), decision in decided.items():
            home = components.get(a)
            if a != b and home is not None and components.get(b) == home:
                rules.setdefault(home, {})[a, b] = decision
        for part in parts:
            if len(part) == 1:
                customers[part[0]] = part[0]
                continue
            home = components[part[0]]
            clusters: Clusters = resolve(
                self._policy, [nodes[one] for one in part], inner.get(home, {}), rules.get(home, {})
            )
            customers.update(clusters.customers)
            verdicts.update(clusters.verdicts)
        return customers, components, verdicts

    def _edges(
        self,
        observed: Mapping[Pair, int],
        joins: Mapping[Pair, Decision],
        verdicts: Mapping[Pair, Verdict],
        open_nodes: Mapping[bytes, Node],
    ) -> dict[Pair, EdgeRow]:
        rows = {}
        joined = self._joined()
        for key in dict.fromkeys((*self.stored_edges, *observed, *joined)):
            a, b = key
            if key in observed:
                tier, first_at = OBSERVED, observed[key]
            elif key in joins:
                tier, first_at = TIER_OF[joins[key].action], joins[key].at
            elif key in joined:
                rows[key] = EdgeRow(a, b, *joined[key], "retracted", "decision")
                continue
            else:
                stored = self.stored_edges[key]
                rows[key] = EdgeRow(a, b, stored.tier, stored.first_at, "retracted", "evidence")
                continue
            if a in open_nodes and b in open_nodes:
                verdict = verdicts.get(key, ACTIVE)
            else:
                verdict = Verdict(False, self._obstacle(a, open_nodes) or self._obstacle(b, open_nodes))
            state = "active" if verdict.is_active else "suppressed"
            rows[key] = EdgeRow(a, b, tier, first_at, state, verdict.reason)
        return rows

    def _joined(self) -> dict[Pair, tuple[int, int]]:
        """Every pair a steward or the matching ever joined, with the tier and the first time in it.

        Joins taken back count: a row says so, whether the log was cut between the two or not.
        """
        first: dict[Pair, tuple[int, int]] = {}
        for row in self.steered.values():
            tier = TIER_OF.get(row.action)
            if tier is not None and row.a != row.b:
                key = (row.a, row.b) if row.a < row.b else (row.b, row.a)
                first[key] = min(first.get(key, (tier, row.at)), (tier, row.at))
        return first

    def _obstacle(self, fragment: bytes, open_nodes: Mapping[bytes, Node]) -> str:
        if fragment in open_nodes:
            return ""
        row = self.rim.get(fragment) or self.before.get(fragment)
        if row is None and not self.fresh.get(fragment):
            return "unknown"
        return "blocked" if self._is_blocked(fragment) else "hub"


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
