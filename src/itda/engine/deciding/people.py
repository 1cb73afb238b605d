"""The customers that something happened to: who they are, and what is kept of them, loaded by one query a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import msgspec

from itda.consent.definition import ConsentKey, ConsentState
from itda.consent.standing import Consents
from itda.engine.deciding.definitions import Definitions
from itda.profiles.fold import FragmentState
from itda.segments.operator import Seen
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import IdentifierRow


class Customer(msgspec.Struct, gc=False):
    """One of them. Identifiers are in the order of their ids."""

    id: bytes
    identifiers: list[IdentifierRow]
    last_at: dict[bytes, int] = {}
    """Of each fragment with events, the event time of its latest."""
    state: FragmentState = msgspec.field(default_factory=FragmentState)
    """All of them combined."""
    consents: dict[ConsentKey, ConsentState] = {}

    @property
    def fragments(self) -> list[bytes]:
        """The ids of the identifiers."""
        return [one.fragment for one in self.identifiers]


class Clusters:
    """Which customer each fragment is of."""

    def __init__(self, rows: Iterable[IdentifierRow]) -> None:
        self.of: dict[bytes, bytes] = {}
        self.members: dict[bytes, list[IdentifierRow]] = {}
        self.kinds: dict[bytes, str] = {}
        self.nobody: set[bytes] = set()
        """Confirmed hubs and values that nobody owns, clusters of their own and no customers; and who is stopped."""
        for row in rows:
            self.of[row.fragment] = row.customer
            self.kinds[row.fragment] = row.kind
            self.members.setdefault(row.customer, []).append(row)
            if row.is_nobody:
                self.nobody.add(row.customer)
        for members in self.members.values():
            members.sort(key=_fragment)

    def stop(self, stopped: Iterable[bytes]) -> None:
        """Nothing is done with the customers of these fragments any more: for whoever decides they are nobody."""
        self.nobody.update(self.of[one] for one in stopped if one in self.of)


def _fragment(row: IdentifierRow) -> bytes:
    return row.fragment


Ledger = Callable[[Sequence[bytes]], Mapping[ConsentKey, ConsentState]]
"""The states of consents of these fragments."""


def loaded(
    store: EngagementStore,
    definitions: Definitions,
    members: Mapping[bytes, list[IdentifierRow]],
    customers: Sequence[bytes],
    ledger: Ledger | None,
    alone: Callable[[Customer, str], AbstractContextManager[None]] = lambda _one, _what: nullcontext(),
) -> list[Customer]:
    """These customers with their combined states; `ledger` gives their consents where those are asked for.

    Each is read within `alone`, which may see to it that a state nobody can read stops nobody else.
    """
    found = [Customer(one, members[one]) for one in customers]
    fragments = sorted({fragment for one in found for fragment in one.fragments})
    states = {row.fragment: row for row in store.states(fragments)}
    consents: dict[bytes, dict[ConsentKey, ConsentState]] = {}
    for key, state in ledger(fragments).items() if ledger is not None else ():
        consents.setdefault(key.fragment, {})[key] = state
    decode, combine = definitions.fold.decode, definitions.fold.combine
    for one in found:
        own = [states[fragment] for fragment in one.fragments if fragment in states]
        one.last_at = {row.fragment: row.last_at for row in own}
        with alone(one, "state"):
            one.state = decode(own[0].state) if len(own) == 1 else combine([decode(row.state) for row in own])
        if consents:
            one.consents = {key: state for part in one.fragments for key, state in consents.get(part, {}).items()}
    return found


def seen(customer: Customer, asked: Sequence[tuple[str, str]]) -> Seen:
    """What segments see of a customer; `asked` are the (purpose, channel) that they ask for."""
    if not asked or not customer.consents:
        return Seen(state=customer.state)
    held = Consents(customer.consents)
    return Seen(state=customer.state, consents={about: held.standing(*about).status for about in asked})
