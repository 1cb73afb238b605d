"""Which traits are of where people were: those that look at an event, a channel or a field that tells it."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.events.places import CHANNELS, EVENTS, tells
from itda.profiles.definition import TraitDef
from itda.profiles.events import Events, words


def of_place(events: Events) -> bool:
    """Whether events chosen so tell where somebody was, or are chosen by that."""
    return (
        not EVENTS.isdisjoint(words(events.name))
        or not CHANNELS.isdisjoint(words(events.channel))
        or any(tells(path) for path in events.where)
    )


def trait_of_place(trait: TraitDef) -> bool:
    """Whether a trait is of where somebody was: by its events, or by the fields that it reads of them."""
    if trait.arguments is None:
        return tells(trait.name)
    said: dict[str, Any] = msgspec.structs.asdict(trait.arguments)
    return any(_asks(value) for value in said.values())


def _asks(value: Any) -> bool:
    if isinstance(value, Events):
        return of_place(value)
    if isinstance(value, str):
        return tells(value)
    return isinstance(value, tuple | list) and any(_asks(item) for item in value)
