"""Where the wire carries identifiers: the policy's paths, compiled so that an event without any costs next to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from itda.events.normalise import NORMALISERS, Memory
from itda.sources.wire import Item


class Kind(Protocol):
    """A kind of identifier, as the identity policy declares it."""

    @property
    def name(self) -> str:
        """Its name: user_id, email …"""
        ...

    @property
    def normaliser(self) -> str:
        """The name of its normaliser."""
        ...

    @property
    def paths(self) -> tuple[str, ...]:
        """Dotted paths into an event; the first that holds a value counts."""
        ...


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


class Place:
    """One path below a root: `keys` into nested objects, and whose identifier it is."""

    __slots__ = ("keys", "kind", "normaliser", "rank")

    def __init__(self, keys: tuple[str, ...], kind: str, normaliser: str, rank: int) -> None:
        self.keys = keys
        self.kind = kind
        self.normaliser = normaliser
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
    """Finds and normalises the identifiers of events. `unreadable` counts values that are none, by (source, kind)."""

    def __init__(self, kinds: Iterable[Kind], country: str) -> None:
        self._memory = Memory(country)
        self.unreadable: dict[tuple[str, str], int] = {}
        self._normaliser: dict[str, str] = {}
        self._roots: dict[str, list[Place]] = {"traits": [], "properties": [], "context": []}
        self._top: list[tuple[str, Place]] = []
        for kind in kinds:
            normaliser = kind.normaliser if kind.normaliser in NORMALISERS else "text"
            self._normaliser[kind.name] = normaliser
            for rank, path in enumerate(kind.paths):
                self._add(path, kind.name, normaliser, rank)
        if not any(attribute == "previous_id" for attribute, _ in self._top) and _PREVIOUS in self._normaliser:
            self._top.append(("previous_id", Place((), _PREVIOUS, self._normaliser[_PREVIOUS], 99)))
        self._keys = {root: frozenset(place.keys[0] for place in places) for root, places in self._roots.items()}

    def _add(self, path: str, kind: str, normaliser: str, rank: int) -> None:
        root, *keys = path.split(".")
        if root in _TOP and not keys:
            self._top.append((_TOP[root], Place((), kind, normaliser, rank)))
        elif root in self._roots and keys:
            self._roots[root].append(Place(tuple(keys), kind, normaliser, rank))

    def in_item(self, item: Item, source: str) -> list[tuple[str, str]]:
        """Identifiers at the top of a call: userId, anonymousId, previousId, and those by kind."""
        found: list[tuple[str, str]] = []
        for attribute, place in self._top:
            value = getattr(item, attribute)
            if value is not None:
                text = self._read(place, value, source)
                if text is not None:
                    found.append((place.kind, text))
        if item.identifiers is not None:
            for kind, value in item.identifiers.items():
                normaliser = self._normaliser.get(kind)
                if normaliser is None:
                    self._count(source, kind)
                    continue
                for single in value if isinstance(value, list) else (value,):
                    text = self._read(Place((), kind, normaliser, 0), single, source)
                    if text is not None:
                        found.append((kind, text))
        return found

    def below(self, root: str, holder: dict[str, Any], source: str, found: Found) -> None:
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
            text = self._read(place, value, source)
            if text is not None:
                found[place.kind] = (place.rank, text)

    def _read(self, place: Place, value: Any, source: str) -> str | None:
        if value.__class__ is not str:
            value = written(value)
            if value is None:
                self._count(source, place.kind)
                return None
        text = self._memory.value(place.normaliser, value)
        if text is None and value.strip():
            self._count(source, place.kind)
        return text

    def _count(self, source: str, kind: str) -> None:
        key = (source, kind if kind in self._normaliser else "unknown")
        self.unreadable[key] = self.unreadable.get(key, 0) + 1


def written(value: Any) -> str | None:
    """A number as people write it: 42 and 42.0 are `42`. None for what is neither text nor number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int | str) else None
