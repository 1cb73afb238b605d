"""Names with signs hidden, as on till receipts: 김*수, 김○○, K** M*."""

from __future__ import annotations

import re

from itda.text.families import by_head_sound
from itda.text.hangul import is_syllable, romanised

HIDDEN = "*"
_SIGNS = re.compile(r"[*\u00d7\u2022\u25cb\u25cf\u25ef\u2217\u274b\u3007\uff0a?#]")
_LETTER_AS_SIGN = re.compile(r"(?<=[\uac00-\ud7a3*])[xXoO]+(?=[\uac00-\ud7a3*]|$)")


def unified(text: str) -> str:
    """Every sign that hides a letter as `*`: 김○수, 김X수 and 김?수 as 김*수."""
    return _LETTER_AS_SIGN.sub(lambda match: HIDDEN * len(match[0]), _SIGNS.sub(HIDDEN, text))


def pattern(name: str) -> tuple[str, ...]:
    """The signs of a Hangul name in normal form, romanised, hidden ones as `*`; () for a name that is not in Hangul."""
    if not name or not all(is_syllable(sign) or sign == HIDDEN for sign in name) or name.strip(HIDDEN) == "":
        return ()
    return tuple(map(romanised, by_head_sound(name[0]) + name[1:]))
