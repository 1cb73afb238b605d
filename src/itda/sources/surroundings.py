"""The `context` of events: decoded once per distinct text, its network address shortened, its identifiers found."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

import msgspec

from itda.sources.identifiers import Finder, Found

REMEMBERED = 8192
REMEMBERED_BYTES = 8 << 20
"""Of contexts as they came; read they take a few times as much."""
LONGEST_ADDRESS = 64
DEEPEST = 32
"""Levels of nesting a real event may have; beyond it is an attack or a bug."""
_OBJECT = msgspec.json.Decoder(dict[str, Any] | None)
_HOLDERS = frozenset({dict, list})
_DIRECT = frozenset({"web", "app", "kiosk"})
"""Channels whose requests come from the person's own device, so that its address says where."""


class Surroundings(msgspec.Struct, frozen=True):
    """One context: the same object for every event that carries it, never to be changed."""

    context: dict[str, Any]
    found: Found
    fault: str | None = None
    unreadable: tuple[str, ...] = ()
    """The kinds of values in it that are no identifier."""


NOWHERE = Surroundings({}, {})


class Known:
    """The contexts that came from one address, over what their batch shares, by their own bytes."""

    __slots__ = ("address", "known", "shared")

    def __init__(self, shared: bytes, address: str) -> None:
        self.shared = shared
        self.address = address
        self.known: dict[bytes, Surroundings] = {}


class Contexts:
    """Reads contexts and remembers those that came lately by their bytes: so many, and so many bytes, at most."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._around: dict[tuple[bytes, str], Known] = {}
        self._left = REMEMBERED
        self._left_bytes = REMEMBERED_BYTES

    def around(self, shared: bytes, address: str, channel: str) -> Known:
        """What is known of the contexts of a record: `address` counts where it is that of a person's device."""
        if channel not in _DIRECT:
            address = ""
        key = (shared, address)
        known = self._around.get(key)
        if known is None:
            known = Known(shared, address)
            if not shared and not address:
                known.known[b""] = NOWHERE
            self._make_room(len(shared))
            self._around[key] = known
        return known

    def read(self, own: bytes | msgspec.Raw, around: Known) -> Surroundings:
        """The context of an event: its own over what its batch shares, with the address; to be remembered."""
        own = bytes(own)
        self._make_room(len(own) + len(around.shared))
        found = around.known[own] = self._read(own, around.shared, around.address)
        return found

    def _make_room(self, size: int) -> None:
        self._left -= 1
        self._left_bytes -= size
        if self._left < 0 or self._left_bytes < 0:
            for around in self._around.values():
                around.known.clear()
            self._around.clear()
            self._left = REMEMBERED
            self._left_bytes = REMEMBERED_BYTES - size

    def _read(self, own: bytes, shared: bytes, address: str) -> Surroundings:
        try:
            context = _merged(shared, own)
        except msgspec.ValidationError:
            return Surroundings({}, {}, "context: not an object")
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Surroundings({}, {}, "context: not JSON in UTF-8")
        except RecursionError:
            return Surroundings({}, {}, "context: nested too deep")
        if is_deep(context):
            return Surroundings({}, {}, "context: nested too deep")
        given = context.pop("ip", None)
        shortened = shorten(given) if isinstance(given, str) else address
        if shortened:
            context["ip"] = shortened
        found: Found = {}
        self._finder.unreadable.clear()
        self._finder.below("context", context, found)
        return Surroundings(context, found, None, tuple(self._finder.unreadable))


def _merged(shared: bytes, own: bytes) -> dict[str, Any]:
    context: dict[str, Any] = (_OBJECT.decode(own) if own else None) or {}
    if shared:
        for key, value in (_OBJECT.decode(shared) or {}).items():
            over = context.get(key)
            if isinstance(over, dict) and isinstance(value, dict):
                context[key] = {**value, **over}
            else:
                context.setdefault(key, value)
    return context


def is_flat(value: dict[str, Any]) -> bool:
    """Whether an object holds no other object and no list."""
    return _HOLDERS.isdisjoint(map(type, value.values()))


def is_deep(value: dict[str, Any] | list[Any], left: int = DEEPEST) -> bool:
    """Whether a JSON value has more levels than a real event does."""
    if left == 0:
        return True
    items = value.values() if isinstance(value, dict) else value
    if _HOLDERS.isdisjoint(map(type, items)):
        return False
    return any(item.__class__ in _HOLDERS and is_deep(item, left - 1) for item in items)


def shorten(address: str) -> str:
    """A network address without its last part (IPv4 /24, IPv6 /48); empty when it is none."""
    return _shortened(address) if len(address) <= LONGEST_ADDRESS else ""


@lru_cache(maxsize=REMEMBERED)
def _shortened(address: str) -> str:
    try:
        read = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(read, ipaddress.IPv6Address) and read.ipv4_mapped is not None:
        read = read.ipv4_mapped
    prefix = 24 if read.version == 4 else 48  # noqa: PLR2004 - the version's own number
    return str(ipaddress.ip_network((read, prefix), strict=False).network_address)
