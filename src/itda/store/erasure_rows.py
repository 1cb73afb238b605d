"""What an erasure writes, and what stays of it: rows without a personal value."""

from __future__ import annotations

import msgspec


class RetoldRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the log of resolutions without identifiers that are erased; it goes where no members are left."""

    seq: int
    before: list[list[bytes]]
    after: list[list[bytes]]
    members: list[bytes]


class ErasureRow(msgspec.Struct, frozen=True, gc=False):
    """Fragments of which every key is destroyed and every row deleted, of whatever table. Written after all else."""

    request: bytes
    position: int
    """The frame of the log that tells of it."""
    at: int
    """Log time: values that were theirs are refused in what is dated up to then."""
    cause: str
    fragments: list[bytes]
    suppressed_until: int
    """Until when it is remembered, as hashes, which values were theirs."""


class Suppressed(msgspec.Struct, frozen=True, gc=False):
    """A value that was erased: the generation it had, and the log time of the erasure."""

    generation: int
    since: int
