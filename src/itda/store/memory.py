"""The store in memory: the twin that tests use, held to the same agreement tests as PostgreSQL's.

It keeps every promise but durability. Several stores over one `MemoryTables` are several processes over one database.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from itda.base.errors import Conflict
from itda.store.chunk_sql import summed_evidence, summed_quality
from itda.store.erasure_rows import ErasureRow, Suppressed
from itda.store.ports import (
    Appended,
    ChunkWrites,
    Component,
    DedupeBlock,
    DedupeFile,
    EdgeRow,
    EvidenceRow,
    FragmentRow,
    Frame,
    HouseholdRow,
    KeyRow,
    LakeBlock,
    NameRow,
    NodeRow,
    PolicyRow,
    QuarantineRow,
    RecentRow,
    Record,
    ResolutionRow,
    SteeredRow,
)
from itda.store.vault import KEY_LENGTH, Cipher

Held = TypeVar("Held", bound=msgspec.Struct)


class MemoryIntake:
    """The intake of one workspace, gone with its process."""

    def __init__(self) -> None:
        self._frames: list[Frame] = []
        self._received_at = 0
        self._lock = threading.Lock()

    def append(self, records: Sequence[Record], now: int) -> Appended:
        """Write one frame."""
        with self._lock:
            self._received_at = max(self._received_at, now)
            frame = Frame(position=len(self._frames) + 1, received_at=self._received_at, records=list(records))
            self._frames.append(frame)
            return Appended(position=frame.position, received_at=frame.received_at)

    def read(self, after: int, max_bytes: int) -> list[Frame]:
        """Frames above `after` in order, at most about `max_bytes` of bodies (at least one if any)."""
        found: list[Frame] = []
        size = 0
        for frame in self._frames[max(after, 0) :]:
            if found and size >= max_bytes:
                break
            found.append(frame)
            size += sum(len(record.body) for record in frame.records)
        return found

    def tick(self, now: int) -> Appended:
        """Move log time on without a frame; the head of the log."""
        with self._lock:
            self._received_at = max(self._received_at, now)
            return Appended(position=len(self._frames), received_at=self._received_at)


class MemoryTables(msgspec.Struct):
    """What PostgreSQL would hold; tests may look at it."""

    position: int = 0
    epoch: int = 0
    log_time: int = 0
    keys: dict[tuple[bytes, int, str], KeyRow] = {}
    nodes: dict[bytes, NodeRow] = {}
    edges: dict[tuple[bytes, bytes], EdgeRow] = {}
    evidence: dict[tuple[bytes, bytes, str, int], EvidenceRow] = {}
    steered: dict[bytes, SteeredRow] = {}
    resolutions: list[ResolutionRow] = []
    policies: dict[tuple[str, int], PolicyRow] = {}
    fragments: dict[bytes, FragmentRow] = {}
    recents: dict[tuple[bytes, int], RecentRow] = {}
    names: set[NameRow] = set()
    households: set[HouseholdRow] = set()
    quarantine: dict[int, QuarantineRow] = {}
    quality: dict[tuple[int, str, str, str], int] = {}
    permanent_ids: set[bytes] = set()
    lake: dict[int, LakeBlock] = {}
    dedupe: dict[int, DedupeBlock] = {}
    dedupe_files: dict[str, DedupeFile] = {}
    suppressed: dict[bytes, Suppressed] = {}
    paused: set[bytes] = set()
    """Fragments whose use of where they are is paused, every one of a customer's."""
    erased: set[bytes] = set()


