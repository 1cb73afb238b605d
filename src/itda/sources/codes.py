"""Codes for receipts and coupons: 20 letters that only this workspace can have made, each for one thing.

64 random bits, and 36 bits by which a code is known as ours without a list of them: a mistyped one is none. They are
written in Crockford's base 32, which has no letters that look like others; `I` and `L` are read as 1, `O` as 0.
"""

from __future__ import annotations

from typing import Protocol

RANDOM = 8
"""Bytes of chance that a code is made of."""
LENGTH = 20
_PROOF_BITS = 36
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})
_LONGEST = 40


class Maker(Protocol):
    """What only this workspace can do."""

    def fingerprint(self, data: bytes) -> bytes:
        """16 bytes that tell equal from unequal."""
        ...


def make(maker: Maker, source: str, random: bytes) -> str:
    """The code of a source that this chance gives."""
    value = int.from_bytes(random, "big") << _PROOF_BITS | _proof(maker, source, random)
    return "".join(_SIGNS[value >> 5 * place & 31] for place in reversed(range(LENGTH)))


def read(maker: Maker, source: str, written: str) -> str | None:
    """The code that somebody typed or scanned, as it was made; None where it is none of this source."""
    if len(written) > _LONGEST:
        return None
    code = written.upper().translate(_ALIKE)
    if len(code) != LENGTH or any(sign not in _SIGNS for sign in code):
        return None
    value = 0
    for sign in code:
        value = value << 5 | _SIGNS.index(sign)
    random = (value >> _PROOF_BITS).to_bytes(RANDOM, "big")
    return code if value & ((1 << _PROOF_BITS) - 1) == _proof(maker, source, random) else None


def _proof(maker: Maker, source: str, random: bytes) -> int:
    found = maker.fingerprint(b"code\0" + source.encode() + b"\0" + random)
    return int.from_bytes(found, "big") >> (8 * len(found) - _PROOF_BITS)
