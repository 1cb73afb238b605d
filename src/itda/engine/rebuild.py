"""Everything derived, built again from lake and keys alone.

The rebuild runs the same pure functions as the pipeline over the lake's rows in log order, into a store of its own.
What it cannot know it does not touch: the key store, the quarantine, the logs, and counts of what was never accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from itda.engine import moving
from itda.engine.absorbing import Absorbing, event_of, sightings_of
from itda.engine.comparison import Difference
from itda.engine.counting import count
from itda.engine.dedupe import key, seed_of
from itda.engine.folding import Folding
from itda.engine.keyring import RETENTION, event_label
from itda.engine.moving import Told
from itda.engine.prepared import Prepared
from itda.engine.recent import Recent
from itda.engine.reconsidering import is_usable
from itda.engine.rules import Rules
from itda.engine.sightings import Sighting
from itda.engine.steering import Stated
from itda.engine.steering import row as steered_row
from itda.engine.wholesale.gathering import Gathering
from itda.engine.wholesale.settling import settled
from itda.engine.working_set import Bounds
from itda.events.event import ORDINALS
from itda.store.lake.block import (
    EXPIRED,
    JOURNEYS_SOURCE,
    OWN_ID,
    OWN_MARK,
    PERMANENT,
    RETENTION_SOURCE,
    SCHEMA,
    STEWARD_SOURCE,
    others_of,
)
from itda.store.lake.expiring import Seen
from itda.store.ports import ChunkWrites, KeyRow, PipelineStore, SteeredRow
from itda.store.vault import Cipher, Unsealable, Vault

Progress = Callable[[int, int | None], None]
_REMEMBERED = 60_000
_ROWS = 20_000
_PERMANENT_OWN = PERMANENT | OWN_ID
Row = tuple[Any, ...]
"""A row of the lake, in the order of its columns."""


class _Key(msgspec.Struct, frozen=True, gc=False):
    """What a rebuild needs to know of a fragment."""

    kind: str
    wrapped_key: bytes
    is_blocked: bool
    """Nobody owns its value, by today's rules."""


class Keys(Protocol):
    """Where a rebuild finds the key store, which it does not rebuild."""

    def keys_of(self, fragments: Sequence[bytes]) -> list[KeyRow]:
        """The key rows of these fragments."""
        ...


class Moves(Protocol):
    """Who applies the moves of journeys again."""

    def take(self, moves: Sequence[tuple[int, Told]]) -> None:
        """Apply moves in log order, each with the frame that told of it."""
        ...


