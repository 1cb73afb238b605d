"""Holds the selectors of events that people write to what the workspace knows: names, channels, sources, fields."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from itda.base.errors import Fault
from itda.events.classes import Node
from itda.events.contract import Contract
from itda.events.contracts import Contracts
from itda.profiles.events import AROUND, HOUR, OF_THE_EVENT, Events, words
from itda.workspace import shape
from itda.workspace.files import Document

SEALED = ("direct", "quasi", "forbidden")
"""Classes of fields that nobody reads in the clear."""


class Known(msgspec.Struct, frozen=True):
    """What a definition may name."""

    channels: tuple[str, ...]
    sources: tuple[str, ...]
    contracts: Contracts


def faults(document: Document, path: str, events: Events, known: Known) -> list[Fault]:
    """What is wrong with the selector at this dotted path."""
    found = []
    for part, chosen, choices in (
        ("channel", events.channel, known.channels),
        ("source", events.source, known.sources),
    ):
        for word in words(chosen):
            if word not in choices:
                cure = shape.nearest(word, choices)
                found.append(document.fault(f"{path}.{part}", f"{word!r} is not known", cure))
    named = tuple(contract.event for contract in known.contracts)
    for name in words(events.name):
        if name not in named:
            cure = shape.nearest(name, named, "the box's names are in the docs")
            found.append(document.fault(f"{path}.name", f"no contract knows the event {name!r}", cure))
    for key in events.where:
        if key == HOUR or key.startswith(AROUND):
            cure = "make it the value of a trait, and test the trait"
            found.append(document.fault(f"{path}.where.{key}", f"{key!r} is not tested", cure))
    places = [(f"{path}.where.{key}", key) for key in events.where]
    return found + sealed(document, events, places, known)


def sealed(document: Document, events: Events, places: Iterable[tuple[str, str]], known: Known) -> list[Fault]:
    """The fields among these, (where it stands, path in the event), that the events keep sealed."""
    cure = "traits, segments and journeys see plain fields and clear derivatives only"
    return [
        document.fault(place, f"{used!r} of {name} is personal and sealed", cure)
        for name in words(events.name)
        for place, used in places
        if (node := field(known.contracts, name, used)) is not None and node.kind in SEALED
    ]


def field(contracts: Contracts, event: str, path: str) -> Node | None:
    """What an event's contract says of a field; None where it does not name it."""
    if path in OF_THE_EVENT or path == HOUR:
        return None
    node = contracts.context_root if path.startswith(AROUND) else contracts.root(event)
    for part in path.removeprefix(AROUND).split("."):
        found = node.fields.get(part.removesuffix("[]"))
        if found is None:
            return None
        node = found.item if part.endswith("[]") and found.item is not None else found
    return node


def plain_fields(contract: Contract) -> list[str]:
    """The paths of a contract that are read in the clear: plain fields, and the derivatives of others."""
    found = []
    for path, node in contract.root.walk():
        if node.kind == "plain":
            found.append(path)
        found += [f"{path}{suffix}" for suffix, _ in node.derive]
    return found
