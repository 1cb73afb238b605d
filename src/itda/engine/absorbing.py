"""Rows of the lake taken into folds as their events were when they came: by a rebuild, and by folding somebody anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from itda.engine import households
from itda.engine.chunk import contacts_of
from itda.engine.folding import sealed_values
from itda.engine.prepared import Prepared
from itda.engine.rules import Rules
from itda.engine.sightings import Sighting
from itda.events.contracts import declared
from itda.events.normalise import reader
from itda.profiles import orders
from itda.profiles.fold import FragmentState
from itda.profiles.full_names import full_names
from itda.profiles.household import findable
from itda.store.lake.expiring import Seen
from itda.store.ports import HouseholdRow, NameRow
from itda.store.vault import Cipher, Vault

Opened = Callable[[Prepared, bytes, bytes | None], dict[str, Any]]
"""The sealed properties of an event on a fragment."""


class Absorbing:
    """Takes one row after the other; what it finds besides the folds is gathered until it is taken."""

    def __init__(self, vault: Vault, rules: Rules, opened: Opened, cipher: Callable[[bytes], Cipher]) -> None:
        self._vault, self._fold, self._opened, self._cipher = vault, rules.fold, opened, cipher
        self._phone = reader("phone", rules.country)
        self._names: set[NameRow] = set()
        self._shared: set[HouseholdRow] = set()

    def take(
        self,
        state: FragmentState,
        event: Prepared,
        owners: list[tuple[bytes, str]],
        plain: dict[str, Any],
        sealed: bytes | None,
    ) -> None:
        """Take an event into the state of its first owner; `owners` are (fragment, kind) of its identifiers."""
        own = owners[0][0]
        told: list[tuple[str, Any, bool]] = []
        if event.type == "identify":
            said = declared(plain, self._opened(event, own, sealed))
            self._names.update(NameRow(self._vault.name_hash(name), own) for name in full_names(said))
            shares = findable({name: value for name, value, _ in said}, self._phone)
            self._shared |= households.rows(self._vault, shares, own)
            told = sealed_values(said, self._cipher(own), own)
        contacts = contacts_of(owners) if event.name in orders.PLACES else b""
        self._fold.absorb(state, event, plain, told, event.position, contacts)

    def found(self) -> tuple[list[NameRow], list[HouseholdRow]]:
        """Names and what households share, of all that was taken since the last time, in order."""
        names = sorted(self._names, key=lambda row: (row.hash, row.fragment))
        shared = sorted(self._shared, key=lambda row: (row.hash, row.fragment))
        self._names, self._shared = set(), set()
        return names, shared


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


def sightings_of(row: dict[str, Any], seen: Seen, owners: list[tuple[bytes, str]]) -> list[Sighting]:
    """What is left of events whose term is over, as the sightings that it was."""
    fragments = tuple([fragment for fragment, _ in owners])
    kinds = tuple([kind for _, kind in owners])
    at = [*[seen.first_at] * (seen.count - 1), seen.last_at]
    source, day, position = seen.source, row["local_date"], row["position"]
    return [Sighting(fragments, kinds, source, day, when, position) for when in at]
