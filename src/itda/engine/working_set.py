"""What the pipeline keeps in memory between chunks: identifiers seen lately, their ciphers, and folds of fragments.

Each part is bounded by count, so memory depends on the bounds and not on how many customers there are. Everything in
here was written with a chunk, so anything may be forgotten at any time.
"""

from __future__ import annotations

import msgspec


class Bounds(msgspec.Struct, frozen=True):
    """About how many entries of each part stay."""

    identifiers: int = 200_000
    ciphers: int = 8_000
    fragments: int = 150_000
    fragment_bytes: int = 128 << 20
    """Of folds as they are written: one of a customer with many orders is a hundred times as large as others."""
    resolved: int = 150_000
    reconsidered: int = 400
    """Identifiers settled anew in one commit after the rules changed."""
