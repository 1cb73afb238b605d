"""Phone numbers where the full form is not to be had: short, hidden in part, or mistyped.

A number that can be is compared in E.164 (the `phone` normaliser of the touchpoints); these are for the others.
"""

from __future__ import annotations

import re

from itda.text.letters import folded
from itda.text.masks import HIDDEN, unified

_LAST = 4
_NATIONAL = 9
_SIGNS = re.compile(r"[^\d*+]")
_X = re.compile(r"(?<![a-z])x+(?![a-z])")


def digits(text: str, calling_code: str) -> str:
    """The digits as dialled in the country, without its trunk 0: `1012345678` for +82 10-1234-5678 and 010-1234-5678.

    `calling_code` is the country's own (ITU-T E.164), as `82`. A hidden digit is `*`. A number of another country keeps
    its `+`. Four digits stay four.
    """
    text = _X.sub(lambda match: HIDDEN * len(match[0]), folded(text))
    text = _SIGNS.sub("", unified(text))
    text = "+" + text[2:] if text.startswith("00") else text
    if text.startswith("+"):
        if not text.startswith(f"+{calling_code}"):
            return "+" + text.replace("+", "")
        text = text[len(calling_code) + 1 :]
    text = text.replace("+", "")
    if text.startswith(calling_code) and len(text) - len(calling_code) >= _NATIONAL:
        text = text[len(calling_code) :]  # written without its plus
    return text.lstrip("0") if len(text) > _LAST else text
