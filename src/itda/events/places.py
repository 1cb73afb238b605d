"""Where a person was at a time: what of an event tells it, and the event without that.

Korea's Location Information Act (위치정보법) art. 2 calls so what electronic means found out of where somebody is or
was at a certain time (read in its text of 2005, to be confirmed by counsel). Here that is, and nothing else:

* an event that says no more than that somebody was somewhere (`EVENTS`), or that a sensor tells (`CHANNELS`), whole;
* a field by its name (`FIELDS`), however deep in properties, traits or `context`;
* a field of which a contract says that it is for the purpose `location` alone, and all of an event whose `*` is.

Where somebody lives, which store an order was made in and a shortened network address are none of it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

LOCATION = "location"
"""The purpose of what tells it, and its one word wherever it is counted."""
EVENTS = frozenset({"Store Entered", "Store Left", "Store Visited"})
CHANNELS = frozenset({"sensor"})
_NAMES = (
    "latitude", "longitude", "lat", "lng", "lon", "lat lng", "lat lon", "altitude", "gps", "coordinates", "coords",
    "location", "geo", "geo location", "geolocation", "geo point", "geo hash", "geohash", "geo fence", "geofence",
    "beacon", "beacon id", "ssid", "wifi ssid", "bssid", "wifi bssid", "cell id", "위도", "경도", "좌표", "위치",
)  # fmt: skip


def _spellings(name: str) -> set[str]:
    words = name.split()
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    apart = {between.join(form) for between in "_- " for form in (words, name.title().split(), name.upper().split())}
    return {*apart, "".join(words), camel, camel[0].upper() + camel[1:]}


FIELDS = frozenset(spelling for name in _NAMES for spelling in _spellings(name))
_NONE: frozenset[str] = frozenset()
_apart = FIELDS.isdisjoint


def is_presence(name: str, channel: str) -> bool:
    """Whether such an event as a whole tells where somebody was."""
    return name in EVENTS or channel in CHANNELS


def tells(path: str) -> bool:
    """Whether a field is named as what tells where somebody was: `context.location.city`, `stops[].lat`."""
    return not FIELDS.isdisjoint(part.removesuffix("[]") for part in path.split("."))


def holds(value: dict[str, Any], paths: Collection[str] = _NONE) -> bool:
    """Whether an object tells it anywhere: by the names of its fields, or in one of these `paths`."""
    return _holds(value) or bool(paths and without(value, paths) != value)


def _holds(value: dict[str, Any]) -> bool:
    """The same by names alone. Every event is asked: plain loops, each call saved counts."""
    if not _apart(value):
        return True
    for item in value.values():
        kind = item.__class__
        if (kind is dict and _holds(item)) or (kind is list and _holds_any(item)):
            return True
    return False


def _holds_any(items: list[Any]) -> bool:
    for item in items:
        kind = item.__class__
        if (kind is dict and _holds(item)) or (kind is list and _holds_any(item)):
            return True
    return False


def without(value: dict[str, Any], paths: Collection[str] = _NONE) -> dict[str, Any]:
    """The object without it; the value itself is not changed. `paths` are written as a contract's fields are."""
    left: dict[str, Any] = _without(value, paths, "")
    return left


def _without(value: Any, paths: Collection[str], place: str) -> Any:
    if value.__class__ is dict:
        named = ((key, item, f"{place}.{key}" if place else key) for key, item in value.items())
        return {key: _without(item, paths, at) for key, item, at in named if key not in FIELDS and at not in paths}
    return [_without(item, paths, f"{place}[]") for item in value] if value.__class__ is list else value
