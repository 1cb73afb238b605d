"""Everything derived, built again from lake and keys alone.

The rebuild runs the same pure functions as the pipeline over the lake's rows in log order, into a store of its own.
What it cannot know it does not touch: the key store, the quarantine, the logs, and counts of what was never accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from itda.engine import households, moving
from itda.engine.chunk import contacts_of
from itda.engine.comparison import Difference
from itda.engine.counting import count
from itda.engine.dedupe import key, seed_of
from itda.engine.folding import Folding, sealed_values
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
from itda.events.contracts import declared
from itda.events.event import ORDINALS
from itda.events.normalise import reader
from itda.profiles import orders
from itda.profiles.full_names import full_names
from itda.profiles.household import findable
from itda.store.lake.block import JOURNEYS_SOURCE, OWN_ID, OWN_MARK, PERMANENT, SCHEMA, STEWARD_SOURCE, others_of
from itda.store.ports import ChunkWrites, HouseholdRow, KeyRow, NameRow, PipelineStore, SteeredRow
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
        self._phone = reader("phone", rules.country)
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
        erased: list[Prepared] = []
        for values in rows:
            row = dict(zip(SCHEMA.names, values, strict=True))
            fragments = [one for one in (row["fragment"], *others_of(row["others"])) if one in kinds]
            if row["fragment"] not in kinds:  # its key is destroyed: nothing of it is left but that it came
                if not row["source"].startswith(OWN_MARK):
                    erased.append(event_of(row, {}, frozenset()))
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
        self._commit(events, steered, kinds, log_time=log_time, at=rows[-1][0], blocked=blocked, erased=erased)
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
        at: int | None = None,
        blocked: dict[bytes, bool] | None = None,
        erased: Sequence[Prepared] = (),
    ) -> None:
        folding, absorb = self._folding, self._rules.fold.absorb
        folding.begin({fragments[0] for _, fragments, _, _ in events}, set())
        sightings: list[Sighting] = []
        names: set[NameRow] = set()
        shared: set[HouseholdRow] = set()
        for event, fragments, plain, sealed in events:
            own = fragments[0]
            told: list[tuple[str, Any, bool]] = []
            if event.type == "identify":
                said = declared(plain, self._opened(event, own, sealed))
                names.update(NameRow(self._vault.name_hash(name), own) for name in full_names(said))
                shares = findable({name: value for name, value, _ in said}, self._phone)
                shared |= households.rows(self._vault, shares, own)
                told = sealed_values(said, self._cipher(own), own)
            owners = ((one, kinds[one]) for one in fragments)
            contacts = contacts_of(owners) if event.name in orders.PLACES else b""
            absorb(folding.here[own], event, plain, told, event.position, contacts)
            sightings.append(_sighting(event, fragments, kinds))
        position = self._position + 1 if at is None else at
        self._gathering.take(sightings, steered, kinds, blocked or {})
        states, pages = folding.rows()
        accepted = [*(event for event, _, _, _ in events), *erased]
        self._store.commit(
            ChunkWrites(
                position_before=self._position,
                position_after=position,
                epoch=self._epoch,
                log_time=log_time,
                fragments=states,
                recents=pages,
                names=sorted(names, key=lambda row: (row.hash, row.fragment)),
                households=sorted(shared, key=lambda row: (row.hash, row.fragment)),
                quality=count(accepted, [], [], self._rules.dates),
                permanent_ids=[
                    key(event.source, event.event_id, self._seed)
                    for event in accepted
                    if event.flags & _PERMANENT_OWN == _PERMANENT_OWN
                ],
            )
        )
        self._position = position

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


def event_of(row: dict[str, Any], plain: dict[str, Any], surroundings: frozenset[str]) -> Prepared:
    """The event of a row of the lake, as far as folds look at one; `surroundings` are what they look at of those."""
    return Prepared(
        row=0,
        event_id=row["event_id"],
        name=row["name"],
        type=row["type"],
        source=row["source"],
        channel=row["channel"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        local_date=row["local_date"],
        position=row["position"],
        plain=plain,
        flags=row["flags"],
        context=msgspec.json.decode(row["context"]) if surroundings else None,
    )


def _sighting(event: Prepared, fragments: list[bytes], kinds: dict[bytes, str]) -> Sighting:
    return Sighting(
        tuple(fragments),
        tuple([kinds[one] for one in fragments]),
        event.source,
        event.local_date,
        event.occurred_at,
        event.position,
    )
