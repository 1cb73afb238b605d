"""What the engine asks of a store, whichever it is: PostgreSQL, or the memory twin that tests use.

Byte ids are 16 bytes. Times are microseconds UTC, days are day numbers since 1970-01-01. Lists in `ChunkWrites` are
written together with the move of the cursor in one transaction, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from itda.store.erasure_rows import ErasureRow, RetoldRow, Suppressed


class Record(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One request body as it came through a door. `call` is the tracking call: batch, track, identify … or steward."""

    source: str
    call: str
    body: bytes
    address: str = ""
    """The client's network address, truncated (IPv4 /24, IPv6 /48); empty when the door has none."""
    is_permanent: bool = False
    """True for file imports: the events' ids are permanent keys."""


class Frame(msgspec.Struct, frozen=True):
    """One group commit of the intake."""

    position: int
    received_at: int
    records: list[Record]


class Appended(msgspec.Struct, frozen=True):
    """Where a frame went: durable when this value is returned."""

    position: int
    received_at: int


class Intake(Protocol):
    """The first part of the log: raw frames in commit order, at most three days."""

    def append(self, records: Sequence[Record], now: int) -> Appended:
        """Write one frame and return when it is durable. `received_at` never decreases along positions."""
        ...

    def read(self, after: int, max_bytes: int) -> list[Frame]:
        """Frames with a position above `after`, in order, at most about `max_bytes` of them (at least one if any)."""
        ...

    def tick(self, now: int) -> Appended:
        """The head of the log; every later frame is received at or after the returned time."""
        ...


VALUE_LABEL = "identifier"
"""What an identifier's own value is bound to in the key store, besides its fragment."""


class KeyRow(msgspec.Struct, frozen=True, gc=False):
    """One row of the key store: the only tie between a value (by its blind index), its fragment and its key."""

    blind: bytes
    fragment: bytes
    generation: int
    kind: str
    wrapped_key: bytes
    value_sealed: bytes
    """The identifier's normalised value, sealed under the fragment's own key."""
    retention: str = "standard"


class NodeRow(msgspec.Struct, gc=False):
    """One identifier. `customer` is the fragment id of the oldest identifier in its cluster."""

    fragment: bytes
    kind: str
    first_at: int
    """The least occurred_at over the events it was seen in, edges or not."""
    component: bytes
    """The oldest identifier of its raw component (edges traversed without passing through hubs)."""
    customer: bytes
    hub: str = ""
    """Empty, `suspected` or `confirmed`."""
    is_blocked: bool = False


class EdgeRow(msgspec.Struct, gc=False):
    """Two identifiers seen together, a < b. `state` is active, suppressed (with `reason`) or retracted."""

    a: bytes
    b: bytes
    tier: int
    """0 must-link by a steward, 1 observed in one event, 2 probabilistic."""
    first_at: int
    """The least first_at of its evidence (or the decision's time): how often and until when, its evidence says."""
    state: str = "active"
    reason: str = ""
    only_day: int | None = None
    """The local date of all its evidence; None where it was seen on several, or never."""
    sources: str = ""
    """The names of those that told it, sorted, with spaces between."""


class EvidenceRow(msgspec.Struct, gc=False):
    """How often an edge was seen on one day through one source; `count` is added to what is stored."""

    a: bytes
    b: bytes
    source: str
    local_date: int
    count: int
    first_at: int
    last_at: int
    sample: int
    """Log position of one of the events, the least."""


class SteeredRow(msgspec.Struct, frozen=True, gc=False):
    """A steward's decision about two identifiers: `must` or `cannot`; one that is retracted stays, with its time."""

    id: bytes
    action: str
    a: bytes
    b: bytes
    steward: str
    at: int
    reason_sealed: bytes
    """Why, under the key of the lesser of a and b."""
    retracted_at: int | None = None


class ResolutionRow(msgspec.Struct, frozen=True, gc=False):
    """Before and after of one changed component: partitions as lists of lists of fragment ids."""

    position: int
    at: int
    cause: str
    before: list[list[bytes]]
    after: list[list[bytes]]
    policy_version: str
    decision: bytes | None = None
    """The steward's decision behind it, where there is one."""

    @property
    def members(self) -> list[bytes]:
        """Every identifier in it, each once."""
        return sorted({one for side in (self.before, self.after) for cluster in side for one in cluster})


