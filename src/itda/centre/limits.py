"""How often the centre answers one visitor: the buckets of every door."""

from __future__ import annotations

from itda.access.limits import Buckets, network

__all__ = ["Buckets", "network"]
