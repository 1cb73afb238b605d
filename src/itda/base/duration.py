"""Lengths of time as people write them: `90 seconds`, `1 hour`, `3 days`. A day is 24 hours, a week seven of them."""

from __future__ import annotations

import re

from itda.base.instant import DAY, HOUR, MINUTE, SECOND

LONGEST = 3_660 * DAY
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_WRITTEN = re.compile(r"([+-]?)(\d{1,9})\s*(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)")


def parse(text: str) -> int:
    """Microseconds, more than none; `ValueError` says what is wrong."""
    found = _WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no length of time: write it as `90 seconds`, `1 hour` or `3 days`")
    length = int(found[2]) * _UNITS[found[3][0]]
    if found[1] == "-" or length == 0:
        raise ValueError(f"{text!r} takes no time: a length of time is more than none")
    if length > LONGEST:
        raise ValueError(f"{text!r} is longer than {LONGEST // DAY:,} days")
    return length
