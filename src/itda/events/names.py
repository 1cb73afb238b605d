"""The names of events that come without one: what calls other than track are named here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STANDARD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "page": "Page Viewed",
        "screen": "Screen Viewed",
        "identify": "Customer Identified",
        "group": "Group Joined",
        "alias": "Alias Created",
    }
)
