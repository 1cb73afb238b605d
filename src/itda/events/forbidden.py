"""Resident registration numbers (주민등록번호, and those of registered foreigners), which may not be held.

PIPA art. 24-2 forbids keeping them without a law that asks for it. Thirteen digits: the birth date (YYMMDD), a digit
for century and sex, five for the place and a check digit (weights 2…9, 2…5, modulo 11). Numbers given out since
2020-10-05 are random after the seventh digit, so the check digit holds no more: those born from that day on are told
by their pattern, six digits, a sign, seven digits.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

_DIGITS = bytes.maketrans(b"123456789 ", b"000000000-")
_SHAPES = (b"0" * 13, b"000000-0000000")
_IN_BYTES = re.compile(rb"(?<!\d)(\d{6})([- ]?)([1-8]\d{6})(?!\d)")
_IN_TEXT = re.compile(r"(?<![0-9])([0-9]{6})(\s?[-\u2010-\u2015\u2212]?\s?)([1-8][0-9]{6})(?![0-9])")
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_CENTURY = {"1": 1900, "2": 1900, "5": 1900, "6": 1900, "3": 2000, "4": 2000, "7": 2000, "8": 2000}
_RANDOM_SINCE = date(2020, 10, 5)
MASK = "******-*******"


def may_hold(body: bytes) -> bool:
    """Whether a body has digits in the shape of a resident number at all: a cheap sieve, never a verdict."""
    shape = body.translate(_DIGITS)
    return _SHAPES[0] in shape or _SHAPES[1] in shape


def is_resident_number(front: str, sign: str, back: str) -> bool:
    """Whether these digits are such a number. `sign` is what stands between the two halves, maybe nothing."""
    try:
        birth = date(_CENTURY[back[0]] + int(front[:2]), int(front[2:4]), int(front[4:]))
    except (KeyError, ValueError):
        return False
    if birth >= _RANDOM_SINCE:
        return bool(sign)
    digits = front + back
    rest = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11
    check = (11 - rest) % 10 if back[0] in "1234" else (13 - rest) % 10
    return check == int(digits[12])


def is_barcode(text: str) -> bool:
    """Whether thirteen digits are an EAN-13 article number (GS1 General Specifications §7.9, check digit)."""
    if len(text) != 13 or not text.isdigit():  # noqa: PLR2004 - EAN-13
        return False
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(text[:12]))
    return (10 - total % 10) % 10 == int(text[12])


def holds(text: str, *, is_code: bool = False) -> bool:
    """Whether a text has a resident number in it. A declared code that is a valid article number is none."""
    if is_code and is_barcode(text):
        return False
    return any(is_resident_number(*match.groups()) for match in _IN_TEXT.finditer(text))


def find(value: Any, codes: frozenset[str], path: str = "", *, is_code: bool = False) -> str | None:
    """The path of the first resident number in a JSON value, or None. `codes` are keys that carry article numbers."""
    if isinstance(value, str):
        return path if holds(value, is_code=is_code) else None
    if isinstance(value, dict):
        for key, item in value.items():
            if holds(key):
                return f"{path}.*" if path else "*"
            found = find(item, codes, f"{path}.{key}" if path else key, is_code=key in codes)
            if found is not None:
                return found
    elif value.__class__ is int:
        return path if holds(str(value), is_code=is_code) else None
    elif isinstance(value, list):
        for item in value:
            found = find(item, codes, f"{path}[]", is_code=is_code)
            if found is not None:
                return found
    return None


def masked(value: Any) -> Any:
    """A JSON value with every resident number in its texts and keys masked."""
    if isinstance(value, str):
        return _IN_TEXT.sub(lambda match: MASK if is_resident_number(*match.groups()) else match.group(), value)
    if isinstance(value, dict):
        return {masked(key): masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return MASK if value.__class__ is int and holds(str(value)) else value


def masked_bytes(body: bytes) -> bytes:
    """The same for bytes that are no JSON: everything of the pattern goes, whether its check digit holds or not."""
    return _IN_BYTES.sub(MASK.encode(), body)
