"""What a change would make of who is whom: laid over what is stored, in memory, so that nothing is written.

It reads like the store and is written to like it, for as long as the one who tries it runs. It holds only what differs
from what is stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.store.ports import ChunkWrites, Component, EdgeRow, GraphReads, KeyRow, NodeRow, PolicyRow

Pair = tuple[bytes, bytes]


class Trial:
    """Over a store that stands still meanwhile. `rules` are those that are tried."""

    def __init__(self, store: GraphReads, rules: PolicyRow) -> None:
        self._store = store
        self._rules = rules
        self._inside: dict[bytes, set[bytes]] = {}
        self._edges: dict[Pair, EdgeRow] = {}
        self.nodes_changed: dict[bytes, NodeRow] = {}
        """Identifiers that would stand otherwise than they do."""

    def commit(self, writes: ChunkWrites) -> None:
        """Take what would be written."""
        for row in writes.nodes:
            before = self.nodes_changed.get(row.fragment)
            if before is not None:
                self._inside[before.component].discard(row.fragment)
            self.nodes_changed[row.fragment] = row
            self._inside.setdefault(row.component, set()).add(row.fragment)
        self._edges.update(((row.a, row.b), row) for row in writes.edges)
        if writes.policy is not None:
            self._rules = writes.policy

    def policy(self, kind: str) -> PolicyRow | None:
        """The rules that are tried."""
        return self._rules if kind == self._rules.kind else self._store.policy(kind)

    def keys_of(self, fragments: Sequence[bytes]) -> list[KeyRow]:
        """The key rows of these fragments."""
        return self._store.keys_of(fragments)

    def suspected_hubs(self) -> list[bytes]:
        """Fragments of the identifiers that are stored as suspected."""
        return self._store.suspected_hubs()

    def nodes(self, fragments: Sequence[bytes]) -> list[NodeRow]:
        """The identifiers with these fragment ids."""
        return self._now(self._store.nodes(fragments))

    def nodes_after(self, fragment: bytes, most: int) -> list[NodeRow]:
        """The first so many identifiers above a fragment id, in the order of their ids."""
        return self._now(self._store.nodes_after(fragment, most))

    def edges_known(self, pairs: Sequence[Pair]) -> list[EdgeRow]:
        """Those of these edges that exist."""
        return [self._edges.get((row.a, row.b), row) for row in self._store.edges_known(pairs)]

    def components(self, components: Sequence[bytes], *, with_evidence: bool = False) -> Component:
        """Nodes of these raw components with every edge and steward's decision that touches them."""
        wanted = set(components)
        came = sorted({one for component in wanted for one in self._inside.get(component, ())})
        stored = {row.component for row in self._store.nodes(came)} if came else set[bytes]()
        found = self._store.components(sorted(wanted | stored), with_evidence=with_evidence)
        nodes = [row for row in self._now(found.nodes) if row.component in wanted]
        own = {row.fragment for row in nodes}
        edges = [row for row in found.edges if row.a in own or row.b in own]
        return msgspec.structs.replace(
            found,
            nodes=nodes,
            edges=[self._edges.get((row.a, row.b), row) for row in edges],
            evidence=[row for row in found.evidence if row.a in own or row.b in own],
            steered=[row for row in found.steered if row.a in own or row.b in own],
        )

    def _now(self, rows: Sequence[NodeRow]) -> list[NodeRow]:
        return [self.nodes_changed.get(row.fragment, row) for row in rows]
