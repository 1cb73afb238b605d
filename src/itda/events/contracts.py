"""All contracts of a workspace: those in the box and its own, and the questions every accepted event is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

from itda.base.errors import Refused
from itda.events.classes import EMPTY, UNKNOWN, Node, split, split_by
from itda.events.contract import Contract, parse_contract
from itda.events.event import Event
from itda.events.names import STANDARD_NAMES

CONTEXT = "Context"
"""The name of the contract that `context` is held to, whatever the event."""


class Quality(NamedTuple):
    """How well an event keeps its contract beyond what it must."""

    missing: int
    """Fields the contract expects that the event lacks."""
    drift: bool
    """It carries fields its contract does not name."""


FAULTLESS = Quality(0, drift=False)


class Contracts:
    """Contracts by event name. Immutable to its users; remembers what it learnt of key sets."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._by_event = {contract.event: contract for contract in contracts}
        self.places = {name: contract.places for name, contract in self._by_event.items() if contract.places}
        """Event → its fields that are for the purpose `location` alone; `*` for all of it."""
        context = self._by_event.pop(CONTEXT, None)
        self.context_contract = context
        self.context_root = context.root if context else UNKNOWN
        """The field classes of what events say of their surroundings."""

    def __iter__(self) -> Iterator[Contract]:
        return iter(self._by_event.values())

    def get(self, event: str) -> Contract | None:
        """The contract of an event, None when it has none."""
        return self._by_event.get(event)

    def root(self, event: str) -> Node:
        """The field classes of an event's properties; without a contract everything is unknown."""
        contract = self._by_event.get(event)
        return contract.root if contract is not None else UNKNOWN

    def split(self, event: Event) -> tuple[dict[str, Any], dict[str, Any], Quality]:
        """An event's plain properties, those to be sealed, and how well it keeps its contract."""
        contract = self._by_event.get(event.name)
        properties = event.properties
        if contract is None:
            plain, closed = split(UNKNOWN, properties, event.local_date)
            return plain, closed, FAULTLESS
        keys = tuple(properties)
        shape = contract.root.shapes.get(keys) or contract.root.learn(keys)
        quality = Quality(shape.missing, shape.strangers > 0) if shape.missing or shape.strangers else FAULTLESS
        if shape.is_plain:
            return properties, EMPTY, quality
        return *split_by(shape, properties, event.local_date), quality

    def split_context(self, context: dict[str, Any], local_date: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The plain part of an event's context, and the part to be sealed."""
        return split(self.context_root, context, local_date)


def declared(plain: dict[str, Any], closed: dict[str, Any]) -> list[tuple[str, Any, bool]]:
    """The traits in an identify call's two parts: (name, value, is sealed)."""
    found = [(name, value, False) for name, value in _leaves(plain)]
    found.extend((name, value, True) for name, value in _leaves(closed))
    return found


def _leaves(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        place = f"{path}.{key}" if path else key
        if isinstance(item, dict):
            yield from _leaves(item, place)
        else:
            yield place, item


@cache
def box_definitions() -> dict[str, Any]:
    """Parts that contracts may refer to as `#/$defs/<name>`: money, product and so on."""
    definitions: dict[str, Any] = msgspec.json.decode((files("itda.events") / "box" / "defs.json").read_bytes())
    return definitions


@cache
def box() -> tuple[Contract, ...]:
    """The contracts in the box: the e-commerce and in-store events, the standard calls and the context."""
    found: list[Contract] = []
    for part in sorted((files("itda.events") / "box").iterdir(), key=lambda entry: entry.name):
        if part.name.endswith(".json") and part.name != "defs.json":
            for written in msgspec.json.decode(part.read_bytes()):
                found.append(parse_contract(written, box_definitions()))  # noqa: PERF401 - two loops read better
    return tuple(found)


def boxed(own: Iterable[Contract] = ()) -> Contracts:
    """The box with a workspace's own contracts over it, by event name."""
    return Contracts([*box(), *own])


def read_contract(data: dict[str, Any]) -> Contract:
    """A workspace's own contract, which may use the definitions of the box. `Refused` with every fault."""
    contract = parse_contract(data, box_definitions())
    if contract.event in STANDARD_NAMES:
        raise Refused(f"event: {contract.event!r} is a call; its events are named {STANDARD_NAMES[contract.event]!r}")
    return contract
