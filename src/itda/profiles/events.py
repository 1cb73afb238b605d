"""Which events a trait looks at, and which value of them: compiled once per definition into plain functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from itda.base import money
from itda.events.event import EventType
from itda.events.names import EFFECTS
from itda.sources.definition import OWN

OF_THE_EVENT = ("event.name", "event.channel", "event.source", "event.type")
"""Paths that name the event's own fields."""
HOUR = "event.hour"
"""The path of the hour of the day in the shop's zone, `00` to `23`; as a trait's value only."""
AROUND = "context."
"""What paths into an event's clear surroundings begin with, such as `context.campaign.name`; as a trait's value only.

Every path that is none of these names a property.
"""

Scalar = str | int | float | bool


class Test(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test of one property. Every part that is given must hold; a property that is missing passes none but `set`."""

    equals: Scalar | None = None
    one_of: tuple[Scalar, ...] = ()
    unlike: Scalar | None = None
    at_least: int | float | None = None
    at_most: int | float | None = None
    set: bool | None = None
    """True: the property is there; False: it is not."""


class Events(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events by name, channel, source and tests of their properties. What is left out is not asked."""

    name: str | tuple[str, ...] = ()
    channel: str | tuple[str, ...] = ()
    source: str | tuple[str, ...] = ()
    where: dict[str, Test | Scalar] = {}
    """Property path → test; a bare value means `equals`."""


class Happened(Protocol):
    """What is looked at of an event, besides its properties."""

    event_id: str
    name: str
    type: EventType
    source: str
    channel: str
    occurred_at: int
    received_at: int
    local_date: int


_ABSENT = Test(set=False)

Getter = Callable[[Happened, dict[str, Any]], Any]
Matcher = Callable[[Happened, dict[str, Any]], bool]


def words(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """One word or several, as several."""
    return (value,) if isinstance(value, str) else value


def cares(events: Events, name: str, channel: str, source: str) -> bool:
    """Whether events of this name, channel and source can match at all; what is left to ask is in `matcher`.

    What is named like an effect of a message is one only where we tell it ourselves, or where its source is named.
    """
    names, channels, sources = words(events.name), words(events.channel), words(events.source)
    if name in EFFECTS and name in names and not sources and source != OWN.name:
        return False
    return (not names or name in names) and (not channels or channel in channels) and (not sources or source in sources)


def matcher(events: Events) -> Matcher | None:
    """The test of the properties; None when there is nothing to test."""
    if not events.where:
        return None
    tests = tuple(
        (getter(path), passes(test if isinstance(test, Test) else Test(equals=test)))
        for path, test in events.where.items()
    )

    def matches(event: Happened, plain: dict[str, Any]) -> bool:
        return all(test(get(event, plain)) for get, test in tests)

    return matches


def passes(test: Test) -> Callable[[Any], bool]:
    """The test as a function of a value; of a list it is enough that one item passes."""
    if test == Test(equals=test.equals) and type(test.equals) is str:
        wanted = test.equals
        return lambda value: value == wanted if type(value) is str else _passes(test, value)
    if test == Test(at_least=test.at_least, at_most=test.at_most):
        least = -money.LARGEST if test.at_least is None else test.at_least
        most = money.LARGEST if test.at_most is None else test.at_most
        return lambda value: (
            (least <= value <= most and -money.LARGEST < value < money.LARGEST)
            if type(value) is int
            else _passes(test, value)
        )
    return lambda value: _passes(test, value)


def getter(path: str) -> Getter:
    """The function that reads a path: `category`, `address.city`, `products[].category` (a list), `event.channel`."""
    if path in OF_THE_EVENT:
        field = path.removeprefix("event.")
        return lambda event, _: getattr(event, field)
    if "." not in path and "[]" not in path:
        return lambda _, plain: plain.get(path)
    parts = path.split(".")
    return _of_each(parts[0][:-2], parts[1]) if _is_of_each(parts) else lambda _, plain: _walk(plain, parts, 0)


def around(path: str) -> Getter:
    """The function that reads a path into what an event says of its surroundings, where it keeps that."""
    parts = path.split(".")[1:]
    return lambda event, _: _walk(getattr(event, "context", None), parts, 0)


def _is_of_each(parts: list[str]) -> bool:
    """Whether a path is that of one field of a list's objects."""
    return len(parts) == 2 and parts[0].endswith("[]") and not parts[1].endswith("[]")  # noqa: PLR2004 - a list and a field


def _of_each(holder: str, field: str) -> Getter:
    """What `_walk` gives for `products[].category`, the path most traits of a basket have, in one pass."""

    def get(_: Happened, plain: dict[str, Any]) -> Any:
        items = plain.get(holder)
        if not isinstance(items, list):
            return None
        found = [item.get(field) for item in items if isinstance(item, dict)]
        return [value for value in found if value is not None]

    return get


def texts(value: Any) -> list[str]:
    """The values a property gives to `distinct` and `top`: texts, numbers and booleans as text; others not at all."""
    if type(value) is str:
        return [value] if value else []
    if isinstance(value, list):
        return [text for item in value for text in ((item,) if type(item) is str and item else texts(item))]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int | float):
        exact = money.number(value)
        return [] if exact is None else [f"{exact.normalize():f}"]
    return []


def _walk(value: Any, parts: list[str], at: int) -> Any:
    for index in range(at, len(parts)):
        part = parts[index]
        is_list = part.endswith("[]")
        if not isinstance(value, dict):
            return None
        value = value.get(part[:-2] if is_list else part)
        if is_list:
            if not isinstance(value, list):
                return None
            found = (_walk(item, parts, index + 1) for item in value)
            return [item for item in found if item is not None]
    return value


def _passes(test: Test, value: Any) -> bool:
    if isinstance(value, list):
        return any(_passes(test, item) for item in value)
    if value is None:
        return test.set is False and test == _ABSENT
    if test.set is False:
        return False
    return _is_among(test, value) and _is_between(test, value)


def _is_among(test: Test, value: Any) -> bool:
    return (
        (test.equals is None or _same(value, test.equals))
        and (not test.one_of or any(_same(value, one) for one in test.one_of))
        and (test.unlike is None or not _same(value, test.unlike))
    )


def _is_between(test: Test, value: Any) -> bool:
    if test.at_least is None and test.at_most is None:
        return True
    exact = money.number(value)
    if exact is None:
        return False
    return (test.at_least is None or exact >= (money.number(test.at_least) or 0)) and (
        test.at_most is None or exact <= (money.number(test.at_most) or 0)
    )


def _same(value: Any, wanted: Scalar) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)
