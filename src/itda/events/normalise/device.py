"""Device and advertising ids: hexadecimal, written in either case.

All zeros is what a phone says when it may not say (Apple's ASIdentifierManager, Google's advertising id after opting
out).
"""

from __future__ import annotations

from itda.events.normalise.normaliser import Normaliser
from itda.events.normalise.user_id import user_id


def device(text: str, country: str) -> str | None:
    """The id in lower case; None for the id of nobody."""
    read = user_id(text, country)
    if read is None or not read.strip("0-"):
        return None
    return read.lower()


NORMALISER = Normaliser("device", device)
