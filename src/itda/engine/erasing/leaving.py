"""What becomes of everybody else when identifiers are erased: exactly what a rebuild without them gives.

Rows of the lake on an erased identifier are gone for a rebuild, and in other rows it is not named any more. So links
to it vanish, an identifier that was seen with it may have been seen first only later, and one of which nothing else
was ever heard vanishes with it: it is known from the erased person's own doings alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from itda.engine.erasing.told import stripped
from itda.engine.held import Held, is_cut
from itda.engine.region import Reader
from itda.identity.graph import NEVER
from itda.profiles import orders
from itda.profiles.fold import Fold
from itda.store.erasure_rows import RetoldRow
from itda.store.ports import FragmentRow, NodeRow, PipelineStore, ResolutionRow


class Gone(msgspec.Struct, frozen=True):
    """Identifiers that are erased together, and who is left around them."""

    fragments: frozenset[bytes]
    left: dict[bytes, NodeRow]
    """Every other identifier of their raw components, and every hub that was seen with them."""
    first_at: dict[bytes, int]
    """Of those that were seen with them, when they were first seen otherwise; NEVER where only decisions name them."""


class Without:
    """What is stored, as if these identifiers were not."""

    def __init__(self, reader: Reader, gone: frozenset[bytes]) -> None:
        self._reader, self._gone = reader, gone

    def nodes(self, fragments: Iterable[bytes]) -> dict[bytes, NodeRow]:
        """The identifiers that are stored and stay, by fragment."""
        return self._reader.nodes([one for one in fragments if one not in self._gone])

    def held(self, components: Iterable[bytes]) -> list[Held]:
        """These raw components as stored, without them."""
        gone, found = self._gone, []
        for held in self._reader.held(components):
            nodes = tuple([row for row in held.nodes if row.fragment not in gone])
            edges = tuple([edge for edge in held.edges if edge.a not in gone and edge.b not in gone])
            steered = tuple([row for row in held.steered if row.a not in gone and row.b not in gone])
            if nodes:
                found.append(Held(nodes, edges, steered))
        return found


def leaving(store: PipelineStore, fragments: Sequence[bytes]) -> Gone:
    """Who goes with these identifiers, and who is left around them."""
    gone = set(fragments)
    known = store.nodes(sorted(gone))
    read = store.components(sorted({row.component for row in known}))
    ties = [*((edge.a, edge.b) for edge in read.edges), *((row.a, row.b) for row in read.steered)]
    seen_with = {end for ends in ties if gone.intersection(ends) for end in ends} - gone
    left = {row.fragment: row for row in read.nodes if row.fragment not in gone}
    around = store.nodes(sorted(seen_with - left.keys()))
    left |= {row.fragment: row for row in around}
    beside = store.components(sorted({row.component for row in around}))
    steered = [*read.steered, *beside.steered]
    decided = {end for row in steered if row.a not in gone and row.b not in gone for end in (row.a, row.b)}
    first_at = store.first_seen(sorted(seen_with), sorted(gone))
    unheard = {one for one in seen_with if one not in first_at and one not in decided}
    return Gone(
        frozenset(gone | unheard),
        {one: row for one, row in left.items() if one not in unheard},
        {one: first_at.get(one, NEVER) for one in seen_with - unheard},
    )


def hubs(gone: Gone) -> frozenset[bytes]:
    """Those left whose standing depends on who else is seen with them."""
    return frozenset(one for one in gone.first_at if one in gone.left and is_cut(gone.left[one]))


def forgetting(store: PipelineStore, fold: Fold, gone: Gone) -> list[FragmentRow]:
    """The folds of those left, without the addresses of the erased among those that their orders carried."""
    found = []
    for row in store.fragments(sorted(gone.first_at)):
        state = fold.decode(row.state)
        forgotten = [orders.forget(order, gone.fragments) for order in state.orders.values() if order.contacts]
        if any(forgotten):
            found.append(msgspec.structs.replace(row, state=fold.encode(state)))
    return found


def retold(stored: Iterable[tuple[int, ResolutionRow]], gone: frozenset[bytes]) -> list[RetoldRow]:
    """The log of resolutions without the erased; a row that is about nobody else goes."""
    rows = []
    for seq, row in stored:
        before, after = stripped(row.before, gone), stripped(row.after, gone)
        members = [one for one in row.members if one not in gone]
        rows.append(RetoldRow(seq, before if members else [], after if members else [], members))
    return rows
