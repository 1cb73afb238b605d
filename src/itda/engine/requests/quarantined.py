"""Refused events that name somebody who is to be erased: found by opening what is kept of each, and emptied.

That something was refused, when and why, stays: it says nothing of anybody, and what was counted stays counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
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
"""Letters of a value from which on it tells who is meant wherever it stands; a shorter one has to be a whole value."""
_ESCAPED = re.compile(r"\\+u([0-9a-f]{4})")


class Refused(NamedTuple):
    """A refused event, opened."""

    position: int
    cipher: Cipher
    raw: bytes


def empty(work: Work, row: RequestRow, refused_ones: Sequence[Refused]) -> dict[str, int]:
    """Empty them; how many. Values are looked for as they are written, and numbers by their digits."""
    return _empty(work, _values(work, row) if refused_ones else (), refused_ones)


def empty_of(work: Work, values: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Empty those that name one of these values (kind, value); how many."""
    return _empty(work, values, refused(work))


def _empty(work: Work, values: Iterable[tuple[str, str]], refused_ones: Iterable[Refused]) -> dict[str, int]:
    named, n = Named(values), 0
    for position, cipher, raw in refused_ones:
        if named.is_in(raw.decode("utf-8", "replace")):
            sealed = cipher.seal(NO_FRAGMENT, refused_label(position), b"")
            work.connection.execute(_EMPTY, [sealed, len(raw), position])
            n += 1
    return {"refused events": n} if n else {}


class Named:
    """What somebody is known by, to be found in the text of a refused event: values by their kinds."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        numbers, texts = set[str](), set[str]()
        for kind, value in values:
            written = value.casefold()
            if kind == "phone":
                numbers.add(_DIGITS.sub("", written)[-8:])
            elif len(written) >= _LEAST:
                texts.add(re.escape(written))
            elif written:
                texts |= _whole(kind.casefold(), re.escape(written))
        self._numbers = tuple(number for number in numbers if number)
        self._texts = re.compile("|".join(sorted(texts))) if texts else None

    def is_in(self, raw: str) -> bool:
        """Whether it names them: values as they are written, phones by their last eight digits."""
        text = _ESCAPED.sub(lambda one: chr(int(one[1], 16)), raw.casefold())
        if self._texts is not None and self._texts.search(text):
            return True
        digits = _DIGITS.sub("", text) if self._numbers else ""
        return any(number in digits for number in self._numbers)


def _whole(kind: str, value: str) -> set[str]:
    """A short value as JSON has it: all of a text, within a text that is JSON too, or a number called by its kind."""
    called = rf'"(?:{re.escape(kind)}|{re.escape(kind.replace("_", ""))})\\*":\s*{value}(?![\w.])'
    return {rf'"{value}\\*"', *([called] if value.isdigit() else [])}


def _values(work: Work, row: RequestRow) -> Iterator[tuple[str, str]]:
    for member in person.these(work, row.subject):
        if member.key is not None:
            yield member.kind, work.value(member.key)


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