class MemoryPipelineStore:
    """The store of one pipeline. Give two of them the same tables, and they are two writers."""

    def __init__(self, tables: MemoryTables | None = None) -> None:
        self.tables = tables or MemoryTables()

    def acquire(self) -> tuple[int, int, int]:
        """Become the writer: (epoch, cursor position, log time). Any former writer can commit nothing more."""
        self.tables.epoch += 1
        return self.tables.epoch, self.tables.position, self.tables.log_time

    def keys(self, blinds: Sequence[bytes]) -> list[KeyRow]:
        """Living key rows (newest generation) of these blind indexes."""
        wanted = set(blinds)
        rows = [row for row in self.tables.keys.values() if row.blind in wanted]
        newest: dict[bytes, int] = {}
        for row in rows:
            newest[row.blind] = max(row.generation, newest.get(row.blind, 0))
        return [row for row in rows if row.generation == newest[row.blind]]

    def keys_of(self, fragments: Sequence[bytes]) -> list[KeyRow]:
        """The key rows of these fragments."""
        wanted = set(fragments)
        return [row for row in self.tables.keys.values() if row.fragment in wanted]

    def policy(self, kind: str) -> PolicyRow | None:
        """The rules of a kind that are in force; None before the first."""
        known = [key for key in self.tables.policies if key[0] == kind]
        return self.tables.policies[max(known)] if known else None

    def nodes_after(self, fragment: bytes, most: int) -> list[NodeRow]:
        """The first so many identifiers above a fragment id, in the order of their ids."""
        above = sorted(one for one in self.tables.nodes if one > fragment)
        return [_copy(self.tables.nodes[one]) for one in above[:most]]

    def nodes(self, fragments: Sequence[bytes]) -> list[NodeRow]:
        """The identifiers with these fragment ids."""
        return [_copy(self.tables.nodes[one]) for one in dict.fromkeys(fragments) if one in self.tables.nodes]

    def edges_known(self, pairs: Sequence[tuple[bytes, bytes]]) -> list[EdgeRow]:
        """Those of these edges that exist."""
        return [_copy(self.tables.edges[pair]) for pair in dict.fromkeys(pairs) if pair in self.tables.edges]

    def components(self, components: Sequence[bytes], *, with_evidence: bool = False) -> Component:
        """Nodes of these raw components with every edge and steward's decision that touches them; evidence if asked."""
        wanted = set(components)
        nodes = [node for node in self.tables.nodes.values() if node.component in wanted]
        touched = {node.fragment for node in nodes}
        edges = [edge for edge in self.tables.edges.values() if edge.a in touched or edge.b in touched]
        pairs = {(edge.a, edge.b) for edge in edges}
        return Component(
            nodes=[_copy(node) for node in nodes],
            edges=[_copy(edge) for edge in edges],
            evidence=[_copy(row) for row in self.tables.evidence.values() if with_evidence and (row.a, row.b) in pairs],
            steered=[row for row in self.tables.steered.values() if row.a in touched or row.b in touched],
        )

    def suspected_hubs(self) -> list[bytes]:
        """Fragments of the identifiers whose hub status is `suspected`."""
        return sorted(node.fragment for node in self.tables.nodes.values() if node.hub == "suspected")

    def fragments(self, fragments: Sequence[bytes]) -> list[FragmentRow]:
        """Folds of these fragments, where there are any."""
        return [_copy(self.tables.fragments[one]) for one in dict.fromkeys(fragments) if one in self.tables.fragments]

    def first_seen(self, fragments: Sequence[bytes], without: Sequence[bytes]) -> dict[bytes, int]:
        """The least event time of each, by its own events and its links but those to `without`; none: not seen."""
        found: dict[bytes, int] = {}
        seen = [(row.fragment, row.first_at) for row in self.tables.fragments.values()]
        for row in self.tables.evidence.values():
            if row.a not in without and row.b not in without:
                seen += [(row.a, row.first_at), (row.b, row.first_at)]
        for one, at in seen:
            if one in fragments:
                found[one] = min(at, found.get(one, at))
        return found

    def resolutions_of(self, fragments: Sequence[bytes]) -> list[tuple[int, ResolutionRow]]:
        """The rows of the log of resolutions that name any of these, with their numbers."""
        wanted = set(fragments)
        return [(seq, row) for seq, row in enumerate(self.tables.resolutions) if wanted.intersection(row.members)]

    def paused(self, fragments: Sequence[bytes]) -> set[bytes]:
        """Those of these fragments whose customer paused the use of where they are."""
        return self.tables.paused.intersection(fragments)

    def suppressed(self, blinds: Sequence[bytes]) -> dict[bytes, Suppressed]:
        """Those of these blind indexes whose value was erased."""
        return {blind: self.tables.suppressed[blind] for blind in blinds if blind in self.tables.suppressed}

    def gone(self, fragments: Sequence[bytes]) -> set[bytes]:
        """Those of these fragments that were erased, however long ago."""
        return self.tables.erased.intersection(fragments)

    def quarantine_kept(self, since: int, until: int) -> dict[str, int]:
        """Sealed bytes of what was refused from `since` to before `until` (log time), by source."""
        kept: Counter[str] = Counter()
        for row in self.tables.quarantine.values():
            if since <= row.received_at < until:
                kept[row.source] += len(row.sealed)
        return dict(kept)

    def permanent_known(self, ids: Sequence[bytes]) -> set[bytes]:
        """Those of these permanent ids that were accepted before."""
        return self.tables.permanent_ids.intersection(ids)

    def dedupe_blocks(self) -> Iterator[DedupeBlock]:
        """Blocks not yet folded into files, oldest first."""
        return iter([self.tables.dedupe[position] for position in sorted(self.tables.dedupe)])

    def dedupe_files(self) -> list[DedupeFile]:
        """The files of the window, oldest first."""
        return sorted(self.tables.dedupe_files.values(), key=lambda file: (file.hour, file.max_position, file.path))

    def close(self) -> None:
        """Nothing is held open."""

    def commit(self, writes: ChunkWrites) -> None:
        """Write all of it and move the cursor, or raise Conflict and change nothing."""
        tables = self.tables
        if (tables.position, tables.epoch) != (writes.position_before, writes.epoch):
            raise Conflict("another writer has taken over, or the cursor has moved")
        new_keys = [(row.blind, row.generation, row.retention) for row in writes.keys]
        blocks = (writes.lake, tables.lake), (writes.dedupe, tables.dedupe)
        is_known = any(key in tables.keys for key in new_keys) or len(set(new_keys)) < len(new_keys)
        if is_known or any(block and block.position in held for block, held in blocks):
            raise Conflict("written already")
        tables.position, tables.log_time = writes.position_after, writes.log_time
        self._write_truth(writes)
        self._write_identity(writes)
        self._write_rest(writes)
        for told in writes.retold:
            row = tables.resolutions[told.seq]
            tables.resolutions[told.seq] = msgspec.structs.replace(row, before=told.before, after=told.after)
        for erasure in writes.erasures:
            self._erase(erasure)

    def _erase(self, erasure: ErasureRow) -> None:
        tables, gone = self.tables, set(erasure.fragments)
        tables.erased |= gone
        for key in [key for key, row in tables.keys.items() if row.fragment in gone]:
            row = tables.keys.pop(key)
            was = tables.suppressed.get(row.blind, Suppressed(0, 0))
            tables.suppressed[row.blind] = Suppressed(max(was.generation, row.generation), max(was.since, erasure.at))
        tables.edges = {key: row for key, row in tables.edges.items() if not gone.intersection(key)}
        tables.evidence = {key: row for key, row in tables.evidence.items() if not gone.intersection(key[:2])}
        for one in [row.id for row in tables.steered.values() if row.a in gone or row.b in gone]:
            del tables.steered[one]
        for fragment in gone:
            tables.nodes.pop(fragment, None)
        self._forget_folds(gone)

    def _forget_folds(self, gone: set[bytes]) -> None:
        tables = self.tables
        if not gone:
            return
        for fragment in gone:
            tables.fragments.pop(fragment, None)
        tables.recents = {key: row for key, row in tables.recents.items() if key[0] not in gone}
        tables.names = {row for row in tables.names if row.fragment not in gone}
        tables.households = {row for row in tables.households if row.fragment not in gone}

    def _write_truth(self, writes: ChunkWrites) -> None:
        tables = self.tables
        tables.keys.update({(row.blind, row.generation, row.retention): row for row in writes.keys})
        tables.permanent_ids.update(writes.permanent_ids)
        if writes.lake is not None:
            tables.lake[writes.lake.position] = writes.lake
        if writes.dedupe is not None:
            tables.dedupe[writes.dedupe.position] = writes.dedupe
        if writes.dedupe_swap is not None:
            for path in writes.dedupe_swap.removed:
                tables.dedupe_files.pop(path, None)
            tables.dedupe_files.update({file.path: file for file in writes.dedupe_swap.added})
            for position in [known for known in tables.dedupe if known <= writes.dedupe_swap.folded_to]:
                del tables.dedupe[position]

    def _write_identity(self, writes: ChunkWrites) -> None:
        tables = self.tables
        tables.nodes.update({row.fragment: _copy(row) for row in writes.nodes})
        tables.edges.update({(row.a, row.b): _copy(row) for row in writes.edges})
        for row in summed_evidence(writes.evidence):
            key = (row.a, row.b, row.source, row.local_date)
            known = tables.evidence.get(key)
            tables.evidence[key] = row if known is None else summed_evidence([known, row])[0]
        for row in writes.corrected:
            key = (row.a, row.b, row.source, row.local_date)
            if row.count:
                tables.evidence[key] = _copy(row)
            else:
                tables.evidence.pop(key, None)
        for decision in writes.steered:
            stored = tables.steered.get(decision.id, decision)
            tables.steered[decision.id] = msgspec.structs.replace(stored, retracted_at=decision.retracted_at)
        tables.resolutions.extend(writes.resolutions)
        if writes.policy is not None:
            tables.policies[writes.policy.kind, writes.policy.position] = writes.policy

    def _write_rest(self, writes: ChunkWrites) -> None:
        tables = self.tables
        self._forget_folds(set(writes.refolded))
        tables.fragments.update({row.fragment: _copy(row) for row in writes.fragments})
        tables.recents.update({(row.fragment, row.page): _copy(row) for row in writes.recents})
        tables.names.update(writes.names)
        tables.households.update(writes.households)
        for refused in writes.quarantine:
            tables.quarantine.setdefault(refused.position, _copy(refused))
        for row in summed_quality(writes.quality):
            key = (row.local_date, row.source, row.channel, row.measure)
            tables.quality[key] = tables.quality.get(key, 0) + row.n


class MemoryKeys:
    """The quarantine's keys of one process: see time_keys."""

    def __init__(self) -> None:
        self._ciphers: dict[int, Cipher] = {}

    def key(self, month: int) -> Cipher:
        """The month's cipher, the same for every process."""
        return self._ciphers.setdefault(month, Cipher(month.to_bytes(KEY_LENGTH, "big"), f"quarantine {month}"))

    def open(self, month: int) -> Cipher | None:
        """The month's cipher; None where it never was."""
        return self._ciphers.get(month)


def _copy(row: Held) -> Held:
    """Rows go in and come out by value, as through a database."""
    return msgspec.structs.replace(row)
