"""SHA-256 as platforms exchange it: 64 hexadecimal digits. Whatever else stands there is no hash and identifies nobody.

The hash of nothing, which a form sends whose field was empty, is none either.
"""

from __future__ import annotations

import hashlib
import re

from itda.events.normalise.normaliser import Normaliser

_DIGEST = re.compile(r"[0-9a-f]{64}")
_OF_NOTHING = frozenset(hashlib.sha256(text.encode()).hexdigest() for text in ("", "null", "undefined", "none", "+"))


def sha256(text: str, _country: str) -> str | None:
    """A digest in lower case; None when it is none."""
    digest = text.strip().lower()
    return digest if _DIGEST.fullmatch(digest) and digest not in _OF_NOTHING else None


NORMALISER = Normaliser("sha256", sha256)
