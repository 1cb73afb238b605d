"""From identifiers to fragments and keys: one query a chunk for those not seen lately, new rows for new ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from itda.engine.recent import Recent
from itda.engine.sightings import Sighting
from itda.engine.working_set import Bounds
from itda.identity.policy import IdentityPolicy
from itda.store.ports import VALUE_LABEL, KeyRow, PipelineStore
from itda.store.vault import Cipher, Vault

if TYPE_CHECKING:
    from itda.engine.prepared import Pair, Prepared

RETENTION = "standard"
_NEVER = 1 << 62


def event_label(position: int) -> str:
    """What the sealed fields of the event at a log position are bound to, besides its fragment."""
    return f"event:{position}"


class Known(msgspec.Struct, gc=False):
    """An identifier with its place in the key store. `rank` is negative for a value nobody owns."""

    fragment: bytes
    kind: str
    rank: int
    wrapped_key: bytes
    first_at: int = _NEVER
    """The least occurred_at that the resolver was told of by this process."""
    cipher: Cipher | None = None
    """At hand during a chunk only: a cipher takes two kilobytes."""
    erased_at: int = 0
    """Log time at which who had the value before was erased; 0: nobody was."""


class Absent(msgspec.Struct, frozen=True, gc=False):
    """An identifier that is not in the key store: its blind index, and the generation and fragment it will be."""

    blind: bytes
    fragment: bytes
    generation: int
    erased_at: int


class Found(msgspec.Struct):
    """Some identifiers as they stand in the key store."""

    here: dict[Pair, Known]
    absent: dict[Pair, Absent]
    erased: dict[Pair, int]
    """Those whose value was erased once: log time of that."""


_NOBODY = Known(fragment=b"", kind="", rank=-1, wrapped_key=b"")


class Keyring:
    """The key store as the pipeline sees it."""

    def __init__(self, store: PipelineStore, vault: Vault, policy: IdentityPolicy, bounds: Bounds) -> None:
        self._store = store
        self._vault = vault
        self._policy = policy
        self._ranks = {kind.name: kind.rank for kind in policy.kinds}
        self._known: Recent[Pair, Known] = Recent(bounds.identifiers)
        self._ciphers: Recent[bytes, Cipher] = Recent(bounds.ciphers)
        self._lent: list[Known] = []

    def find(self, pairs: Iterable[Pair]) -> Found:
        """Where these identifiers stand in the key store; what is not there is made by `make`."""
        found = Found({}, {}, {})
        missing: list[Pair] = []
        usable = self._policy.usable
        recall = self._known.get
        here = found.here
        for pair in pairs:
            known = recall(pair)
            if known is not None:
                here[pair] = known
                if known.erased_at:
                    found.erased[pair] = known.erased_at
            elif usable(*pair):
                missing.append(pair)
            else:
                here[pair] = _NOBODY
        if missing:
            self._look_up(missing, found)
        return found

    def _look_up(self, missing: Sequence[Pair], found: Found) -> None:
        vault = self._vault
        blinds = {vault.blind(*pair): pair for pair in missing}
        asked = list(blinds)
        rows = {row.blind: row for row in self._store.keys(asked)}
        erased = self._store.suppressed(asked)
        for blind in sorted(blinds):
            pair, row, was = blinds[blind], rows.get(blind), erased.get(blind)
            if was is not None:
                found.erased[pair] = was.since
            if row is None:
                generation, since = (0, 0) if was is None else (was.generation + 1, was.since)
                found.absent[pair] = Absent(blind, vault.fragment(*pair, generation), generation, since)
                continue
            known = Known(row.fragment, row.kind, self._ranks[row.kind], row.wrapped_key)
            known.erased_at = was.since if was is not None else 0
            found.here[pair] = known
            self._known.put(pair, known)
        self._pass_erased(found.absent)

    def _pass_erased(self, absent: dict[Pair, Absent]) -> None:
        """Each becomes its first generation that was never erased: what the lake still says in plain is on the others.

        That a value was erased is remembered for some years, that a fragment was for ever. One query where none was
        erased.
        """
        waiting = list(absent)
        while waiting:
            fragments = {absent[pair].fragment: pair for pair in waiting}
            waiting = [fragments[one] for one in self._store.gone(list(fragments))]
            for pair in waiting:
                was = absent[pair]
                generation = was.generation + 1
                fragment = self._vault.fragment(*pair, generation)
                absent[pair] = msgspec.structs.replace(was, fragment=fragment, generation=generation)

    def make(self, found: Found, wanted: Collection[Pair] | None = None) -> list[KeyRow]:
        """Rows for those that were not there, or of those only the wanted; all of them are `here` from now on."""
        fresh: list[KeyRow] = []
        for pair, absent in found.absent.items():
            if wanted is not None and pair not in wanted:
                continue
            row = self._new(absent, pair)
            fresh.append(row)
            known = Known(row.fragment, row.kind, self._ranks[row.kind], row.wrapped_key)
            known.erased_at = absent.erased_at
            found.here[pair] = known
            self._known.put(pair, known)
        return fresh

    def _new(self, absent: Absent, pair: Pair) -> KeyRow:
        kind, value = pair
        vault, fragment = self._vault, absent.fragment
        key = vault.new_key()
        cipher = vault.cipher(key)
        self._ciphers.put(fragment, cipher)
        return KeyRow(
            blind=absent.blind,
            fragment=fragment,
            generation=absent.generation,
            kind=kind,
            wrapped_key=vault.wrap(fragment, key, RETENTION),
            value_sealed=cipher.seal(fragment, VALUE_LABEL, value.encode()),
            retention=RETENTION,
        )

    def cipher(self, known: Known) -> Cipher:
        """The cipher of an identifier's fragment; `known.cipher` until the chunk ends."""
        cipher = self._ciphers.get(known.fragment)
        if cipher is None:
            cipher = self._vault.unwrap(known.fragment, known.wrapped_key, RETENTION)
            self._ciphers.put(known.fragment, cipher)
        known.cipher = cipher
        self._lent.append(known)
        return cipher

    def close_ciphers(self) -> None:
        """The chunk is over."""
        for known in self._lent:
            known.cipher = None
        self._lent.clear()


def sighting(event: Prepared, owner: tuple[Known, ...]) -> Sighting:
    """What the resolver is to be told of an event. Of an event with one identifier, it need not know a later one."""
    at = event.occurred_at
    if len(owner) == 1:
        known = owner[0]
        known.first_at = min(at, known.first_at)
        return Sighting((known.fragment,), (known.kind,), event.source, event.local_date, at, event.position)
    return Sighting(
        tuple([known.fragment for known in owner]),
        tuple([known.kind for known in owner]),
        event.source,
        event.local_date,
        at,
        event.position,
    )
