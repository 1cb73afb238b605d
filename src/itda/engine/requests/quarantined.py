"""Refused events that name somebody who is to be erased: found by opening what is kept of each, and emptied.

That something was refused, when and why, stays: it says nothing of anybody, and what was counted stays counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from itda.engine.quarantining import opened, refused_label
from itda.engine.questions import person
from itda.engine.work import Work
from itda.store.requests import RequestRow
from itda.store.time_keys import month_cipher
from itda.store.vault import NO_FRAGMENT, Cipher, Unsealable

_KEPT = "select position, key_month, sealed from quarantine where sealed <> '' order by position"
_EMPTY = "update quarantine set sealed = %s, cut_from = coalesce(cut_from, %s) where position = %s"
_DIGITS = re.compile(r"\D+")
_LEAST = 5
"""Letters and digits of a value from which on it tells who is meant."""


class Refused(NamedTuple):
    """A refused event, opened."""

    position: int
    cipher: Cipher
    raw: bytes


def empty(work: Work, row: RequestRow, refused_ones: Sequence[Refused]) -> dict[str, int]:
    """Empty them; how many. Values are looked for as they are written, and numbers by their digits."""
    words, n = _words(work, row) if refused_ones else [], 0
    for position, cipher, raw in refused_ones if words else ():
        if _names(raw.decode("utf-8", "replace").casefold(), words):
            sealed = cipher.seal(NO_FRAGMENT, refused_label(position), b"")
            work.connection.execute(_EMPTY, [sealed, len(raw), position])
            n += 1
    return {"refused events": n} if n else {}


def _words(work: Work, row: RequestRow) -> list[tuple[str, bool]]:
    """What to look for: a text, and whether it is a number of which only the digits count."""
    words = []
    for member in person.load(work, row.subject):
        if member.key is None:
            continue
        value = work.value(member.key).casefold()
        if member.kind == "phone":
            words.append((_DIGITS.sub("", value)[-8:], True))
        elif len(value) >= _LEAST:
            words.append((value, False))
    return words


def refused(work: Work) -> Iterator[Refused]:
    """All that is in quarantine and opens still."""
    ciphers: dict[int, Cipher | None] = {}
    for position, month, sealed in work.connection.execute(_KEPT, binary=True):
        if month not in ciphers:
            ciphers[month] = month_cipher(work.connection, work.vault, month)
        cipher = ciphers[month]
        if cipher is None:
            continue
        try:
            raw = opened(cipher, position, bytes(sealed))
        except Unsealable:
            continue
        if raw:
            yield Refused(position, cipher, raw)


def _names(raw: str, words: Sequence[tuple[str, bool]]) -> bool:
    digits = _DIGITS.sub("", raw) if any(is_number for _, is_number in words) else ""
    return any(word and word in (digits if is_number else raw) for word, is_number in words)
