"""The rules of the audit's chains: each row is bound to the one before it, each thousand to one root.

A row's link is SHA-256(link before || seq || at || SHA-256 of the row); a day's first link follows the day's own
beginning, which holds the last link of the day before. Numbers that were never written have no link: they are left
out, and the next row's link says so by its seq. Roots are Merkle tree hashes as in RFC 9162, section 2.1.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

BLOCK = 1_000
"""Links under one root, at most."""
NOTHING = bytes(32)
"""In place of a link before the first day of a chain."""


def beginning(stream: str, day: int, before: bytes) -> bytes:
    """What a day's first link follows: 32 bytes of the stream, the day number and the last link before that day."""
    return hashlib.sha256(b"itda audit chain\0" + stream.encode() + b"\0" + _number(day) + before).digest()


def link(before: bytes, seq: int, at: int, row_sha256: bytes) -> bytes:
    """The link of a row, 32 bytes. `at` is in microseconds UTC."""
    return hashlib.sha256(before + _number(seq) + _number(at) + row_sha256).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of a list of links or roots, in their order."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()


def _number(value: int) -> bytes:
    return value.to_bytes(8, "big", signed=True)
