"""The second half of a chunk: what was read becomes everything that one commit writes."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.base.instant import LocalDates, text
from itda.engine import steering
from itda.engine.counting import count
from itda.engine.folding import Folding, sealed_values
from itda.engine.keyring import Keyring, Known, sighting
from itda.engine.reading import Reading
from itda.engine.resolver import Resolver
from itda.engine.sightings import Sighting
from itda.engine.working_set import Bounds
from itda.events.contracts import Contracts, declared
from itda.events.event import Event, Refusal
from itda.identity.policy import IdentityPolicy
from itda.profiles.fold import Fold
from itda.store.lake.block import LakeColumns, encode
from itda.store.ports import ChunkWrites, DedupeBlock, LakeBlock, NameRow, PipelineStore, QuarantineRow
from itda.store.time_keys import MonthKeys, month_of
from itda.store.vault import NO_FRAGMENT, Vault

_JSON = msgspec.json.Encoder()
_NOTHING: list[tuple[str, Any, bool]] = []
_CONTEXTS = 8192


def refused_label(position: int) -> str:
    """What a refused event is bound to in quarantine: its log position."""
    return f"refused:{position}"


class Rules(msgspec.Struct, frozen=True):
    """What the workspace says, as far as a chunk needs it."""

    contracts: Contracts
    policy: IdentityPolicy
    fold: Fold
    dates: LocalDates


class Chunks:
    """Makes the writes of chunks, one after the other; what it keeps between them may be forgotten at any time."""

    def __init__(
        self, store: PipelineStore, vault: Vault, months: MonthKeys, rules: Rules, bounds: Bounds | None = None
    ) -> None:
        bounds = bounds or Bounds()
        self._rules = rules
        self._vault = vault
        self._months = months
        self._keyring = Keyring(store, vault, rules.policy, bounds)
        self._resolver = Resolver(store, rules.policy, remembered=bounds.resolved)
        self._folding = Folding(store, rules.fold, bounds.fragments)
        self._contexts: dict[int, tuple[dict[str, Any], bytes]] = {}

    def writes(self, reading: Reading, position_before: int, epoch: int) -> ChunkWrites:
        """Everything this reading changes. `reading.refusals` may grow."""
        decisions = steering.read(reading)
        here, fresh = self._keyring.of(reading.events, decisions.pairs)
        events, owners = self._owned(reading, here)
        new = {row.fragment for row in fresh}
        self._folding.begin({owner[0].fragment for owner in owners}, new)
        columns = LakeColumns()
        sightings, names = self._fold(events, owners, columns)
        steered, kinds = steering.apply(
            decisions, reading, here, keyring=self._keyring, dates=self._rules.dates, columns=columns
        )
        resolved = self._resolver.resolve(sightings, steered, reading.position, reading.log_time, new, kinds)
        fragments, pages = self._folding.rows()
        self._keyring.close_ciphers()
        keys = b"".join(reading.dedupe_keys)
        return ChunkWrites(
            position_before=position_before,
            position_after=reading.position,
            epoch=epoch,
            log_time=reading.log_time,
            keys=fresh,
            nodes=resolved.nodes,
            edges=resolved.edges,
            evidence=resolved.evidence,
            corrected=resolved.corrected,
            steered=resolved.steered,
            resolutions=resolved.resolutions,
            fragments=fragments,
            recents=pages,
            quarantine=[self._quarantined(refusal) for refusal in reading.refusals],
            names=sorted(names, key=lambda row: (row.hash, row.fragment)),
            quality=count(events, reading.duplicates, reading.refusals, self._rules.contracts, self._rules.dates),
            permanent_ids=reading.permanent_ids,
            lake=LakeBlock(reading.position, len(columns), encode(columns)) if len(columns) else None,
            dedupe=DedupeBlock(reading.position, reading.hour, keys) if keys else None,
        )

    def _owned(
        self, reading: Reading, here: dict[tuple[str, str], Known]
    ) -> tuple[list[Event], list[tuple[Known, ...]]]:
        """The events somebody owns, with their usable identifiers, strongest first; the others are refused."""
        events: list[Event] = []
        owners: list[tuple[Known, ...]] = []
        for event in reading.events:
            identifiers = event.identifiers
            found: tuple[Known, ...]
            if len(identifiers) == 1:
                known = here[identifiers[0]]
                found = (known,) if known.rank >= 0 else ()
            else:
                usable = {known.fragment: known for pair in identifiers if (known := here[pair]).rank >= 0}
                found = tuple(sorted(usable.values(), key=_rank))
            if found:
                events.append(event)
                owners.append(found)
            else:
                reading.refusals.append(_nobodys(event))
        return events, owners

    def _fold(
        self, events: list[Event], owners: list[tuple[Known, ...]], columns: LakeColumns
    ) -> tuple[list[Sighting], set[NameRow]]:
        """Seal, write down and fold every event. The one loop over events: all it calls is bound first."""
        split = self._rules.contracts.split
        states, absorb = self._folding.here, self._rules.fold.absorb
        encode, cipher_of, add = _JSON.encode, self._keyring.cipher, columns.add
        contexts = self._contexts
        sightings: list[Sighting] = []
        names: set[NameRow] = set()
        for event, owner in zip(events, owners, strict=True):
            own = owner[0]
            fragment = own.fragment
            plain, context, sealed = split(event)
            blob = None
            if sealed:
                cipher = own.cipher or cipher_of(own)
                blob = cipher.seal(fragment, f"event:{event.position}", encode(sealed))
            written = contexts.get(id(context))
            if written is None or written[0] is not context:
                written = self._remembered(context)
            others = b"".join([known.fragment for known in owner[1:]]) if len(owner) > 1 else b""
            add(event, fragment, others, encode(plain), written[1], blob)
            told = _NOTHING
            if event.type == "identify":
                said = declared(plain, sealed.get("properties", {}))
                names.update(NameRow(self._vault.name_hash(name), fragment) for name in full_names(said))
                told = sealed_values(said, own.cipher or cipher_of(own), fragment)
            absorb(states[fragment], event, plain, told, event.position)
            if len(owner) > 1 or event.occurred_at < own.first_at:
                sightings.append(sighting(event, owner))
        return sightings, names

    def _remembered(self, context: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """A plain context with its JSON; one object serves many events, and keeping it keeps its id its own."""
        if len(self._contexts) >= _CONTEXTS:
            self._contexts.clear()
        written = self._contexts[id(context)] = (context, _JSON.encode(context))
        return written

    def _quarantined(self, refusal: Refusal) -> QuarantineRow:
        month = month_of(self._rules.dates.of(refusal.received_at))
        return QuarantineRow(
            position=refusal.position,
            source=refusal.source,
            channel=refusal.channel,
            received_at=refusal.received_at,
            reason=refusal.reason,
            detail=refusal.detail,
            name=refusal.name,
            sealed=self._months.key(month).seal(NO_FRAGMENT, refused_label(refusal.position), refusal.raw),
            key_month=month,
        )


def _rank(known: Known) -> int:
    return known.rank


def full_names(traits: list[tuple[str, Any, bool]]) -> list[str]:
    """The full names a person may be searched by: as given, and put together in both orders."""
    said = {name: value.strip() for name, value, _ in traits if isinstance(value, str) and value.strip()}
    first, last = (
        next((said[name] for name in names if name in said), "")
        for names in (("firstName", "first_name"), ("lastName", "last_name"))
    )
    names = [said[name] for name in ("name", "full_name", "fullName") if name in said]
    if first and last:
        names += [f"{first} {last}", f"{last} {first}"]
    return names


def _nobodys(event: Event) -> Refusal:
    """The refusal of an event whose every identifier is a value that nobody owns."""
    kinds = ", ".join(sorted({kind for kind, _ in event.identifiers})) or "none"
    return Refusal(
        reason="identity",
        detail=f"no identifier that belongs to one person (given: {kinds})",
        source=event.source,
        channel=event.channel,
        received_at=event.received_at,
        position=event.position,
        name=event.name,
        raw=wire(event),
    )


def wire(event: Event) -> bytes:
    """An event written again as it could have come, for quarantine."""
    spoken = {
        "type": event.type,
        "messageId": event.event_id if event.has_own_id else None,
        "timestamp": text(event.occurred_at),
        "traits" if event.type in {"identify", "group"} else "properties": event.properties,
        "context": event.context,
        "identifiers": dict(event.identifiers),
        "event" if event.type == "track" else "name": event.name,
    }
    return _JSON.encode({key: value for key, value in spoken.items() if value is not None})
