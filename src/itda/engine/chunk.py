"""The second half of a chunk: what was read becomes everything that one commit writes.

It has two steps. `begin` looks identifiers and folds up, seals and folds; `finish` resolves who is whom and gives the
writes. What `begin` reads of the store cannot be changed by the chunk before it, whose own rows are still in memory:
so it may run while that chunk is being committed. `finish` may not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from itda.base.instant import DAY
from itda.consent.acts import CONTACTS
from itda.engine import households, steering, withholding
from itda.engine.counting import count
from itda.engine.erasing import refusing
from itda.engine.erasing.leaving import forgetting, leaving, retold
from itda.engine.erasing.told import decode as told_of
from itda.engine.erasing.told import row as erasure_row
from itda.engine.folding import Folding, sealed_values
from itda.engine.keyring import Keyring, Known, event_label, sighting
from itda.engine.prepared import Pair
from itda.engine.quarantining import Quarantining
from itda.engine.reading import Reading
from itda.engine.reconsidering import Reconsidering
from itda.engine.resolver import Resolver
from itda.engine.rules import Rules
from itda.engine.sightings import Sighting
from itda.engine.working_set import Bounds
from itda.events.event import ORDINALS
from itda.profiles import orders
from itda.profiles.full_names import full_names
from itda.store.erasure_rows import ErasureRow
from itda.store.lake.block import Row, of_rows, part
from itda.store.ports import ChunkWrites, DedupeBlock, HouseholdRow, KeyRow, LakeBlock, NameRow, PipelineStore
from itda.store.time_keys import MonthKeys
from itda.store.vault import Vault

SUPPRESSED_FOR = 3 * 365 * DAY
"""How long it is remembered, as hashes, which values were an erased person's: to refuse old copies of them."""
_NOTHING: list[tuple[str, Any, bool]] = []


class Begun(msgspec.Struct):
    """A chunk after its first step."""

    reading: Reading
    decisions: steering.Decisions
    here: dict[Pair, Known]
    fresh: list[KeyRow]
    sightings: list[Sighting] = []
    names: set[NameRow] = set()
    households: set[HouseholdRow] = set()
    fragments: list[bytes] = []
    """Whose each event is, in the order of events; so the next two."""
    others: list[bytes] = []
    sealed: list[bytes | None] = []


