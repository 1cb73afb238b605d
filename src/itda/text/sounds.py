"""A key of how a Latin name sounds, for names that were heard and typed: Robert and Rupert share `r163`."""

from __future__ import annotations

import re

from itda.text.letters import plain

_CLASSES = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556")
_CODE_SIGNS = 4


def soundex(word: str) -> str:
    """American Soundex of one word, four signs (National Archives of the United States, leaflet 55).

    Letters of one class that stand side by side, or with only h or w between, count once. Empty for a word that does
    not begin with a Latin letter.
    """
    letters = plain(word).replace(" ", "")
    if not letters[:1].isascii() or not letters[:1].isalpha():
        return ""
    tail = re.sub("[hw]", "", letters[1:].translate(_CLASSES))
    once = re.sub(r"(\d)\1+", r"\1", letters[0].translate(_CLASSES) + tail)[1:]
    return (letters[0] + re.sub(r"\D", "", once) + "000")[:_CODE_SIGNS]
