"""Online identity: sightings in, the differences they make to customers out.

A sighting whose identifiers and edges are known costs a few dictionary look-ups and a count on its evidence. Whatever
else happens - a new edge, an earlier date, a steward's decision, a hub that is due - makes its raw component dirty:
the component is loaded and settled anew by the rules of itda.identity, and only rows that differ are given back.

What is given back counts as stored from then on: commit it before the next call, or `forget` when the commit failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from itda.engine.erasing.leaving import Gone, Without, hubs
from itda.engine.held import Held, by_component, is_cut, link_of, partitions, place_of
from itda.engine.leaves import attach
from itda.engine.recent import Recent
from itda.engine.region import Reader, Region, Settled
from itda.engine.sightings import Seen, Sighting, gathered
from itda.engine.unsettled import Correction, Resolved, Unsettled, compare
from itda.identity.graph import NEVER, Node, Pair, pair
from itda.identity.policy import IdentityPolicy
from itda.identity.resolve import Place
from itda.store.ports import EdgeRow, GraphReads, NodeRow, ResolutionRow, SteeredRow


class Resolver:
    """One per workspace, in the one writer. `remembered` bounds the identifiers and edges kept in memory."""

    def __init__(self, store: GraphReads, policy: IdentityPolicy, *, remembered: int = 150_000) -> None:
        self._store = store
        self.policy = policy
        self._nodes: Recent[bytes, NodeRow] = Recent(remembered)
        self._edges: Recent[Pair, EdgeRow] = Recent(remembered)
        self._held: Recent[bytes, Held] = Recent(remembered // 5)
        self._due: dict[bytes, int] | None = None
        self._next_due = NEVER

    def forget(self) -> None:
        """Forget everything remembered: what was given back last did not become durable."""
        self._nodes.clear()
        self._edges.clear()
        self._held.clear()
        self._due = None

    def customer(self, fragment: bytes) -> bytes | None:
        """The customer of an identifier today; None when it was never seen."""
        row = self.nodes((fragment,)).get(fragment)
        return None if row is None else row.customer

    # ── the three ways in ──

    def resolve(
        self,
        sightings: Sequence[Sighting],
        steered: Sequence[SteeredRow] = (),
        position: int = 0,
        log_time: int = 0,
        new_nodes: frozenset[bytes] | set[bytes] = frozenset(),
        kinds: Mapping[bytes, str] | None = None,
        blocked: Mapping[bytes, bool] | None = None,
    ) -> Resolved:
        """Take accepted events in log order. A steered row with action `retract` carries the id it takes back.

        `new_nodes` are identifiers the caller knows to be stored nowhere. `kinds` names those of steered identifiers.
        `blocked` says of new identifiers that nobody owns their values: of events accepted under other rules.
        """
        first, kind_of, evidence, seen = gathered(sightings)
        known = self._look_up(first, new_nodes)
        stored = self._edges_of([key for key in seen if key[0] in known and key[1] in known])
        resolved = Resolved(evidence=list(evidence.values()))
        work = Unsettled(position, log_time, "observed", known, {**(kinds or {}), **kind_of}, {}, {}, [], set(), set())
        compare(seen, stored, work)
        for fragment, first_at in first.items():
            row = known.get(fragment)
            if row is None or first_at < row.first_at:
                work.first_at[fragment] = first_at
                if row is not None:
                    work.seeds.add(fragment)
        if blocked:
            work.blocked = blocked
            work.seeds.update(one for one in work.first_at if blocked.get(one, False))
        if steered:
            work.cause = "observed" if sightings else "steered"
            self._steer(steered, work)
        self._wake(work)
        self._lightly(work, resolved)
        work.seeds.update(end for key in work.observed for end in key)
        self._alone(work, resolved)
        if work.seeds:
            self._settle(work, resolved)
            resolved.nodes = list({row.fragment: row for row in resolved.nodes}.values())
            resolved.edges = list({(row.a, row.b): row for row in resolved.edges}.values())
        return resolved

    def correct(self, correction: Correction, position: int, log_time: int) -> Resolved:
        """Replace evidence: afterwards everything is as if only what is left had ever been seen."""
        touched = {key for row in correction.evidence for key in (row.a, row.b)} | set(correction.first_at)
        known = self.nodes(touched)
        work = Unsettled(position, log_time, "corrected", known, {}, {}, {}, [], set(touched), set(touched))
        for fragment, first_at in correction.first_at.items():
            work.first_at[fragment] = NEVER if first_at is None else first_at
        stored = self._store.components(
            sorted({known[key].component for key in touched if key in known}), with_evidence=True
        )
        left = {(row.a, row.b, row.source, row.local_date): row for row in stored.evidence}
        left.update(((row.a, row.b, row.source, row.local_date), row) for row in correction.evidence)
        changed = {(row.a, row.b) for row in correction.evidence}
        for row in left.values():
            key = (row.a, row.b)
            if key in changed and row.count > 0:
                seen = Seen(row.first_at, row.local_date, row.source)
                others = work.observed.get(key)
                work.observed[key] = seen if others is None else others.also(*msgspec.structs.astuple(seen))
        for key in changed:
            work.observed.setdefault(key, None)
        resolved = Resolved(corrected=list(correction.evidence))
        self._settle(work, resolved)
        return resolved

    def reconsider(
        self, fragments: Iterable[bytes], position: int, log_time: int, blocked: Mapping[bytes, bool] | None = None
    ) -> Resolved:
        """Settle these identifiers by today's rules: after the policy changed, for all of them in any portions.

        `blocked` says of which nobody owns the value by now; of what it does not name, that stays as it is stored.
        """
        seeds = set(fragments)
        known = self.nodes(seeds)
        work = Unsettled(position, log_time, "policy", known, {}, {}, {}, [], seeds, set(seeds), blocked=blocked or {})
        resolved = Resolved()
        self._settle(work, resolved)
        return resolved

    def erase(self, gone: Gone, position: int, log_time: int) -> Resolved:
        """Settle who is left around erased identifiers, as if nothing of those had ever been seen."""
        self.forget()
        left = gone.left
        work = Unsettled(
            position, log_time, "erased", dict(left), {}, dict(gone.first_at), {}, [], set(left), set(hubs(gone))
        )
        resolved = Resolved()
        self._settle(work, resolved, Without(self, gone.fragments))
        return resolved

    # ── what is known ──

    def nodes(self, fragments: Iterable[bytes]) -> dict[bytes, NodeRow]:
        """The identifiers that are stored, by fragment."""
        return self._look_up(fragments, frozenset())

    def _look_up(self, fragments: Iterable[bytes], absent: frozenset[bytes] | set[bytes]) -> dict[bytes, NodeRow]:
        known, missing = {}, []
        young, remembered = self._nodes.young.get, self._nodes.get
        for fragment in fragments:
            row = young(fragment) or remembered(fragment)
            if row is not None:
                known[fragment] = row
            elif fragment not in absent:
                missing.append(fragment)
        if missing:
            for row in self._store.nodes(missing):
                known[row.fragment] = row
                self._nodes.put(row.fragment, row)
        return known

    def _edges_of(self, pairs: Sequence[Pair]) -> dict[Pair, EdgeRow]:
        known, missing = {}, []
        young, remembered = self._edges.young.get, self._edges.get
        for key in pairs:
            row = young(key) or remembered(key)
            if row is None:
                missing.append(key)
            else:
                known[key] = row
        if missing:
            for row in self._store.edges_known(missing):
                known[row.a, row.b] = row
                self._edges.put((row.a, row.b), row)
        return known

    def held(self, components: Iterable[bytes]) -> list[Held]:
        """These raw components as stored."""
        found, missing = [], []
        for component in components:
            held = self._held.get(component)
            if held is None:
                missing.append(component)
            else:
                found.append(held)
        if missing:
            read = self._store.components(missing)
            for component, held in by_component(read.nodes, read.edges, read.steered).items():
                found.append(held)
                if not is_cut(held.nodes[0]):
                    self._held.put(component, held)
        return found

    # ── settling ──

    def _steer(self, steered: Sequence[SteeredRow], work: Unsettled) -> None:
        """Turn decisions and their retractions into rows that differ, and wake what they are about."""
        ends = {end for row in steered for end in (row.a, row.b)}
        known = self.nodes(ends - set(work.known))
        work.known.update(known)
        made: dict[bytes, SteeredRow] = {}
        held = self.held(dict.fromkeys(work.known[end].component for end in ends if end in work.known))
        for part in held:
            made.update((row.id, row) for row in part.steered)
        for row in steered:
            a, b = pair(row.a, row.b)
            earlier = made.get(row.id)
            if row.action == "retract":
                if earlier is None or earlier.retracted_at is not None:
                    continue
                decision = msgspec.structs.replace(earlier, retracted_at=row.at)
            elif earlier is None and all(end in work.known or end in work.kinds for end in (a, b)):
                decision = msgspec.structs.replace(row, a=a, b=b)
            else:
                continue
            made[row.id] = decision
            work.steered = [one for one in work.steered if one.id != row.id] + [decision]
            work.known.update(self.nodes({decision.a, decision.b}.difference(work.known)))
            for end in (decision.a, decision.b):
                work.seeds.add(end)
                if end not in work.known:
                    work.first_at.setdefault(end, NEVER)
            if decision.a == decision.b:
                work.reopened.add(decision.a)

    def _wake(self, work: Unsettled) -> None:
        """Suspected hubs whose time has come are to be settled."""
        if self._due is None:
            waiting = self._store.suspected_hubs()
            self._due = dict.fromkeys(waiting, work.log_time)
            self._next_due = min(self._due.values(), default=NEVER)
        if self._next_due <= work.log_time:
            woken = [fragment for fragment, due in self._due.items() if due <= work.log_time]
            for fragment in woken:
                del self._due[fragment]
            work.known.update(self.nodes([fragment for fragment in woken if fragment not in work.known]))
            work.seeds.update(woken)

    def _lightly(self, work: Unsettled, resolved: Resolved) -> None:
        """What can move nobody else, in components that nothing else touches now.

        New identifiers that hang on one known one, and known links that were seen again, on another day or by another
        source, where nothing is held back.
        """
        known, degree = work.known, Counter(end for key in work.observed for end in key)
        busy = {known[one].component for one in work.seeds if one in known}
        leaves: dict[bytes, list[tuple[bytes, bytes]]] = {}
        for a, b in work.observed:
            leaf, stem = (a, b) if b in known else (b, a)
            is_new = leaf not in known and leaf not in work.seeds and degree[leaf] == 1
            if is_new and stem in known and not is_cut(known[stem]):
                leaves.setdefault(known[stem].component, []).append((leaf, stem))
            else:
                busy.update(known[end].component for end in (a, b) if end in known)
        again: dict[bytes, dict[Pair, EdgeRow]] = {}
        for key, seen in work.again.items():
            again.setdefault(known[key[0]].component, {})[key] = link_of(key, seen, "")
        for found in self.held([one for one in {**leaves, **again} if one not in busy]):
            home = found.nodes[0].component
            rows = again.get(home, {})
            held = _seen_again(found, rows) if rows else found
            if held is not None and home in leaves:
                held = self._grow(work, held, leaves[home], resolved)
            if held is None:
                continue
            for key, row in rows.items():
                del work.again[key]
                resolved.edges.append(row)
                self._edges.put(key, row)
            self._held.put(home, held)
        work.observed.update(work.again)

    def _grow(
        self, work: Unsettled, held: Held, leaves: Sequence[tuple[bytes, bytes]], resolved: Resolved
    ) -> Held | None:
        """The component with all of these leaves; None where they are to be settled."""
        made: list[tuple[NodeRow, EdgeRow]] = []
        for leaf, stem in sorted(leaves, key=lambda two: self._place(work, *two)):
            seen = work.observed[pair(leaf, stem)]
            new = Node(leaf, work.kinds[leaf], work.first_at[leaf])
            grown = attach(self.policy, held, work.known[stem], new, seen)
            if grown is None:
                return None
            node, edge, held = grown
            made.append((node, edge))
        for node, edge in made:
            del work.observed[edge.a, edge.b], work.first_at[node.fragment]
            resolved.nodes.append(node)
            resolved.edges.append(edge)
            resolved.customers[node.fragment] = node.customer
            self._nodes.put(node.fragment, node)
            self._edges.put((edge.a, edge.b), edge)
        return held

    def _place(self, work: Unsettled, leaf: bytes, stem: bytes) -> Place:
        """Where the link of a leaf stands: the last is to be hung on last."""
        ends = pair(leaf, stem)
        seen = work.observed[ends] or Seen(NEVER, None, "")
        return place_of(self.policy, (work.kinds[leaf], work.known[stem].kind), link_of(ends, seen, ""))

    def _alone(self, work: Unsettled, resolved: Resolved) -> None:
        """New identifiers that nothing ties to anyone: each is a customer of its own, nothing to settle."""
        for fragment, first_at in work.first_at.items():
            if fragment not in work.seeds and fragment not in work.known:
                row = NodeRow(fragment, work.kinds[fragment], first_at, fragment, fragment)
                resolved.nodes.append(row)
                resolved.customers[fragment] = fragment
                self._nodes.put(fragment, row)
                self._held.put(fragment, Held((row,), (), (), True))

    def _settle(self, work: Unsettled, resolved: Resolved, reader: Reader | None = None) -> None:
        region = Region(self.policy, reader or self)
        region.observed = work.observed
        region.first_at = work.first_at
        region.fresh = {one: work.kinds.get(one, "") for one in work.seeds if one not in work.known}
        region.steered = {row.id: row for row in work.steered}
        region.blocked = work.blocked
        region.stored_edges = self._edges_of(list({(row.a, row.b) for row in work.steered}))
        region.load(work.known, work.seeds, frozenset(work.reopened))
        settled = region.settle(work.log_time)
        before = region.before
        resolved.steered.extend(work.steered)
        for fragment, row in settled.nodes.items():
            earlier = before.get(fragment) or region.rim.get(fragment)
            if earlier != row:
                resolved.nodes.append(row)
                if earlier is None or earlier.customer != row.customer:
                    resolved.customers[fragment] = row.customer
                self._nodes.put(fragment, row)
            else:
                settled.nodes[fragment] = earlier
        for key, edge in settled.edges.items():
            if region.stored_edges.get(key) != edge:
                resolved.edges.append(edge)
                self._edges.put(key, edge)
        self._remember(region, settled)
        moved = [*partitions(before, settled.nodes)]
        together = {one for parts in moved for part in parts for cluster in part for one in cluster}
        moved += [
            ([[one]], [[one]])  # as alone as before, but no customer any more, or one now
            for one, row in sorted(settled.nodes.items())
            if one in before and is_cut(before[one]) != is_cut(row) and one not in together
        ]
        resolved.resolutions.extend(self._told(work, then, now, before, settled.nodes) for then, now in moved)

    def _told(
        self,
        work: Unsettled,
        then: list[list[bytes]],
        now: list[list[bytes]],
        before: Mapping[bytes, NodeRow],
        after: Mapping[bytes, NodeRow],
    ) -> ResolutionRow:
        """What moved, and why: a decision about one of them, a hub that came or went, else what the work was for."""
        members = {one for cluster in then for one in cluster}.union(*now)
        decided = [row for row in work.steered if row.a in members or row.b in members]
        decision = max(decided, key=lambda row: row.retracted_at or row.at, default=None)
        cause = work.cause
        if decision is not None:
            cause = "matched" if decision.action == "likely" else "steered"
        elif cause != "policy" and any(one in before and is_cut(before[one]) != is_cut(after[one]) for one in members):
            cause = "hub"
        made = None if decision is None else decision.id
        return ResolutionRow(work.position, work.log_time, cause, then, now, self.policy.version, made)

    def _remember(self, region: Region, settled: Settled) -> None:
        """Keep the new state of what was settled, so that the next sighting there need not read it."""
        for row in region.before.values():
            self._held.drop(row.component)
        joinable = [row for row in settled.nodes.values() if not is_cut(row)]
        for component, held in by_component(joinable, settled.edges.values(), region.steered.values()).items():
            self._held.put(component, held)
        due = self._due
        if due is not None:
            for fragment in settled.nodes:
                due.pop(fragment, None)
            due.update(settled.due)
            self._next_due = min(due.values(), default=NEVER)


def _seen_again(held: Held, rows: Mapping[Pair, EdgeRow]) -> Held | None:
    """The component with what is known now of these links; None where that might move somebody.

    What a link joined it still joins: several sources are trusted as much as the best of them.
    """
    if not held.is_whole:
        return None
    return msgspec.structs.replace(held, edges=tuple([rows.get((edge.a, edge.b), edge) for edge in held.edges]))
