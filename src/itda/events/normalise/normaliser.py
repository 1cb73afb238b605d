"""What a normaliser is: a pure function from a value as it came to the one way of writing it, or None.

None means the value is no identifier of its kind (an e-mail without a domain, a phone number that cannot be): the
event stands, the identifier is left out and counted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import msgspec

LONGEST = 512
"""No identifier is longer; a longer text is something else."""


class Normaliser(msgspec.Struct, frozen=True):
    """One way of writing. `apply(text, country)`: `country` is an ISO 3166-1 alpha-2 code, the brand's own."""

    name: str
    apply: Callable[[str, str], str | None]
    is_costly: bool = False
    """Worth remembering answers for."""


def readable(text: str) -> str | None:
    """Without spaces around, in Unicode form NFC (UAX 15); None when empty, too long or with control characters."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text if text.isprintable() else None
