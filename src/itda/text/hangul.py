"""Hangul taken apart: syllables into letters, and the Revised Romanization of each.

Arithmetic of syllables: The Unicode Standard, §3.12. Romanization: Revised Romanization of Korean, notice 2000-8 of the
Ministry of Culture and Tourism; its rule 3-4-(2) spells the syllables of a name without the sound changes between them.
"""

from __future__ import annotations

from functools import cache

FIRST, LAST = "\uac00", "\ud7a3"
_VOWELS, _CODAS = 21, 28
ONSET_SPELLINGS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_VOWELS_SPELT = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i"
_CODAS_SPELT = "k k k n n n t l k m l l l p l m p p t t ng t t k t p t"
VOWEL_SPELLINGS = tuple(_VOWELS_SPELT.split())
CODA_SPELLINGS = ("", *_CODAS_SPELT.split())


def is_syllable(sign: str) -> bool:
    """One whole Hangul syllable."""
    return FIRST <= sign <= LAST


def letters(syllable: str) -> tuple[int, int, int]:
    """Places of onset (0..18), vowel (0..20) and coda (0..27, 0 for none) of one syllable."""
    onset, rest = divmod(ord(syllable) - ord(FIRST), _VOWELS * _CODAS)
    return onset, *divmod(rest, _CODAS)


@cache
def romanised(syllable: str) -> str:
    """One syllable in Revised Romanization: 정 as `jeong`. Any other sign as it is."""
    if not is_syllable(syllable):
        return syllable
    onset, vowel, coda = letters(syllable)
    return ONSET_SPELLINGS[onset] + VOWEL_SPELLINGS[vowel] + CODA_SPELLINGS[coda]
