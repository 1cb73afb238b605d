"""What the accepted events of a chunk say about who was seen with whom: each edge once, with the least of its times."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.identity.graph import NEVER, Pair
from itda.store.ports import EvidenceRow


class Seen(msgspec.Struct, gc=False):
    """What all the evidence of one edge comes to, in whatever order it came."""

    first_at: int
    only_day: int | None
    """The local date of all of it; None where there are several."""
    sources: str
    """Names, sorted, with spaces between."""

    def also(self, first_at: int, only_day: int | None, sources: str) -> Seen:
        """With more of it."""
        told = self.sources
        if sources != told:
            told = " ".join(sorted({*told.split(), *sources.split()}))
        is_same_day = only_day == self.only_day
        return Seen(min(first_at, self.first_at), only_day if is_same_day else None, told)


class Sighting(msgspec.Struct, frozen=True, gc=False):
    """The identifiers of one accepted event: the one it counts on first, the others tied to it."""

    fragments: tuple[bytes, ...]
    kinds: tuple[str, ...]
    source: str
    local_date: int
    occurred_at: int
    position: int


def gathered(
    sightings: Sequence[Sighting],
) -> tuple[dict[bytes, int], dict[bytes, str], dict[tuple[bytes, bytes, str, int], EvidenceRow], dict[Pair, Seen]]:
    """Per identifier its least event time and its kind; per (edge, source, day) what was seen; per edge all of it."""
    first: dict[bytes, int] = {}
    kinds: dict[bytes, str] = {}
    evidence: dict[tuple[bytes, bytes, str, int], EvidenceRow] = {}
    seen: dict[Pair, Seen] = {}
    for sighting in sightings:
        fragments = sighting.fragments
        at = sighting.occurred_at
        own = fragments[0]
        if first.get(own, NEVER) > at:
            first[own] = at
            kinds[own] = sighting.kinds[0]
        if len(fragments) == 1:
            continue
        source, day = sighting.source, sighting.local_date
        for place in range(1, len(fragments)):
            other = fragments[place]
            if other == own:
                continue
            if first.get(other, NEVER) > at:
                first[other] = at
                kinds[other] = sighting.kinds[place]
            a, b = (own, other) if own < other else (other, own)
            row = evidence.get((a, b, source, day))
            if row is None:
                evidence[a, b, source, day] = EvidenceRow(a, b, source, day, 1, at, at, sighting.position)
                before = seen.get((a, b))
                seen[a, b] = Seen(at, day, source) if before is None else before.also(at, day, source)
                continue
            row.count += 1
            row.sample = min(row.sample, sighting.position)
            if at < row.first_at:
                row.first_at = at
                seen[a, b].first_at = min(seen[a, b].first_at, at)
            elif at > row.last_at:
                row.last_at = at
    return first, kinds, evidence, seen
