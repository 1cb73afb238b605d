"""Canonical JSON (RFC 8785): one text for one value, so that its hash can be told again by anyone.

Numbers are whole and within 2^53, the range in which every JSON reader agrees; money and times are whole already.
"""

from __future__ import annotations

import json
from typing import Any

_EXACT = 1 << 53


def canonical(value: Any) -> bytes:
    """UTF-8 bytes of a value of None, bool, int, str, list, tuple and dict; `ValueError` for anything else."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _ordered(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int) and -_EXACT < value < _EXACT:
        return value
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    raise ValueError(f"{type(value).__name__} has no canonical JSON")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be")
