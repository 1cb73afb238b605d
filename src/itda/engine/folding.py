"""Folds of fragments during a chunk: taken from memory or from the store in one query, written back changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from itda.engine.recent import RecentBytes
from itda.profiles.fold import Fold, FragmentState, trait_label
from itda.store.ports import FragmentRow, PipelineStore, RecentRow
from itda.store.vault import Cipher

_json = msgspec.json.Encoder()


class Folding:
    """The folds that the pipeline works on. What a chunk touched is written with it, so memory may forget it."""

    def __init__(self, store: PipelineStore, fold: Fold, limit: int, most_bytes: int) -> None:
        self._store = store
        self._fold = fold
        self._lately: RecentBytes[bytes] = RecentBytes(limit, most_bytes)
        """Encoded, as they are written: a fold in use is ten times as large, and slower to find in memory."""
        self.here: dict[bytes, FragmentState] = {}
        """The folds of the chunk, by fragment."""

    def begin(self, fragments: Iterable[bytes], new: set[bytes]) -> None:
        """Have the folds of these fragments at hand; `new` ones have none yet."""
        self.here = here = {}
        missing: list[bytes] = []
        decode, recall = self._fold.decode, self._lately.get
        for fragment in fragments:
            encoded = recall(fragment)
            if encoded is not None:
                here[fragment] = decode(encoded)
            elif fragment in new:
                here[fragment] = self._fold.new()
            else:
                missing.append(fragment)
        if missing:
            missing.sort()
            for row in self._store.fragments(missing):
                here[row.fragment] = decode(row.state)
            for fragment in missing:
                if fragment not in here:
                    here[fragment] = self._fold.new()

    def rows(self) -> tuple[list[FragmentRow], list[RecentRow]]:
        """Everything touched since `begin`, in the order of ids; it stays in memory, encoded."""
        fold, keep = self._fold, self._lately.put
        encode, full_page, is_spilled = fold.encode, fold.full_page, fold.is_spilled
        pages: list[RecentRow] = []
        rows: list[FragmentRow] = []
        here = self.here
        for fragment in sorted(here):
            state = here.pop(fragment)  # a chunk's folds are not held in both forms
            while (page := full_page(state)) is not None:
                pages.append(RecentRow(fragment, *page))
            encoded = encode(state)
            keep(fragment, encoded)
            rows.append(FragmentRow(fragment, encoded, state.events, state.first_at, state.last_at, is_spilled(state)))
        return rows, pages


def sealed_values(
    declared: list[tuple[str, Any, bool]], cipher: Cipher, fragment: bytes
) -> list[tuple[str, Any, bool]]:
    """Declared traits with the personal values among them sealed under the fragment's key."""
    return [
        (name, cipher.seal(fragment, trait_label(name), _json.encode(value)), True)
        if is_sealed
        else (name, value, False)
        for name, value, is_sealed in declared
    ]
