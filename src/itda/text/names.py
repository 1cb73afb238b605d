"""Names of persons: one normal form, its parts, and keys under which Hangul and Latin spellings of a name meet."""

from __future__ import annotations

import re
from functools import lru_cache

from itda.text import masks
from itda.text.families import DOUBLE, FAMILIES
from itda.text.hangul import FIRST, LAST
from itda.text.letters import folded
from itda.text.readings import readings

_ALIAS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_HANGUL_NAME = re.compile(f"[{FIRST}-{LAST}*][{FIRST}-{LAST}* ]*")
_HANGUL_TITLE = re.compile(
    rf"(?<=[{FIRST}-{LAST}*][{FIRST}-{LAST}*])\s*"
    "(?:고객님|회원님|선생님|사장님|대표님|교수님|원장님|여사님|고객|회원|선생|귀하|여사|님|씨)$"
)
_TITLES_WRITTEN = "mr mrs ms miss mx mister dr prof professor sir madam madame mme mlle herr frau rev hon"
_SUFFIXES_WRITTEN = "jr sr ii iii iv phd md esq"
_TITLES, _SUFFIXES = frozenset(_TITLES_WRITTEN.split()), frozenset(_SUFFIXES_WRITTEN.split())
_REMEMBERED = 65_536
_PLAIN = re.compile(rf"[a-z]+(?:-[a-z]+)?(?: [a-z]+(?:-[a-z]+)?)*|[{FIRST}-{LAST}]+(?<![님씨객원생하사])")
"""Forms in which there is nothing to be done but, at most, a title to be dropped."""
_BETWEEN = re.compile(r"[^\w\s*,\-]|_")
_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212]+\s*")


@lru_cache(_REMEMBERED)
def normal(text: str) -> str:
    """Folded, without titles, aliases in brackets and punctuation; hidden signs as `*`; a Hangul name without spaces.

    A comma (`Kim, Minsu`) is turned: family last, as Latin names are written. Normal twice is normal once. Empty where
    nothing is left.
    """
    lower = text.lower()
    if _PLAIN.fullmatch(lower):
        words = lower.split(" ")
        if words[0] not in _TITLES and words[-1] not in _SUFFIXES:
            return lower
    before, text = None, masks.unified(_ALIAS.sub(" ", text))
    while before != text:
        before, text = text, _once(text)
    return text


def _once(text: str) -> str:
    text = masks.unified(folded(text))
    if _HANGUL_NAME.fullmatch(text):
        return _HANGUL_TITLE.sub("", text).replace(" ", "")
    head, comma, tail = text.partition(",")
    if comma:
        text = f"{tail} {head}" if not _SUFFIXES & set(_BETWEEN.sub("", tail).split()) else f"{head} {tail}"
    words = _DASHES.sub("-", _BETWEEN.sub("", _DASHES.sub("-", text)).replace(",", " ")).split()
    words = [word.strip("-") for word in words]
    while len(words) > 1 and words[0] in _TITLES:
        del words[0]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        del words[-1]
    return " ".join(word for word in words if word)


@lru_cache(_REMEMBERED)
def keys(text: str) -> tuple[str, ...]:
    """Readings of a Korean name, `gim min su`, family first, likeliest first; one for Hangul, a few for Latin letters.

    Two spellings of one name share a key. () for a name that is not Korean or has hidden signs.
    """
    name = normal(text)
    if masks.HIDDEN in name or len(name) < 2:  # noqa: PLR2004 - a family and a given name
        return ()
    if _HANGUL_NAME.fullmatch(name):
        return (" ".join(masks.pattern(name)),)
    if not name.isascii():
        return ()
    return readings(name.split(), is_family_last="," in text)


def parts(text: str) -> tuple[str, str]:
    """Family and given name in normal form; either may be empty. In Latin letters the last word if no Korean one."""
    name = normal(text)
    if _HANGUL_NAME.fullmatch(name):
        cut = 2 if name[:2] in DOUBLE and len(name) > 2 else 1  # noqa: PLR2004 - a family of two syllables
        return name[:cut], name[cut:]
    words = name.split()
    if len(words) < 2:  # noqa: PLR2004 - a family and a given name
        return "", name
    first, last = words[0].replace("-", ""), words[-1].replace("-", "")
    if "," not in text and first in FAMILIES and last not in FAMILIES and keys(text):
        return words[0], " ".join(words[1:])
    return words[-1], " ".join(words[:-1])
