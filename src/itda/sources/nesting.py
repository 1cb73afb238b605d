"""JSON nested deeper than a reader can go: cut down so that the rest of its body can be read."""

from __future__ import annotations

import re

KEPT_LEVELS = 64
"""Twice what an event may have, batch and event around it included: what is cut is refused all the same."""
MOST_SIGNS = 200_000
"""Strings and brackets looked at; what has more and is nested too deep is read by nobody."""
_SIGN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{\]}]', re.DOTALL)


def shallow(body: bytes) -> bytes:
    """The body with null in the place of every list and object below `KEPT_LEVELS`; unchanged where there is none.

    Readers of JSON give up on deep nesting wherever it stands: without this, one such event would cost the others
    that came in its batch.
    """
    parts: list[bytes] = []
    level = after = 0
    for seen, sign in enumerate(_SIGN.finditer(body)):
        if seen == MOST_SIGNS:
            return body
        what = sign[0]
        if what in b"[{":
            level += 1
            if level == KEPT_LEVELS + 1:
                parts += (body[after : sign.start()], b"null")
        elif what in b"]}":
            if level == KEPT_LEVELS + 1:
                after = sign.end()
            level -= 1
    if level != 0 or not parts:
        return body
    return b"".join([*parts, body[after:]])
