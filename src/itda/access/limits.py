"""How often a door answers: a bucket for each address, for each key, for the links of each message.

A token bucket: a key may take `burst` at once, and so many a second thereafter. Kept in memory of the process that
answers: it keeps a door usable, and is no account of anybody.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Hashable

_REMEMBERED = 20_000
"""Keys whose buckets are kept; the one not asked for longest goes first, and is full again when it comes back."""
_NETWORK = 64
"""Bits of an IPv6 address that one subscriber is given (RFC 6177): addresses within it are one."""


class Buckets:
    """Buckets of one size, made full. Times are seconds of any clock that does not go back."""

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._kept: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def wait(self, key: Hashable, now: float) -> float:
        """Take one for a key: 0 where there was one, else the seconds until there will be, and nothing is taken."""
        left, at = self._kept.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        is_there = left >= 1
        self._kept[key] = (left - 1 if is_there else left, now)
        if len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)
        return 0.0 if is_there else (1 - left) / self._per_second

    def look(self, key: Hashable, now: float) -> float:
        """As `wait`, and take nothing."""
        left, at = self._kept.get(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        return 0.0 if left >= 1 else (1 - left) / self._per_second


def network(address: str) -> str:
    """What one visitor's addresses have in common: an IPv4 address itself, of IPv6 the network; others as they are."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _NETWORK), strict=False))
