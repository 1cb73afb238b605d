"""Letters under every spelling of them: forms of Unicode folded, marks dropped."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_NOT_LETTERS = re.compile(r"[\W_]+")
_UNMARKED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "\u0131": "i"}
)


def folded(text: str) -> str:
    """Unicode form NFKC (UAX 15) in lower case, one space between words, none around. Folding twice changes nothing."""
    if text.isascii():
        return " ".join(text.lower().split())
    before = None
    while before != text:
        before, text = text, unicodedata.normalize("NFKC", text.casefold())
    return _SPACE.sub(" ", text).strip()


def plain(text: str) -> str:
    """Folded, marks dropped (é as e, ø as o), one space between words of letters and digits. Hangul stays whole."""
    text = folded(text)
    if not text.isascii():
        text = unicodedata.normalize("NFD", text.translate(_UNMARKED))
        text = "".join(sign for sign in text if not unicodedata.combining(sign))
        text = unicodedata.normalize("NFC", text)
    return _NOT_LETTERS.sub(" ", text).strip()
