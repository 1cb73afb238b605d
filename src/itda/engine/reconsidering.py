"""A changed identity.yaml acts on everybody, in their turn: identifiers are settled anew in the order of their ids.

A portion is one commit, with how far it came; whoever writes next goes on from there. Meanwhile what is seen anew is
settled by the new rules whether its turn has come or not, so that at the end everything is as if it had only ever
been resolved by them. A value that the rules block by now joins nobody any more, and one that they free again does.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from itda.engine.held import Held, is_cut
from itda.engine.keyring import RETENTION
from itda.engine.resolver import Resolver
from itda.engine.steering import Applied, Decisions, record
from itda.identity.graph import OBSERVED, Decision, confirmed_from, hub_status, standing
from itda.identity.policy import IdentityPolicy
from itda.store.ports import VALUE_LABEL, ChunkWrites, GraphReads, KeyRow, NodeRow, PolicyRow, Record
from itda.store.vault import Vault

IDENTITY = "identity"


def is_usable(policy: IdentityPolicy, vault: Vault, key: KeyRow) -> bool:
    """Whether the value behind a key row identifies anyone, by these rules."""
    sealed = vault.unwrap(key.fragment, key.wrapped_key, key.retention)
    return policy.usable(key.kind, sealed.open(key.fragment, VALUE_LABEL, key.value_sealed).decode())


def body(policy: IdentityPolicy, vault: Vault) -> str:
    """The rules as they are noted for ever. Of blocked values and patterns, which may be somebody's, a keyed hash.

    So two versions can be compared, and no erasure has to look for a value in them.
    """

    def hashed(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(vault.fingerprint(b"blocked|" + text.encode()).hex() for text in texts)

    kinds = [
        msgspec.structs.replace(
            kind, blocked_values=hashed(kind.blocked_values), blocked_patterns=hashed(kind.blocked_patterns)
        )
        for kind in policy.kinds
    ]
    told = msgspec.structs.replace(
        policy,
        kinds=tuple(kinds),
        blocked_values=hashed(policy.blocked_values),
        blocked_patterns=hashed(policy.blocked_patterns),
    )
    return msgspec.json.encode(told).decode()


def reached_share(row: PolicyRow | None, version: str) -> float | None:
    """The share of identifiers, 0..1, that follow these rules; None when all do. Their ids are spread evenly."""
    if row is None or row.version != version:
        return None if row is None else 0.0
    return None if row.settled_at is not None else int.from_bytes(row.reached[:4].ljust(4, b"\0")) / 2**32


class Reconsidering:
    """In the one writer, beside its resolver. What it keeps may be forgotten at any time."""

    def __init__(
        self, store: GraphReads, vault: Vault, policy: IdentityPolicy, resolver: Resolver, *, portion: int
    ) -> None:
        self._store = store
        self._vault = vault
        self._policy = policy
        self._resolver = resolver
        self._portion = portion
        stored = store.policy(IDENTITY)
        self._is_noted = stored is not None
        if stored is None:
            stored = self._begun(0, 0)
            if not store.nodes_after(b"", 1):
                stored = msgspec.structs.replace(stored, settled_at=0)
        self._row = stored

    @property
    def news(self) -> Record | None:
        """What the log is to be told before all else: that other rules hold. The first ones are noted without it."""
        if self._row.version == self._policy.version:
            return None
        return record(Applied(IDENTITY, self._policy.version, body(self._policy, self._vault)))

    @property
    def is_under_way(self) -> bool:
        """Whether some identifiers wait for their turn."""
        return self._row.version == self._policy.version and self._row.settled_at is None

    def noted(self, decisions: Decisions, position: int, log_time: int) -> PolicyRow | None:
        """The row to be written with a chunk that read these decisions; None when nothing is new."""
        row, own = self._row, self._policy.version
        told = {one.version for _, one in decisions.applied if one.kind == IDENTITY}
        if row.version != own:
            if own not in told:
                return None
            row = self._begun(position, log_time)
        elif told - {own}:  # writers by other rules acted before the log said so, and ours are back
            row = self._begun(position, log_time)
        elif self._is_noted:
            return None
        else:
            at = None if row.settled_at is None else log_time
            row = msgspec.structs.replace(row, position=position, at=log_time, settled_at=at)
        self._row, self._is_noted = row, True
        return row

    def writes(self, position: int, log_time: int, epoch: int) -> ChunkWrites | None:
        """The next identifiers settled by today's rules, as a commit of its own; None when none is under way.

        Not while another chunk is being committed.
        """
        row = self._row
        if not self.is_under_way:
            return None
        if not self._is_noted:
            row = msgspec.structs.replace(row, position=position, at=log_time)
        nodes = self._store.nodes_after(row.reached, self._portion)
        blocked = self._blocked([node.fragment for node in nodes])
        open_ones = [node.fragment for node in nodes if not self._stays_cut(node, blocked, log_time)]
        resolved = self._resolver.reconsider(open_ones, position, log_time, blocked)
        is_last = len(nodes) < self._portion
        row = msgspec.structs.replace(
            row,
            reached=b"" if is_last else nodes[-1].fragment,
            settled_at=log_time if is_last else None,
        )
        self._row, self._is_noted = row, True
        return ChunkWrites(
            position_before=position,
            position_after=position,
            epoch=epoch,
            log_time=log_time,
            policy=row,
            **resolved.rows,
        )

    def _begun(self, position: int, log_time: int) -> PolicyRow:
        return PolicyRow(IDENTITY, position, self._policy.version, body(self._policy, self._vault), log_time)

    def _blocked(self, fragments: list[bytes]) -> dict[bytes, bool]:
        """Whether nobody owns the value of each, by today's rules; what is erased has none."""
        keys = [key for key in self._store.keys_of(fragments) if key.retention == RETENTION]
        return {key.fragment: not is_usable(self._policy, self._vault, key) for key in keys}

    def _stays_cut(self, node: NodeRow, blocked: Mapping[bytes, bool], log_time: int) -> bool:
        """Whether nothing is joined through it before as after: then all those around it need not be looked at."""
        if not is_cut(node) or blocked.get(node.fragment, node.is_blocked) != node.is_blocked:
            return False
        (held,) = self._resolver.held([node.component])
        hub = self._hub(node, held, log_time)
        return hub == node.hub and (node.is_blocked or hub == "confirmed")

    def _hub(self, node: NodeRow, held: Held, log_time: int) -> str:
        """The standing of a cut identifier as a hub, from those around it alone."""
        kind = self._policy.by_name.get(node.kind)
        if kind is None:
            return ""
        seen = {
            edge.b if edge.a == node.fragment else edge.a: edge
            for edge in held.edges
            if edge.tier == OBSERVED and edge.state != "retracted"
        }
        decided = standing(
            Decision(row.id, row.action, row.a, row.b, row.at) for row in held.steered if row.retracted_at is None
        )
        around: dict[str, list[int]] = {}
        for other in self._resolver.nodes(seen).values():
            edge = seen[other.fragment]
            if self._policy.joins(node.kind, other.kind, self._policy.trust(edge.sources)):
                around.setdefault(other.kind, []).append(edge.first_at)
        about = decided.get((node.fragment, node.fragment))
        return hub_status(confirmed_from(self._policy, kind, around, about.action if about else None), log_time)
