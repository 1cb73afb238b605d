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


def last_four(text: str) -> str:
    """The last four digits; empty where there are fewer or one of them is hidden."""
    text = _SIGNS.sub("", unified(folded(text))).replace("+", "")
    end = text[-_LAST:]
    return end if len(end) == _LAST and end.isdigit() else ""


def agrees(one: str, other: str) -> bool:
    """Whether two results of `digits` may be one number: hidden signs match any, and a short one is the other's end."""
    if not one.strip(HIDDEN) or not other.strip(HIDDEN):
        return False
    if len(one) != len(other):
        short, long = sorted((one, other), key=len)
        if len(short) != _LAST:
            return False
        one, other = short, long[-_LAST:]
    return all(HIDDEN in (a, b) or a == b for a, b in zip(one, other, strict=True))
