"""What one call of the resolver has to settle, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from itda.engine.held import is_cut
from itda.engine.sightings import Seen
from itda.identity.graph import OBSERVED, Pair
from itda.store.ports import EdgeRow, EvidenceRow, NodeRow, ResolutionRow, SteeredRow


class Correction(msgspec.Struct, frozen=True):
    """What is left of some days after events were erased or corrected, recounted from the lake.

    `evidence` replaces what is stored for its (a, b, source, local_date); count 0 where nothing is left. `first_at`
    gives every identifier of those events its least event time among the events left, None where none is.
    """

    evidence: list[EvidenceRow]
    first_at: dict[bytes, int | None]


class Resolved(msgspec.Struct):
    """Rows that differ from what is stored, and every identifier whose customer is new or another one now."""

    nodes: list[NodeRow] = []
    edges: list[EdgeRow] = []
    evidence: list[EvidenceRow] = []
    corrected: list[EvidenceRow] = []
    steered: list[SteeredRow] = []
    resolutions: list[ResolutionRow] = []
    customers: dict[bytes, bytes] = {}

    @property
    def rows(self) -> dict[str, Any]:
        """Every row, by the names that `ChunkWrites` has for them."""
        found = msgspec.structs.asdict(self)
        del found["customers"]
        return found


class Unsettled(msgspec.Struct):
    """What one call has to settle."""

    position: int
    log_time: int
    cause: str
    known: dict[bytes, NodeRow]
    kinds: dict[bytes, str]
    first_at: dict[bytes, int]
    observed: dict[Pair, Seen | None]
    steered: list[SteeredRow]
    seeds: set[bytes]
    reopened: set[bytes]
    again: dict[Pair, Seen] = {}
    """Known links of which more is known now, and nothing earlier."""
    blocked: Mapping[bytes, bool] = {}


def compare(seen: Mapping[Pair, Seen], stored: Mapping[Pair, EdgeRow], work: Unsettled) -> None:
    """What was seen that is not stored, to be settled: new links, earlier times, other days and other sources."""
    for key, told in seen.items():
        edge = stored.get(key)
        if edge is None or edge.tier != OBSERVED or edge.state == "retracted":
            work.observed[key] = told
            continue
        day = edge.only_day
        if told.first_at < edge.first_at:
            work.observed[key] = told.also(edge.first_at, day, edge.sources)
        elif (day is not None and day != told.only_day) or told.sources != edge.sources:
            both = told.also(edge.first_at, day, edge.sources)
            if both.only_day == day and both.sources == edge.sources:
                continue
            again = work.observed if any(is_cut(work.known[end]) for end in key) else work.again
            again[key] = both
