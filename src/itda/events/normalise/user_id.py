"""A login's id, as the brand's own system made it: case and signs may matter, so only surroundings are cut.

The words that broken clients send instead of an id name nobody.
"""

from __future__ import annotations

from itda.events.normalise.normaliser import LONGEST, Normaliser, readable

NOBODY = frozenset({"null", "undefined", "none", "nan", "(null)", "[object object]", "nil"})
_LONGEST_WORD = max(map(len, NOBODY))


def user_id(text: str, _country: str) -> str | None:
    """The id without spaces around; None for nobody."""
    if _LONGEST_WORD < len(text) <= LONGEST and text.isascii() and text.isprintable() and " " not in text:
        return text  # a UUID and its like
    read = readable(text)
    return None if read is None or read.lower() in NOBODY else read


NORMALISER = Normaliser("user_id", user_id)
