"""Where the wire carries identifiers: the policy's paths, compiled so that an event without any costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from itda.events.normalise import NORMALISERS, reader
from itda.sources.wire import Id, Item


class Kind(Protocol):
    """A kind of identifier, as the identity policy declares it."""

    @property
    def name(self) -> str:
        """Its name, such as user_id or email."""
        ...

    @property
    def normaliser(self) -> str:
        """The name of its normaliser."""
        ...

    @property
    def paths(self) -> tuple[str, ...]:
        """Dotted paths into an event; the first that holds a value counts."""
        ...


Read = Callable[[str], str | None]
Found = dict[str, tuple[int, str]]
"""By kind: the rank of the path it was found at (the least counts), and the normalised value."""

_TOP = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "previousId": "previous_id",
    "groupId": "group_id",
}
_PREVIOUS = "anonymous_id"
"""What an alias call renames is an anonymous id, unless the policy says where `previousId` belongs."""


IDS_REMEMBERED = 16_384
"""User ids, and as many anonymous ids, whose readings are remembered: visitors come with several events in a row."""


class Place:
    """One path below a root: `keys` into nested objects, and whose identifier it is."""

    __slots__ = ("keys", "kind", "rank", "read")

    def __init__(self, keys: tuple[str, ...], kind: str, read: Read, rank: int) -> None:
        self.keys = keys
        self.kind = kind
        self.read = read
        self.rank = rank

    def value(self, holder: Mapping[str, Any]) -> Any:
        """What stands there, None for nothing."""
        value: Any = holder
        for key in self.keys:
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value


class Finder:
    """Finds and normalises the identifiers of events. `unreadable` takes the kinds of values that are none."""

    def __init__(self, kinds: Iterable[Kind], country: str) -> None:
        self.unreadable: list[str] = []
        self._by_kind: dict[str, Place] = {}
        self._roots: dict[str, list[Place]] = {"traits": [], "properties": [], "context": []}
        self._top: dict[str, list[Place]] = {attribute: [] for attribute in _TOP.values()}
        self._known: dict[str, dict[Id, list[tuple[str, str]]]] = {"user_id": {}, "anonymous_id": {}}
        readers = {name: reader(name, country) for name in NORMALISERS}
        for kind in kinds:
            read = readers[kind.normaliser if kind.normaliser in NORMALISERS else "text"]
            self._by_kind[kind.name] = Place((), kind.name, read, 0)
            for rank, path in enumerate(kind.paths):
                self._add(path, kind.name, read, rank)
        if not self._top["previous_id"] and _PREVIOUS in self._by_kind:
            self._top["previous_id"].append(self._by_kind[_PREVIOUS])
        self._keys = {root: frozenset(place.keys[0] for place in places) for root, places in self._roots.items()}

    def _add(self, path: str, kind: str, read: Read, rank: int) -> None:
        root, *keys = path.split(".")
        if root in _TOP and not keys:
            self._top[_TOP[root]].append(Place((), kind, read, rank))
        elif root in self._roots and keys:
            self._roots[root].append(Place(tuple(keys), kind, read, rank))

    def in_item(self, item: Item) -> list[tuple[str, str]]:
        """Identifiers at the top of a call: userId, anonymousId, previousId, and those by kind."""
        found: list[tuple[str, str]] = []
        if (value := item.user_id) is not None:
            found += self._known["user_id"].get(value) or self._learn("user_id", value)
        if (value := item.anonymous_id) is not None:
            found += self._known["anonymous_id"].get(value) or self._learn("anonymous_id", value)
        if item.previous_id is not None:
            self._each(self._top["previous_id"], item.previous_id, found)
        if item.group_id is not None:
            self._each(self._top["group_id"], item.group_id, found)
        if item.identifiers is not None:
            self._by_name(item.identifiers, found)
        return found

    def _learn(self, attribute: str, value: Any) -> list[tuple[str, str]]:
        """Read an id that nearly every event has, and remember the text where every place could read it."""
        places, found = self._top[attribute], list[tuple[str, str]]()
        self._each(places, value, found)
        if value.__class__ is str and len(found) == len(places):
            known = self._known[attribute]
            if len(known) >= IDS_REMEMBERED:
                known.clear()
            known[value] = found
        return found

    def _by_name(self, identifiers: dict[str, Any], found: list[tuple[str, str]]) -> None:
        for kind, value in identifiers.items():
            place = self._by_kind.get(kind)
            if place is None:
                self.unreadable.append("unknown")
            else:
                for single in value if isinstance(value, list) else (value,):
                    self._each((place,), single, found)

    def _each(self, places: Iterable[Place], value: Any, found: list[tuple[str, str]]) -> None:
        for place in places:
            text = self._read(place, value)
            if text is not None:
                found.append((place.kind, text))

    def below(self, root: str, holder: dict[str, Any], found: Found) -> None:
        """Add the identifiers in `traits`, `properties` or `context`: of a kind found twice the earlier path counts."""
        if self._keys[root].isdisjoint(holder):
            return
        for place in self._roots[root]:
            value = place.value(holder)
            if value is None:
                continue
            known = found.get(place.kind)
            if known is not None and known[0] <= place.rank:
                continue
            text = self._read(place, value)
            if text is not None:
                found[place.kind] = (place.rank, text)

    def _read(self, place: Place, value: Any) -> str | None:
        if value.__class__ is not str:
            if value is None:
                return None
            value = written(value)
            if value is None:
                self.unreadable.append(place.kind)
                return None
        text = place.read(value)
        if text is None and value.strip():
            self.unreadable.append(place.kind)
        return text


def written(value: Any) -> str | None:
    """A number as people write it: 42 and 42.0 are `42`. None for what is neither text nor number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int | str) else None
