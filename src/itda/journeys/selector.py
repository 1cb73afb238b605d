"""Which events a journey waits for: a selector, and what of the event must equal what somebody came in with."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec

from itda.journeys.happening import Occurred
from itda.profiles import events
from itda.profiles.events import Events, Matcher


class Selector(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Events by name, channel, source and tests of properties; `match` holds them to the entry."""

    event: Events
    match: dict[str, str] = {}
    """Property of the event → property of the entry event that it must equal."""

    def takes(self, event: Occurred, entry: dict[str, Any]) -> bool:
        """Whether this event is meant, by somebody who came in with these properties."""
        return (
            events.cares(self.event, event.name, event.channel, event.source)
            and (self._tests is None or self._tests(event, event.properties))
            and all(_meet(value(event, path), value(event, other, entry)) for path, other in self.match.items())
        )

    @cached_property
    def _tests(self) -> Matcher | None:
        return events.matcher(self.event)


def value(event: Occurred, path: str, properties: dict[str, Any] | None = None) -> list[str]:
    """What stands at a path of an event, or of other properties, as texts."""
    found = events.getter(path)(event, event.properties if properties is None else properties)
    return events.texts([found])


def _meet(one: list[str], other: list[str]) -> bool:
    return not set(one).isdisjoint(other)