class PolicyRow(msgspec.Struct, frozen=True, gc=False):
    """Rules that are in force from a log position on. `body` is the definition as JSON, `version` tells it apart."""

    kind: str
    position: int
    version: str
    body: str
    at: int
    """Log time."""
    reached: bytes = b""
    """Identifiers up to this fragment id follow it, and all that came since."""
    settled_at: int | None = None
    """Log time from which all do; None while earlier identifiers are being reconsidered."""


class FragmentRow(msgspec.Struct, gc=False):
    """The fold of one identifier's events. `state` is opaque to the store (profiles encodes it)."""

    fragment: bytes
    state: bytes
    events: int
    first_at: int
    last_at: int
    is_spilled: bool = False


class RecentRow(msgspec.Struct, gc=False):
    """A full page of event references of a fragment: `page` counts from 0, `refs` is packed (at, position) pairs."""

    fragment: bytes
    page: int
    refs: bytes


class QuarantineRow(msgspec.Struct, gc=False):
    """A refused event, its body sealed under the month's quarantine key."""

    position: int
    source: str
    channel: str
    received_at: int
    reason: str
    detail: str
    name: str
    sealed: bytes
    key_month: int
    """Year * 12 + month - 1 of the quarantine key."""
    cut_from: int | None = None
    """Bytes of the event as it came, where only the first of them are kept."""


class QualityRow(msgspec.Struct, gc=False):
    """A count to add: data quality per day of receipt, source and channel. `measure` may be `quarantined:<reason>`."""

    local_date: int
    source: str
    channel: str
    measure: str
    n: int


class NameRow(msgspec.Struct, frozen=True, gc=False):
    """A person's full name for search: 20 bits of a keyed hash of its normal form, so candidates are verified."""

    hash: int
    fragment: bytes


class HouseholdRow(msgspec.Struct, frozen=True, gc=False):
    """Something a household shares (an address, a phone): 64 bits of a keyed hash, so candidates are verified."""

    hash: int
    fragment: bytes


class LakeBlock(msgspec.Struct, frozen=True):
    """One chunk's accepted events as a sealed, compressed Arrow IPC stream: see store/lake for its columns."""

    position: int
    """The frame position the chunk ends at."""
    rows: int
    block: bytes


class DedupeBlock(msgspec.Struct, frozen=True):
    """The 16-byte hashes of a chunk's event ids, concatenated, to be remembered for the window."""

    position: int
    hour: int
    """received_at in whole hours since 1970."""
    keys: bytes


class DedupeFile(msgspec.Struct, frozen=True):
    """A sorted file of event ids accepted in one hour. `path` is its name in the workspace's dedupe folder."""

    path: str
    hour: int
    rows: int
    max_position: int


class DedupeSwap(msgspec.Struct, frozen=True):
    """Blocks that became files, and files that were merged or fell out of the window."""

    added: list[DedupeFile]
    removed: list[str]
    """Paths of files whose rows go."""
    folded_to: int
    """Blocks up to this position are in files now and their rows go; 0 for none."""


class ChunkWrites(msgspec.Struct, kw_only=True):
    """Everything one chunk changes."""

    position_before: int
    position_after: int
    epoch: int
    log_time: int
    keys: list[KeyRow] = []
    """Of new identifiers: nothing is stored of their fragments, nor of an edge that one of them is an end of."""
    nodes: list[NodeRow] = []
    edges: list[EdgeRow] = []
    evidence: list[EvidenceRow] = []
    corrected: list[EvidenceRow] = []
    """Rows that replace what is stored for their (a, b, source, local_date), after `evidence`; count 0 deletes it."""
    steered: list[SteeredRow] = []
    resolutions: list[ResolutionRow] = []
    fragments: list[FragmentRow] = []
    recents: list[RecentRow] = []
    quarantine: list[QuarantineRow] = []
    names: list[NameRow] = []
    households: list[HouseholdRow] = []
    quality: list[QualityRow] = []
    permanent_ids: list[bytes] = []
    lake: LakeBlock | None = None
    dedupe: DedupeBlock | None = None
    dedupe_swap: DedupeSwap | None = None
    is_first: bool = False
    """Nothing is stored of any of these identifiers, edges and evidence: they come in the order of their keys."""
    policy: PolicyRow | None = None
    """Replaces what is stored at its kind and position."""
    refolded: list[bytes] = []  # fragments of which everything folded that is stored goes first
    retold: list[RetoldRow] = []
    erasures: list[ErasureRow] = []  # carried out after everything else is written


