"""Membership and card numbers: spaces and hyphens are how they are printed, case is how they are typed.

Leading zeros stay: a till prints them, and 0042 may be another member than 42.
"""

from __future__ import annotations

import re
import unicodedata

from itda.events.normalise.normaliser import Normaliser, readable

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


def membership(text: str, _country: str) -> str | None:
    """One way of writing a membership number; None when nothing is left of it."""
    read = readable(text)
    if read is None:
        return None
    if not read.isascii():
        read = unicodedata.normalize("NFKC", read)
    return _BETWEEN.sub("", read).upper() or None


NORMALISER = Normaliser("membership", membership)
