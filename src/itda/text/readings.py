"""A romanised Korean name read back: the syllables it may stand for, in Revised Romanization, likeliest first.

`Kim Jung-Hee`, `jeonghui gim` and `KIM, JUNG HEE` all have the reading `gim jeong hui`, which is what 김정희 spells.
Several spellings are shared (`jung` is 정 or 중), so a name has a few readings; two names agree where they share one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from itda.text.families import DOUBLE, FAMILIES, LONGEST_SPELLING, RANKS
from itda.text.hangul import romanised
from itda.text.spellings import LONGEST, syllables

MOST = 16
"""Readings kept of one name."""
_GIVEN = 3
"""No more syllables are looked for in a given name."""
_LONGEST_WORD = 24
_REMEMBERED = 65_536
_EXTRA_SYLLABLE = 2
_COMMON_FAMILIES = 40
_INITIALS = {"k": "g", "c": "j", "z": "j", "t": "d", "p": "b", "v": "b", "l": "r", "f": "b"} | dict.fromkeys(
    "aeiouwy", "a"
)
Reading = tuple[int, tuple[str, ...]]
"""What it costs to believe it (less is likelier), and the syllables."""
_DOUBLE = frozenset(" ".join(map(romanised, family)) for family in DOUBLE)


def _best(found: Collection[Reading]) -> tuple[Reading, ...]:
    if not found:
        return ()
    cheapest: dict[tuple[str, ...], int] = {}
    for cost, read in found:
        if cost < cheapest.get(read, cost + 1):
            cheapest[read] = cost
    return tuple(sorted((cost, read) for read, cost in cheapest.items())[:MOST])


@lru_cache(_REMEMBERED)
def syllabified(word: str, most: int = _GIVEN) -> tuple[Reading, ...]:
    """The syllables that a word of Latin letters (lower case) may be, at most `most`, with their cost, least first."""
    if not word or len(word) > _LONGEST_WORD:
        return ()
    known = syllables()
    found: list[Reading] = [(cost, (syllable,)) for syllable, cost in known.get(word, ())]
    if most > 1:
        for cut in range(1, min(LONGEST, len(word) - 1) + 1):
            heads = known.get(word[:cut])
            if heads:
                rests = syllabified(word[cut:], most - 1)
                found += [
                    (cost + more + (_EXTRA_SYLLABLE if len(rest) > 1 else 0), (head, *rest))
                    for more, rest in rests
                    for head, cost in heads
                ]
    return _best(found)


def _given(parts: Sequence[str]) -> tuple[Reading, ...]:
    """Readings of the parts of a given name; of several parts each is one syllable if it can be."""
    if not 0 < len(parts) <= _GIVEN:
        return ()
    if len(parts) == 1:
        return syllabified(parts[0])
    read: tuple[Reading, ...] = ((0, ()),)
    for part in parts:
        more = syllabified(part, 1) or syllabified(part, _GIVEN - len(parts) + 1)
        read = _best([(cost + extra, (*head, *rest)) for cost, head in read for extra, rest in more])
    return tuple((cost, given) for cost, given in read if len(given) <= _GIVEN)


def _joined(family: str, given: Sequence[str], extra: int = 0) -> list[Reading]:
    keys = FAMILIES.get(family, ())
    if not keys:
        return []
    rests = _given(given)
    return [
        (cost + extra + (RANKS[key] >= _COMMON_FAMILIES), (*key.split(), *rest)) for key in keys for cost, rest in rests
    ]


def readings(words: Sequence[str], *, is_family_last: bool = False) -> tuple[str, ...]:
    """Readings of a whole name, family before given name whatever the order of the words; () where it is none.

    `words` are in lower case; a hyphen joins the syllables of one. A single word is read as family and given name
    written together, in either order. `is_family_last` where a comma
    said so.
    """
    if not 0 < len(words) <= _GIVEN + 2 or not "".join(words).replace("-", "").isascii():
        return ()
    if len(words) == 1 and "-" not in words[0]:
        return _texts(_together(words[0]))
    parts = [word.split("-") for word in words]
    flat = [part for word in parts for part in word]
    found = _joined("".join(parts[-1]), [part for word in parts[:-1] for part in word])
    if not is_family_last:
        found += _joined("".join(parts[0]), [part for word in parts[1:] for part in word])
    if len(flat) > 2:  # noqa: PLR2004 - two parts of a family and a given name
        found += [item for item in _joined(flat[0] + flat[1], flat[2:]) if " ".join(item[1][:2]) in _DOUBLE]
    return _texts(found)


def given_readings(word: str) -> tuple[str, ...]:
    """Readings of a given name alone."""
    return _texts(_given(word.split("-")))


def initial(syllable: str) -> str:
    """The first letter of a romanised syllable, one for all letters its sound is written with: 경 as `g` of Kyung."""
    return _INITIALS.get(syllable[:1], syllable[:1])


def initials_of_family(word: str, most: int) -> tuple[str, ...]:
    """A family and up to `most` first letters of the given name in one word, `mskim` or `kimms`: `gim ms`."""
    found: dict[str, None] = {}
    for cut in range(1, most + 1):
        for family, letters in ((word[cut:], word[:cut]), (word[:-cut], word[-cut:])):
            for key in FAMILIES.get(family, ()):
                found[f"{key} {''.join(map(initial, letters))}"] = None
    return tuple(found)


def _together(word: str) -> list[Reading]:
    found = []
    for cut in range(1, min(LONGEST_SPELLING, len(word) - 1) + 1):
        found += _joined(word[:cut], [word[cut:]])
        found += _joined(word[-cut:], [word[:-cut]], extra=1)
    return found


def _texts(found: Collection[Reading]) -> tuple[str, ...]:
    return tuple(" ".join(read) for _, read in _best(found))
