"""All that was gathered, settled at once: the same rules as in a region, on columns.

Where a part keeps every limit and nothing is decided against it, it is one customer. The others, few, are resolved one
by one as the resolver does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from itda.engine.region import TIER_OF
from itda.engine.wholesale.gathering import LINKS, NODES, Gathering, batches
from itda.engine.wholesale.parts import Ids, connected, leaders
from itda.identity.graph import OBSERVED, Decision, Edge, Node, Pair, confirmed_from, hub_status, standing
from itda.identity.policy import TRUST, IdentityPolicy
from itda.identity.resolve import resolve
from itda.store.ports import EdgeRow, EvidenceRow, NodeRow

Flags = npt.NDArray[np.bool_]
_LEAST_TRUSTED = len(TRUST) - 1


class Settling:
    """Who is whom as of a log time. What comes out is in the order of keys."""

    def __init__(self, policy: IdentityPolicy, gathering: Gathering, log_time: int) -> None:
        self._policy, self._gathering, self._log_time = policy, gathering, log_time
        gathering.summed()
        self._nodes()
        self._links()
        self._decisions()
        tied = self._believed()
        self.hubs: dict[int, str] = {}
        self._find_hubs(tied)
        for ends in self.joins:
            place = self._place(ends)
            if place is not None:
                tied[place] = True
        confirmed = [one for one, status in self.hubs.items() if status == "confirmed"]
        self.cut = self.blocked.copy()
        self.cut[confirmed] = True
        self.component, self.customer = self._grouped(tied & ~self.cut[self.one] & ~self.cut[self.other])
        self._untied = ~tied

    # ── what there is, as columns ──

    def _nodes(self) -> None:
        ranks = {kind.name: kind.rank for kind in self._policy.kinds}
        last, connection = len(ranks), self._gathering.connection
        found = connection.execute("select kind, first_at, is_blocked from node order by id").fetchnumpy()
        names, places = np.unique(np.asarray(found["kind"], dtype=object).astype(str), return_inverse=True)
        self._kinds = [str(name) for name in names]
        self.kind = places.astype(np.int32)
        self.rank = np.array([ranks.get(name, last) for name in self._kinds], dtype=np.int32)[self.kind]
        self.first = np.asarray(found["first_at"], dtype=np.int64)
        self.blocked: Flags = np.asarray(found["is_blocked"], dtype=bool)

    def _links(self) -> None:
        connection = self._gathering.connection
        told = connection.execute("select distinct sources from link order by 1").fetchall()
        connection.execute("create temp table trusted (sources varchar, trust tinyint)")
        if told:
            values = [(sources, self._policy.trust(sources)) for (sources,) in told]
            connection.executemany("insert into trusted values (?, ?)", values)
        found = connection.execute(
            "select one, other, first_at, only_day is null as is_repeated, trust"
            " from link join trusted using (sources) order by one, other"
        ).fetchnumpy()
        self.one, self.other, self.seen_at = (
            np.asarray(found[name], dtype=np.int64) for name in ("one", "other", "first_at")
        )
        self.is_repeated: Flags = np.asarray(found["is_repeated"], dtype=bool)
        self.trust = np.asarray(found["trust"], dtype=np.int8)

    def _decisions(self) -> None:
        steered = self._gathering.steered.values()
        number = self._gathering.numbers(sorted({end for row in steered for end in (row.a, row.b)}))
        decided = standing(
            Decision(row.id, row.action, row.a, row.b, row.at) for row in steered if row.retracted_at is None
        )
        self.about = {number[a]: one.action for (a, b), one in decided.items() if a == b}
        self.decided = {(number[a], number[b]): one for (a, b), one in decided.items() if a != b}
        self.joins = {ends: one for ends, one in self.decided.items() if one.action in TIER_OF}
        self.ever: dict[tuple[int, int], tuple[int, int, Pair]] = {}
        for row in steered:
            tier = TIER_OF.get(row.action)
            if tier is not None and row.a != row.b:
                ends = (number[row.a], number[row.b])
                told = (tier, row.at, (row.a, row.b))
                self.ever[ends] = min(self.ever.get(ends, told), told)

    def _place(self, ends: tuple[int, int]) -> int | None:
        """Where an observed link stands among all of them; None where none was observed."""
        low, high = (int(np.searchsorted(self.one, ends[0], side)) for side in ("left", "right"))
        place = low + int(np.searchsorted(self.other[low:high], ends[1]))
        return place if place < high and self.other[place] == ends[1] else None

    # ── the rules ──

    def _believed(self) -> Flags:
        """The links that their sources may join by themselves."""
        known = np.array([kind.is_known for kind in self._policy.kinds] + [False])
        believed: Flags = ~((self.trust == _LEAST_TRUSTED) & known[self.rank[self.one]] & known[self.rank[self.other]])
        return believed

    def _find_hubs(self, tied: Flags) -> None:
        policy, size = self._policy, len(self.first)
        last = len(policy.kinds)
        named = tied & (self.rank[self.one] < last) & (self.rank[self.other] < last)
        a, b = self.one[named], self.other[named]
        degree = np.array([kind.hub_degree for kind in policy.kinds] + [0])[self.rank]
        ends, others = np.concatenate((a, b)), np.concatenate((b, a))
        suspects = np.bincount(ends, minlength=size) > policy.crowd_at
        for rank in range(last):
            stronger = ends[(self.rank[others] == rank) & (self.rank[ends] > rank)]
            suspects |= (np.bincount(stronger, minlength=size) > degree) & (degree > 0)
        suspects[list(self.about)] = True
        around: dict[int, dict[str, list[int]]] = {int(one): {} for one in np.flatnonzero(suspects)}
        seen_at = np.concatenate((self.seen_at[named], self.seen_at[named]))
        chosen = np.flatnonzero(suspects[ends])
        names = [policy.kinds[rank].name for rank in self.rank[others[chosen]]]
        for one, name, at in zip(ends[chosen].tolist(), names, seen_at[chosen].tolist(), strict=True):
            around[one].setdefault(name, []).append(at)
        for one, seen in around.items():
            if self.rank[one] < last:
                since = confirmed_from(policy, policy.kinds[self.rank[one]], seen, self.about.get(one))
                if since is not None:
                    self.hubs[one] = hub_status(since, self._log_time)

    def _grouped(self, live: Flags) -> tuple[Ids, Ids]:
        """The name of each identifier's raw component, and its customer."""
        told = [ends for ends in self.joins if not self.cut[list(ends)].any()]
        more = np.array(told, dtype=np.int64).reshape(-1, 2)
        part = connected(
            len(self.first),
            np.concatenate((self.one[live], more[:, 0])),
            np.concatenate((self.other[live], more[:, 1])),
        )
        customer = leaders(part, self.first, self.rank.astype(np.int64))
        self.reasons: dict[int, str] = {}
        self.told_reasons: dict[tuple[int, int], str] = {}
        self._resolve_narrow(part, live, customer)
        return leaders(part, self.first), customer

    def _narrow(self, part: Ids) -> Flags:
        """By their part: where a limit may bind, or somebody said that two are apart."""
        size = len(part)
        narrow: Flags = np.bincount(part, minlength=size) > self._policy.largest_customer
        for kind in self._policy.kinds:
            most = min((limit.most for limit in kind.bounds), default=None)
            if most is not None:
                narrow |= np.bincount(part[self.rank == kind.rank], minlength=size) > most
        for (a, b), one in self.decided.items():
            if one.action == "cannot" and part[a] == part[b]:
                narrow[part[a]] = True
        return narrow

    def _resolve_narrow(self, part: Ids, live: Flags, customer: Ids) -> None:
        """Put right the customers of the parts that are resolved one by one, and say what holds their links back."""
        narrow = self._narrow(part)
        members = np.flatnonzero(narrow[part])
        ids = self._fragments(members)
        nodes: dict[int, list[Node]] = {}
        for one, fragment in ids.items():
            node = Node(fragment, self._kinds[self.kind[one]], int(self.first[one]))
            nodes.setdefault(int(part[one]), []).append(node)
        edges: dict[int, dict[Pair, Edge]] = {home: {} for home in nodes}
        places: dict[Pair, int] = {}
        for place in np.flatnonzero(live & narrow[part[self.one]]).tolist():
            one, other = int(self.one[place]), int(self.other[place])
            ends = (ids[one], ids[other])
            places[ends] = place
            edges[int(part[one])][ends] = Edge(
                *ends, OBSERVED, int(self.seen_at[place]), bool(self.is_repeated[place]), int(self.trust[place])
            )
        rules: dict[int, dict[Pair, Decision]] = {home: {} for home in nodes}
        for (one, other), decision in self.decided.items():
            if one in ids and part[one] == part[other]:
                rules[int(part[one])][decision.a, decision.b] = decision
        numbers = {fragment: one for one, fragment in ids.items()}
        for home, own in nodes.items():
            answer = resolve(self._policy, own, edges[home], rules[home])
            for fragment, whose in answer.customers.items():
                customer[numbers[fragment]] = numbers[whose]
            for ends, verdict in answer.verdicts.items():
                if ends in places:
                    self.reasons[places[ends]] = verdict.reason
                else:
                    self.told_reasons[numbers[ends[0]], numbers[ends[1]]] = verdict.reason

    def _fragments(self, members: Ids) -> dict[int, bytes]:
        """The ids of these, by their numbers."""
        if not len(members):
            return {}
        chosen = self._gathering.fragments().take(members)
        return dict(zip(members.tolist(), chosen.to_pylist(), strict=True))

    # ── what comes of it ──

    def nodes(self, at_once: int) -> Iterator[list[NodeRow]]:
        """Every identifier, so many at a time."""
        ids = self._gathering.fragments()
        start = 0
        for rows in batches(self._gathering.connection, NODES, at_once):
            here = slice(start, start + len(rows))
            leaders_here = (ids.take(whose[here]).to_pylist() for whose in (self.component, self.customer))
            yield [
                NodeRow(fragment, kind, first_at, component, customer, self.hubs.get(number, ""), is_blocked)
                for number, ((fragment, kind, first_at, is_blocked), component, customer) in enumerate(
                    zip(rows, *leaders_here, strict=True), start
                )
            ]
            start += len(rows)

    def edges(self, at_once: int) -> Iterator[list[EdgeRow]]:
        """Every link that was observed, then what was decided and not observed."""
        held_back = self._held_back()
        start = 0
        for rows in batches(self._gathering.connection, LINKS, at_once):
            reasons = [held_back.get(place, "") for place in range(start, start + len(rows))]
            yield [
                EdgeRow(a, b, OBSERVED, first_at, "suppressed" if why else "active", why, only_day, sources)
                for (_, _, a, b, first_at, only_day, sources), why in zip(rows, reasons, strict=True)
            ]
            start += len(rows)
        yield [self._told(ends, *told) for ends, told in self.ever.items() if self._place(ends) is None]

    def evidence(self, at_once: int) -> Iterator[list[EvidenceRow]]:
        """How often each link was seen, so many rows at a time."""
        return self._gathering.evidence(at_once)

    def _held_back(self) -> dict[int, str]:
        """Place of each link that does not join → why."""
        found = {place: why for place, why in self.reasons.items() if why}
        apart = self._untied & (self.customer[self.one] != self.customer[self.other])
        found.update(dict.fromkeys(np.flatnonzero(apart).tolist(), "source"))
        for place in np.flatnonzero(self.cut[self.one] | self.cut[self.other]).tolist():
            found[place] = self._obstacle((int(self.one[place]), int(self.other[place])))
        return found

    def _obstacle(self, ends: Sequence[int]) -> str:
        for one in ends:
            if self.cut[one]:
                return "blocked" if self.blocked[one] else "hub"
        return ""

    def _told(self, ends: tuple[int, int], tier: int, at: int, pair: Pair) -> EdgeRow:
        living = self.joins.get(ends)
        if living is None:
            return EdgeRow(*pair, tier, at, "retracted", "decision")
        why = self._obstacle(ends) or self.told_reasons.get(ends, "")
        return EdgeRow(*pair, TIER_OF[living.action], living.at, "suppressed" if why else "active", why)


def settled(policy: IdentityPolicy, gathering: Gathering, log_time: int, at_once: int) -> Iterator[dict[str, Any]]:
    """Rows of everything, by the names that `ChunkWrites` has for them, so many at a time."""
    settling = Settling(policy, gathering, log_time)
    yield {"steered": sorted(gathering.steered.values(), key=lambda row: row.id)}
    for name, portions in (("nodes", settling.nodes), ("edges", settling.edges), ("evidence", settling.evidence)):
        for rows in portions(at_once):
            yield {name: rows}
