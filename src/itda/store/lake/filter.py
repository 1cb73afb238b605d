"""Which fragments a lake file may hold: a Bloom filter (Bloom 1970) kept with the file's row in the manifest.

Fragment ids are keyed hashes, so their own bytes serve as the two hashes of double hashing (Kirsch and Mitzenmacher
2006). Ten bits and seven probes a fragment: about one file in a hundred is opened in vain. Layout: version byte,
probes byte, then the bits, least significant first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_VERSION = 1
_PROBES = 7
_BITS_EACH = 10
_HEAD = 2
_LEAST_BYTES = 8


def build(fragments: npt.NDArray[np.uint64]) -> bytes:
    """The filter of these fragments: an (n, 2) array of the big-endian halves of their ids; repeats do no harm."""
    size = max(_LEAST_BYTES, (len(fragments) * _BITS_EACH + 7) // 8)
    bits = np.zeros(size * 8, dtype=np.uint8)
    modulus = np.uint64(size * 8)
    first = fragments[:, 0] % modulus
    stride = fragments[:, 1] % modulus
    for probe in range(_PROBES):
        bits[(first + np.uint64(probe) * stride) % modulus] = 1
    return bytes((_VERSION, _PROBES)) + np.packbits(bits, bitorder="little").tobytes()


def may_hold(bits: bytes, fragment: bytes) -> bool:
    """Whether the file may hold the fragment; False is certain. A filter of an unknown version says yes."""
    if len(bits) <= _HEAD or bits[0] != _VERSION:
        return True
    modulus = (len(bits) - _HEAD) * 8
    first = int.from_bytes(fragment[:8], "big") % modulus
    stride = int.from_bytes(fragment[8:], "big") % modulus
    for probe in range(bits[1]):
        bit = (first + probe * stride) % modulus
        if not bits[_HEAD + (bit >> 3)] >> (bit & 7) & 1:
            return False
    return True
