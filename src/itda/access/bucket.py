"""Where anchors go that nobody may change: a bucket whose objects are locked for so many days."""

from __future__ import annotations

from typing import Literal

import msgspec


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """An S3-compatible bucket with object lock. Who we are to it stands in the environment, as AWS's tools read it."""

    name: str
    prefix: str
    """What the keys of the objects begin with."""
    endpoint: str = ""
    """Its address; empty: AWS's own."""
    region: str = ""
    mode: Literal["compliance", "governance"] = "compliance"
    """`compliance`: nobody shortens the lock, not even who owns the account."""
    days: int = 730
    """So long each object is locked."""
