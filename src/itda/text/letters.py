"""Letters under every spelling of them: forms of Unicode folded, marks dropped, scripts told apart."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_NOT_LETTERS = re.compile(r"[\W_]+")
_UNMARKED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "\u0131": "i"}
)
_HANGUL = re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
_SCRIPTS = (
    ("hangul", _HANGUL),
    ("han", re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")),
    ("kana", re.compile("[\u3040-\u30ff]")),
    ("cyrillic", re.compile("[\u0400-\u052f]")),
    ("latin", re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
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


def script(text: str) -> str:
    """`latin`, `hangul`, `han`, `kana`, `cyrillic`; `mixed` of several; `none` without a letter of these."""
    if text.isascii():
        return "latin" if any(map(str.isalpha, text)) else "none"
    found = [name for name, letters in _SCRIPTS if letters.search(text)]
    if not found:
        return "none"
    return found[0] if len(found) == 1 else "mixed"