class Component(msgspec.Struct):
    """Everything known about some raw components: what the resolver recomputes from."""

    nodes: list[NodeRow]
    edges: list[EdgeRow]
    evidence: list[EvidenceRow]
    steered: list[SteeredRow]


class GraphReads(Protocol):
    """What there is to read of who is whom, and of the rules it follows."""

    def keys_of(self, fragments: Sequence[bytes]) -> list[KeyRow]:
        """The key rows of these fragments."""
        ...

    def policy(self, kind: str) -> PolicyRow | None:
        """The rules of a kind that are in force; None before the first."""
        ...

    def nodes(self, fragments: Sequence[bytes]) -> list[NodeRow]:
        """The identifiers with these fragment ids."""
        ...

    def nodes_after(self, fragment: bytes, most: int) -> list[NodeRow]:
        """The first so many identifiers above a fragment id, in the order of their ids."""
        ...

    def edges_known(self, pairs: Sequence[tuple[bytes, bytes]]) -> list[EdgeRow]:
        """Those of these edges that exist."""
        ...

    def components(self, components: Sequence[bytes], *, with_evidence: bool = False) -> Component:
        """Nodes of these raw components with every edge and steward's decision that touches them; evidence if asked."""
        ...

    def suspected_hubs(self) -> list[bytes]:
        """Fragments of the identifiers whose hub status is `suspected`: few, they wait to be confirmed."""
        ...


class PipelineStore(GraphReads, Protocol):
    """What the pipeline reads and writes. One writer: `commit` refuses (Conflict) a stale epoch or a moved cursor."""

    def acquire(self) -> tuple[int, int, int]:
        """Become the writer: (epoch, cursor position, log time). Any former writer can commit nothing more."""
        ...

    def keys(self, blinds: Sequence[bytes]) -> list[KeyRow]:
        """Living key rows (newest generation) of these blind indexes."""
        ...

    def first_seen(self, fragments: Sequence[bytes], without: Sequence[bytes]) -> dict[bytes, int]:
        """The least event time of each, by its own events and its links but those to `without`; none: not seen."""
        ...

    def resolutions_of(self, fragments: Sequence[bytes]) -> list[tuple[int, ResolutionRow]]:
        """The rows of the log of resolutions that name any of these, with their numbers."""
        ...

    def paused(self, fragments: Sequence[bytes]) -> set[bytes]:
        """Those of these fragments whose customer paused the use of where they are."""
        ...

    def suppressed(self, blinds: Sequence[bytes]) -> dict[bytes, Suppressed]:
        """Those of these blind indexes whose value was erased, for as long as that is remembered."""
        ...

    def gone(self, fragments: Sequence[bytes]) -> set[bytes]:
        """Those of these fragments that were erased, however long ago."""
        ...

    def fragments(self, fragments: Sequence[bytes]) -> list[FragmentRow]:
        """Folds of these fragments, where there are any."""
        ...

    def quarantine_kept(self, since: int, until: int) -> dict[str, int]:
        """Sealed bytes of what was refused from `since` to before `until` (log time), by source."""
        ...

    def permanent_known(self, ids: Sequence[bytes]) -> set[bytes]:
        """Those of these permanent ids that were accepted before."""
        ...

    def dedupe_blocks(self) -> Iterable[DedupeBlock]:
        """Blocks not yet folded into files, oldest first."""
        ...

    def dedupe_files(self) -> list[DedupeFile]:
        """The files of the window, oldest first."""
        ...

    def commit(self, writes: ChunkWrites) -> None:
        """Write all of it and move the cursor, or raise Conflict and change nothing."""
        ...

    def close(self) -> None:
        """Let go of what it holds; the next use takes it again."""
        ...
