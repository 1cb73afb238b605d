"""Korean names in Latin letters, letter by letter after the Revised Romanization (without its assimilations)."""

from __future__ import annotations


def _letters(text: str) -> list[str]:
    """The letters of one place in a syllable, in Unicode's order; `-` where none is heard."""
    return ["" if one == "-" else one for one in text.split()]


_FIRST = _letters("g kk n d tt r m b pp s ss - j jj ch k t p h")
_MIDDLE = _letters("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_LAST = _letters("- k k k n n n t l k m p l l p l m p p t t ng t t k t p t")
_HANGUL = 0xAC00
_SYLLABLES = 11_172


def syllable(letter: str) -> str:
    """One syllable of Hangul in Latin letters; any other letter as it is."""
    at = ord(letter) - _HANGUL
    if not 0 <= at < _SYLLABLES:
        return letter
    return _FIRST[at // 588] + _MIDDLE[at % 588 // 28] + _LAST[at % 28]


def romanised(name: str | None) -> str | None:
    """A name as lower-case Latin words in alphabetical order, given name in one word; a masked part stays `*`."""
    if name is None:
        return None
    if any(_HANGUL <= ord(letter) < _HANGUL + _SYLLABLES for letter in name):
        whole = name.replace(" ", "")
        words = ["".join(map(syllable, part)) for part in (whole[:1], whole[1:]) if part]
    else:
        words = name.casefold().replace("-", "").split()
    return " ".join(sorted(words))
