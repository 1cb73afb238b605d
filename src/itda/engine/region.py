"""The part of the identity graph that one chunk touches: whole raw components, loaded, changed and settled anew."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Protocol

import msgspec

from itda.engine.held import Held, edge_of, is_cut, link_of
from itda.engine.sightings import Seen
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
from itda.identity.resolve import ACTIVE, Clusters, Verdict, resolve
from itda.store.ports import EdgeRow, NodeRow, SteeredRow

TIER_OF = {"must": MUST, "likely": PROBABLE}
"""The tier of the links that decisions are."""


class Reader(Protocol):
    """Where a region reads from: what is remembered, else the store."""

    def nodes(self, fragments: Iterable[bytes]) -> dict[bytes, NodeRow]:
        """The identifiers that are stored, by fragment."""
        ...

    def held(self, components: Iterable[bytes]) -> list[Held]:
        """These raw components as stored."""
        ...


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
        self.observed: dict[Pair, Seen | None] = {}
        """Edges whose evidence differs from what is stored; None when none survives."""

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
        """What lies outside comes in where it is tied to the inside; cut ones only when reopened, else to the rim."""
        while True:
            links = [key for key, row in self.stored_edges.items() if row.state != "retracted"]
            links += [key for key, seen in self.observed.items() if seen is not None]
            links += [(row.a, row.b) for row in self.steered.values() if row.action in TIER_OF]
            here = (self.before, self.rim, self.fresh)
            missing = {end for ends in links for end in ends if not any(end in known for known in here)}
            found = self._reader.nodes(missing) if missing else {}
            self.rim.update(found)
            self.fresh.update(dict.fromkeys(missing.difference(found), ""))
            tied = self._ends_tied() if self._policy.sources else None
            wanted = [
                row.component
                for fragment, row in self.rim.items()
                if (fragment in reopened or not is_cut(row)) and (tied is None or fragment in tied)
            ]
            if not wanted:
                return
            self._bring(wanted)

    def _ends_tied(self) -> set[bytes]:
        """Every end of a link that may join."""
        joins = {(row.a, row.b) for row in self.steered.values() if row.action in TIER_OF}
        return {end for ends in (*joins, *self._tied(self._kinds(), self._observed(), joins)) for end in ends}

    def _kinds(self) -> dict[bytes, str]:
        return {fragment: row.kind for fragment, row in (*self.rim.items(), *self.before.items())} | self.fresh

    # ── settling ──

    def settle(self, log_time: int) -> Settled:
        """Apply the rules to everything in the region."""
        kinds = self._kinds()
        observed = self._observed()
        decided = standing(
            Decision(row.id, row.action, row.a, row.b, row.at)
            for row in self.steered.values()
            if row.retracted_at is None
        )
        joins = {key: one for key, one in decided.items() if one.action in TIER_OF and one.a != one.b}
        tied = self._tied(kinds, observed, joins)
        hubs, due = self._hubs(kinds, self._tied(kinds, observed, ()), decided, log_time)
        cut = {fragment for fragment, status in hubs.items() if status == "confirmed"}
        cut.update(fragment for fragment in kinds if self._is_blocked(fragment))
        open_nodes = {
            fragment: Node(fragment, kind, self._first(fragment))
            for fragment, kind in kinds.items()
            if kind and fragment not in cut and fragment not in self.rim
        }
        customers, components, verdicts = self._resolve(open_nodes, tied, joins, decided)
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
        apart = {
            key
            for key in observed.keys() - tied.keys()
            if key[0] not in customers or customers[key[0]] != customers.get(key[1])
        }
        verdicts.update(dict.fromkeys(apart, Verdict(False, "source")))
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

    def _observed(self) -> dict[Pair, Seen]:
        """Surviving observed edges."""
        found = {
            key: Seen(row.first_at, row.only_day, row.sources)
            for key, row in self.stored_edges.items()
            if row.tier == OBSERVED and row.state != "retracted"
        }
        for key, seen in self.observed.items():
            if seen is None:
                found.pop(key, None)
            else:
                found[key] = seen
        return found

    def _tied(
        self, kinds: Mapping[bytes, str], observed: Mapping[Pair, Seen], joins: Container[Pair]
    ) -> Mapping[Pair, Seen]:
        """Those that may join: all but what was told only by sources that are not believed so far."""
        policy = self._policy
        if not policy.sources:
            return observed
        return {
            key: seen
            for key, seen in observed.items()
            if key in joins or policy.joins(kinds[key[0]], kinds[key[1]], policy.trust(seen.sources))
        }

    def _hubs(
        self,
        kinds: Mapping[bytes, str],
        observed: Mapping[Pair, Seen],
        decided: Mapping[Pair, Decision],
        log_time: int,
    ) -> tuple[dict[bytes, str], dict[bytes, int]]:
        """The standing of every identifier to be settled that is a hub, and when suspected ones are due."""
        by_name, rim = self._policy.by_name, self.rim
        around: dict[bytes, dict[str, list[int]]] = {}
        for (a, b), seen in observed.items():
            one, other = by_name.get(kinds[a]), by_name.get(kinds[b])
            if one is None or other is None:
                continue
            if a not in rim:
                around.setdefault(a, {}).setdefault(other.name, []).append(seen.first_at)
            if b not in rim:
                around.setdefault(b, {}).setdefault(one.name, []).append(seen.first_at)
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
        observed: Mapping[Pair, Seen],
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
        for key, seen in observed.items():
            home = components.get(key[0])
            if home is not None and key[1] in components:
                inner.setdefault(home, {})[key] = edge_of(self._policy, key, seen)
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
        observed: Mapping[Pair, Seen],
        joins: Mapping[Pair, Decision],
        verdicts: Mapping[Pair, Verdict],
        open_nodes: Mapping[bytes, Node],
    ) -> dict[Pair, EdgeRow]:
        rows = {}
        joined = self._joined()
        for key in dict.fromkeys((*self.stored_edges, *observed, *joined)):
            a, b = key
            seen = observed.get(key)
            if seen is not None:
                verdict = self._verdict(key, verdicts, open_nodes)
                rows[key] = link_of(key, seen, verdict.reason)
            elif key in joins:
                verdict = self._verdict(key, verdicts, open_nodes)
                state = "active" if verdict.is_active else "suppressed"
                rows[key] = EdgeRow(a, b, TIER_OF[joins[key].action], joins[key].at, state, verdict.reason)
            elif key in joined:
                rows[key] = EdgeRow(a, b, *joined[key], "retracted", "decision")
            else:
                stored = self.stored_edges[key]
                rows[key] = EdgeRow(a, b, stored.tier, stored.first_at, "retracted", "evidence")
        return rows

    def _verdict(self, key: Pair, verdicts: Mapping[Pair, Verdict], open_nodes: Mapping[bytes, Node]) -> Verdict:
        obstacle = self._obstacle(key[0], open_nodes) or self._obstacle(key[1], open_nodes)
        return Verdict(False, obstacle) if obstacle else verdicts.get(key, ACTIVE)

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
        row = self.rim.get(fragment)
        if row is not None and not is_cut(row):
            return ""
        if row is None and fragment not in self.before and not self.fresh.get(fragment):
            return "unknown"
        return "blocked" if self._is_blocked(fragment) else "hub"
