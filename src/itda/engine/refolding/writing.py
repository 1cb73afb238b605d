"""Fragments folded anew from the lake by the one writer, at their record's place in the log.

Everything before the record is in the lake and nothing after it: so what is written is what a rebuild would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from itda.base.errors import Broken
from itda.engine.absorbing import Absorbing, event_of
from itda.engine.keyring import RETENTION, event_label
from itda.engine.prepared import Prepared
from itda.engine.reading import Reading
from itda.engine.refolding.told import decode, row
from itda.engine.rules import Rules
from itda.profiles.fold import FragmentState
from itda.store.database import Database
from itda.store.lake.block import OWN_MARK, RETENTION_SOURCE, of_rows, others_of
from itda.store.lake.expiring import Seen
from itda.store.ports import ChunkWrites, FragmentRow, LakeBlock, PipelineStore, RecentRow
from itda.store.vault import Cipher, Vault


class LakeRows:
    """Where the writer finds the rows of fragments: the lake, opened when it is first asked."""

    def __init__(self, db: Database, lake_dir: Path) -> None:
        self._db, self._lake_dir = db, lake_dir

    def of(self, fragments: Sequence[bytes]) -> list[dict[str, Any]]:
        """Every row on these fragments, in the order of the log."""
        from itda.store.lake.reader import LakeReader  # noqa: PLC0415 - few days have anything to fold anew

        with closing(LakeReader(self._db, self._lake_dir)) as reader, reader.snapshot() as snapshot:
            found: list[dict[str, Any]] = snapshot.of_fragments(fragments).sort_by("position").to_pylist()
        return found


class Refolding:
    """One record at a time; keeps nothing between them."""

    def __init__(self, store: PipelineStore, vault: Vault, rules: Rules, lake: LakeRows | None) -> None:
        self._store, self._vault, self._rules, self._lake = store, vault, rules, lake
        self._ciphers: dict[bytes, Cipher] = {}
        self._wrapped: dict[bytes, bytes] = {}
        self._kinds: dict[bytes, str] = {}

    def writes(self, reading: Reading, position_before: int, epoch: int) -> ChunkWrites:
        """Everything that folding the fragments of a record anew writes."""
        if self._lake is None:
            raise Broken("there is no lake to fold anybody anew from")
        told = [(item, decode(item.record.body)) for item in reading.steered]
        fragments = sorted({one for _, retained in told for one in retained.ids})
        rows = self._lake.of(fragments)
        self._know(fragments, rows)
        living = [one for one in fragments if one in self._kinds]
        absorbing = Absorbing(self._vault, self._rules, self._opened, self._cipher)
        states = self._states(rows, absorbing)
        folded, pages = self._rows(states)
        names, households = absorbing.found()
        lake = [row(item, retained, self._rules.dates) for item, retained in told]
        return ChunkWrites(
            position_before=position_before,
            position_after=reading.position,
            epoch=epoch,
            log_time=reading.log_time,
            refolded=living,
            fragments=folded,
            recents=pages,
            names=names,
            households=households,
            lake=LakeBlock(reading.position, len(lake), of_rows(lake)),
        )

    def _states(self, rows: Iterable[dict[str, Any]], absorbing: Absorbing) -> dict[bytes, FragmentState]:
        fold, states = self._rules.fold, dict[bytes, FragmentState]()
        for found in rows:
            own = found["fragment"]
            if own not in self._kinds:
                continue
            if found["source"] == RETENTION_SOURCE:
                seen = msgspec.json.decode(found["properties"], type=Seen)
                fold.remember(states.setdefault(own, fold.new()), seen.first_at, seen.last_at)
            elif not found["source"].startswith(OWN_MARK):
                plain = msgspec.json.decode(found["properties"])
                event = event_of(found, plain, fold.surroundings)
                owners = [(one, self._kinds[one]) for one in (own, *others_of(found["others"])) if one in self._kinds]
                absorbing.take(states.setdefault(own, fold.new()), event, owners, plain, found["sealed"])
        return states

    def _rows(self, states: dict[bytes, FragmentState]) -> tuple[list[FragmentRow], list[RecentRow]]:
        fold, rows, pages = self._rules.fold, list[FragmentRow](), list[RecentRow]()
        for fragment, state in sorted(states.items()):
            while (page := fold.full_page(state)) is not None:
                pages.append(RecentRow(fragment, *page))
            encoded, is_spilled = fold.encode(state), fold.is_spilled(state)
            rows.append(FragmentRow(fragment, encoded, state.events, state.first_at, state.last_at, is_spilled))
        return rows, pages

    def _know(self, fragments: Sequence[bytes], rows: Iterable[dict[str, Any]]) -> None:
        named = {*fragments, *(other for found in rows for other in others_of(found["others"]))}
        living = [key for key in self._store.keys_of(sorted(named)) if key.retention == RETENTION]
        self._kinds = {key.fragment: key.kind for key in living}
        self._wrapped = {key.fragment: key.wrapped_key for key in living}
        self._ciphers = {}

    def _cipher(self, fragment: bytes) -> Cipher:
        if fragment not in self._ciphers:
            self._ciphers[fragment] = self._vault.unwrap(fragment, self._wrapped[fragment], RETENTION)
        return self._ciphers[fragment]

    def _opened(self, event: Prepared, fragment: bytes, sealed: bytes | None) -> dict[str, Any]:
        if sealed is None:
            return {}
        blob = self._cipher(fragment).open(fragment, event_label(event.position), sealed)
        found: dict[str, Any] = msgspec.json.decode(blob).get("properties", {})
        return found