class Chunks:
    """Makes the writes of chunks, one after the other; what it keeps between them may be forgotten at any time."""

    def __init__(
        self, store: PipelineStore, vault: Vault, months: MonthKeys, rules: Rules, bounds: Bounds | None = None
    ) -> None:
        bounds = bounds or Bounds()
        self._rules = rules
        self._store = store
        self._vault = vault
        self._quarantining = Quarantining(store, months, rules.dates.of)
        self._keyring = Keyring(store, vault, rules.policy, bounds)
        self._resolver = Resolver(store, rules.policy, remembered=bounds.resolved)
        self.reconsidering = Reconsidering(store, vault, rules.policy, self._resolver, portion=bounds.reconsidered)
        self._folding = Folding(store, rules.fold, bounds.fragments, bounds.fragment_bytes)
        self._links: list[list[withholding.Node]] = []
        """Of the chunk that was begun last: it may still be under way to the store."""
        self._small = min(bounds.identifiers, bounds.fragments) // 4

    def is_remembered(self, begun: Begun) -> bool:
        """Whether all that this chunk writes is sure to be in memory still when the next one begins."""
        return len(begun.here) < self._small

    def is_small(self, reading: Reading) -> bool:
        """Whether what the chunk before it wrote is sure to be in memory still while this one is begun."""
        return sum([len(event.identifiers) for event in reading.events]) < self._small

    def begin(self, reading: Reading) -> Begun:
        """The first step. `reading.refusals` may grow."""
        decisions = steering.read(reading)
        pairs = {pair for event in reading.events for pair in event.identifiers}
        pairs.update(decisions.pairs)
        found = self._keyring.find(pairs)
        wanted = None
        if found.erased:
            decisions = steering.without(decisions, reading, lambda pairs: refusing.nobody(found, pairs))
            wanted = refusing.turn_away(reading, found) | decisions.pairs
        if withholding.withhold(reading, found.here, self._store, self._links):
            wanted = {pair for event in reading.events for pair in event.identifiers} | decisions.pairs
        begun = Begun(reading, decisions, found.here, self._keyring.make(found, wanted))
        self._links = withholding.links(reading.events, begun.here)
        owners = self._owners(begun)
        self._folding.begin({owner[0].fragment for owner in owners}, {row.fragment for row in begun.fresh})
        self._fold(begun, owners)
        return begun

    def finish(self, begun: Begun, position_before: int, epoch: int) -> ChunkWrites:
        """Everything this chunk changes. `reading.refusals` may grow."""
        reading, dates = begun.reading, self._rules.dates
        steered, kinds, lake = steering.apply(begun.decisions, reading, begun.here, keyring=self._keyring, dates=dates)
        new = {row.fragment for row in begun.fresh}
        resolved = self._resolver.resolve(begun.sightings, steered, reading.position, reading.log_time, new, kinds)
        fragments, pages = self._folding.rows()
        self._keyring.close_ciphers()
        if reading.events:
            numbers = [event.row for event in reading.events]
            lake = part(reading.lake, numbers, begun.fragments, begun.others, begun.sealed) + lake
        rows = len(reading.events) + len(steered) + begun.decisions.rows
        keys = b"".join(reading.dedupe_keys)
        return ChunkWrites(
            position_before=position_before,
            position_after=reading.position,
            epoch=epoch,
            log_time=reading.log_time,
            keys=begun.fresh,
            **resolved.rows,
            fragments=fragments,
            recents=pages,
            quarantine=self._quarantining.rows(reading.refusals),
            names=sorted(begun.names, key=lambda row: (row.hash, row.fragment)),
            households=sorted(begun.households, key=lambda row: (row.hash, row.fragment)),
            quality=count(reading.events, reading.duplicates, reading.refusals, dates),
            permanent_ids=reading.permanent_ids,
            lake=LakeBlock(reading.position, rows, lake) if rows else None,
            dedupe=DedupeBlock(reading.position, reading.hour, keys) if keys else None,
            policy=self.reconsidering.noted(begun.decisions, reading.position, reading.log_time),
        )

    def erase(self, reading: Reading, position_before: int, epoch: int) -> ChunkWrites:
        """Everything that erasures change, in the order of the log; nothing in memory is right any more after it."""
        store, dates = self._store, self._rules.dates
        told = [(item, told_of(item.record.body)) for item in reading.steered]
        gone = leaving(store, [one for _, erasure in told for one in erasure.ids])
        resolved = self._resolver.erase(gone, reading.position, reading.log_time)
        others, rows, erasures = (
            gone.fragments.difference(*(one.ids for _, one in told)),
            list[Row](),
            list[ErasureRow](),
        )
        for item, erasure in told:
            fragments = [*erasure.ids, *([] if erasures else sorted(others))]
            rows.append(erasure_row(item, erasure, fragments, dates))
            erasures.append(ErasureRow(
                request=bytes.fromhex(erasure.request),
                position=item.position // ORDINALS,
                at=erasure.since or item.received_at,
                cause=erasure.cause,
                fragments=fragments,
                suppressed_until=item.received_at + SUPPRESSED_FOR,
            ))  # fmt: skip
        return ChunkWrites(
            position_before=position_before,
            position_after=reading.position,
            epoch=epoch,
            log_time=reading.log_time,
            **resolved.rows,
            fragments=forgetting(store, self._rules.fold, gone),
            retold=retold(store.resolutions_of(sorted(gone.fragments)), gone.fragments),
            lake=LakeBlock(reading.position, len(rows), of_rows(rows)),
            erasures=erasures,
        )

    def _owners(self, begun: Begun) -> list[tuple[Known, ...]]:
        """The identifiers of each event, strongest first."""
        here = begun.here
        owners: list[tuple[Known, ...]] = []
        for event in begun.reading.events:
            pairs = event.identifiers
            owners.append((here[pairs[0]],) if len(pairs) == 1 else tuple([here[pair] for pair in pairs]))
        return owners

    def _fold(self, begun: Begun, owners: list[tuple[Known, ...]]) -> None:
        """Seal and fold every event. The one loop over events: all it calls is bound first."""
        states, absorb, cipher_of = self._folding.here, self._rules.fold.absorb, self._keyring.cipher
        add_fragment, add_others, add_sealed = begun.fragments.append, begun.others.append, begun.sealed.append
        for event, owner in zip(begun.reading.events, owners, strict=True):
            own = owner[0]
            fragment = own.fragment
            add_fragment(fragment)
            is_alone = len(owner) == 1
            add_others(b"" if is_alone else b"".join([known.fragment for known in owner[1:]]))
            blob = event.sealed
            if blob:
                cipher = own.cipher or cipher_of(own)
                add_sealed(cipher.seal(fragment, event_label(event.position), blob))
            else:
                add_sealed(None)
            told, said = _NOTHING, event.said
            if said:
                begun.names.update(NameRow(self._vault.name_hash(name), fragment) for name in full_names(said))
                if event.shares:
                    begun.households |= households.rows(self._vault, event.shares, fragment)
                told = sealed_values(said, own.cipher or cipher_of(own), fragment)
            contacts = (
                b"" if event.name not in orders.PLACES else contacts_of((known.fragment, known.kind) for known in owner)
            )
            absorb(states[fragment], event, event.plain or {}, told, event.position, contacts)
            if not is_alone or event.occurred_at < own.first_at:
                begun.sightings.append(sighting(event, owner))


def contacts_of(owners: Iterable[tuple[bytes, str]]) -> bytes:
    """The addresses among an event's identifiers (fragment, kind), as the fold of orders keeps them."""
    return orders.contacts([fragment for fragment, kind in owners if kind in CONTACTS])