class Rebuild:
    """One replay into an empty store; `differences` are faults of the lake itself.

    What is gathered of identity and does not fit into memory goes into the folder `spill`.
    """

    def __init__(
        self,
        keys: Keys,
        store: PipelineStore,
        vault: Vault,
        rules: Rules,
        retrace: Moves | None = None,
        spill: Path | None = None,
    ) -> None:
        self._retrace = retrace
        self._key_store = keys
        self._store = store
        self._vault = vault
        self._rules = rules
        self._seed = seed_of(vault)
        self._absorbing = Absorbing(vault, rules, self._opened, self._cipher)
        self._gathering = Gathering(spill)
        self._folding = Folding(store, rules.fold, _REMEMBERED, Bounds().fragment_bytes)
        self._keys: Recent[bytes, _Key] = Recent(_REMEMBERED)
        self._ciphers: dict[bytes, Cipher] = {}
        self._epoch = 0
        self._position = 0
        self.rows = 0
        self.differences: list[Difference] = []

    def run(self, lake: Iterable[Sequence[Row]], total: int, log_time: int, progress: Progress) -> None:
        """Replay every row of the lake, given in log order and in any portions, as of a log time."""
        self._epoch, self._position, _ = self._store.acquire()
        for rows in lake:
            self._chunk(rows)
            self.rows += len(rows)
            progress(self.rows, total)
        if self.rows != total:
            self.differences.append(Difference("lake", "", "rows", str(total), str(self.rows)))
        self._settle(log_time)
        self._store.close()

    def _settle(self, log_time: int) -> None:
        """Who is whom, settled once from all that was gathered: it does not depend on the way it came."""
        for rows in settled(self._rules.policy, self._gathering, log_time, _ROWS):
            self._store.commit(
                ChunkWrites(
                    position_before=self._position,
                    position_after=self._position,
                    epoch=self._epoch,
                    log_time=log_time,
                    is_first=True,
                    **rows,
                )
            )
        self._gathering.close()

    def _chunk(self, rows: Sequence[Row]) -> None:
        keys = self._living(rows)
        kinds = {fragment: known.kind for fragment, known in keys.items()}
        blocked = {fragment: True for fragment, known in keys.items() if known.is_blocked}
        steered: list[SteeredRow] = []
        events: list[tuple[Prepared, list[bytes], dict[str, Any], bytes | None]] = []
        moves: list[tuple[int, Told]] = []
        nobodys: list[Prepared] = []
        left: list[tuple[dict[str, Any], Seen, list[bytes]]] = []
        for values in rows:
            row = dict(zip(SCHEMA.names, values, strict=True))
            fragments = [one for one in (row["fragment"], *others_of(row["others"])) if one in kinds]
            if row["fragment"] not in kinds:  # key destroyed, or term over: that it came is all
                if not row["source"].startswith(OWN_MARK):
                    nobodys.append(event_of(row, {}, frozenset()))
                continue
            if row["source"] == RETENTION_SOURCE:
                left.append((row, msgspec.json.decode(row["properties"], type=Seen), fragments))
                continue
            if row["source"] == STEWARD_SOURCE:
                steered += self._decision(row, fragments)
                continue
            if row["source"] == JOURNEYS_SOURCE:
                moves.append((row["position"] // ORDINALS, moving.decode(row["properties"])))
                continue
            plain = msgspec.json.decode(row["properties"])
            event = event_of(row, plain, self._rules.fold.surroundings)
            events.append((event, fragments, plain, row["sealed"]))
        log_time = max(values[_RECEIVED_AT] for values in rows)
        self._commit(
            events, steered, kinds, log_time=log_time, at=rows[-1][0], blocked=blocked, nobodys=nobodys, left=left
        )
        self._ciphers.clear()
        if self._retrace is not None:
            self._retrace.take(moves)

    def _commit(
        self,
        events: list[tuple[Prepared, list[bytes], dict[str, Any], bytes | None]],
        steered: list[SteeredRow],
        kinds: dict[bytes, str],
        *,
        log_time: int,
        at: int,
        blocked: dict[bytes, bool],
        nobodys: Sequence[Prepared],
        left: Sequence[tuple[dict[str, Any], Seen, list[bytes]]],
    ) -> None:
        folding = self._folding
        folding.begin({fragments[0] for fragments in (*(one[1] for one in events), *(one[2] for one in left))}, set())
        sightings: list[Sighting] = []
        for event, fragments, plain, sealed in events:
            owners = [(one, kinds[one]) for one in fragments]
            self._absorbing.take(folding.here[fragments[0]], event, owners, plain, sealed)
            sightings.append(_sighting(event, fragments, kinds))
        for row, seen, fragments in left:
            self._rules.fold.remember(folding.here[fragments[0]], seen.first_at, seen.last_at)
            sightings += sightings_of(row, seen, [(one, kinds[one]) for one in fragments])
        self._gathering.take(sightings, steered, kinds, blocked)
        states, pages = folding.rows()
        names, shared = self._absorbing.found()
        accepted = [*(event for event, _, _, _ in events), *nobodys]
        self._store.commit(
            ChunkWrites(
                position_before=self._position,
                position_after=at,
                epoch=self._epoch,
                log_time=log_time,
                fragments=states,
                recents=pages,
                names=names,
                households=shared,
                quality=count(accepted, [], [], self._rules.dates),
                permanent_ids=[self._permanent(event) for event in accepted if _is_permanent(event)],
            )
        )
        self._position = at

    def _permanent(self, event: Prepared) -> bytes:
        """The id by which a row of an imported file is known for ever."""
        if event.flags & EXPIRED:
            return bytes.fromhex(event.event_id)
        return key(event.source, event.event_id, self._seed)

    # ── keys ──

    def _living(self, rows: Sequence[Row]) -> dict[bytes, _Key]:
        """Every fragment in these rows whose key lives."""
        wanted = {one for row in rows for one in (row[_FRAGMENT], *others_of(row[_OTHERS]))}
        found = {one: known for one in wanted if (known := self._keys.get(one)) is not None}
        missing = [one for one in wanted if one not in found]
        for row in self._key_store.keys_of(missing) if missing else ():
            if row.retention == RETENTION:
                is_blocked = not is_usable(self._rules.policy, self._vault, row)
                found[row.fragment] = _Key(row.kind, row.wrapped_key, is_blocked)
                self._keys.put(row.fragment, found[row.fragment])
        return found

    def _cipher(self, fragment: bytes) -> Cipher:
        cipher = self._ciphers.get(fragment)
        if cipher is None:
            known = self._keys.get(fragment)
            wrapped = b"" if known is None else known.wrapped_key
            cipher = self._ciphers[fragment] = self._vault.unwrap(fragment, wrapped, RETENTION)
        return cipher

    def _opened(self, event: Prepared, fragment: bytes, sealed: bytes | None) -> dict[str, Any]:
        """The sealed properties of an event."""
        if sealed is None:
            return {}
        try:
            blob = self._cipher(fragment).open(fragment, event_label(event.position), sealed)
        except Unsealable as error:
            self.differences.append(Difference("lake", str(event.position), "sealed", str(error), ""))
            return {}
        found: dict[str, Any] = msgspec.json.decode(blob).get("properties", {})
        return found

    def _decision(self, row: dict[str, Any], fragments: list[bytes]) -> list[SteeredRow]:
        """The decision in a row of the lake; none when one of its identifiers was erased."""
        ends = [row["fragment"], *others_of(row["others"])]
        if len(fragments) != len(ends):
            return []
        try:
            stated = msgspec.json.decode(row["properties"], type=Stated)
            label = event_label(row["position"])
            reason = self._cipher(ends[0]).open(ends[0], label, row["sealed"] or b"").decode()
        except (msgspec.MsgspecError, Unsealable) as error:
            self.differences.append(Difference("lake", str(row["position"]), "decision", str(error), ""))
            return []
        return [steered_row(stated, ends[0], ends[1], reason, self._cipher(min(ends)))]


_FRAGMENT, _OTHERS, _RECEIVED_AT = (SCHEMA.names.index(name) for name in ("fragment", "others", "received_at"))


def _is_permanent(event: Prepared) -> bool:
    return event.flags & _PERMANENT_OWN == _PERMANENT_OWN


def _sighting(event: Prepared, fragments: list[bytes], kinds: dict[bytes, str]) -> Sighting:
    return Sighting(
        tuple(fragments),
        tuple([kinds[one] for one in fragments]),
        event.source,
        event.local_date,
        event.occurred_at,
        event.position,
    )
