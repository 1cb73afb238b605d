"""Searches under way: what someone typed stays here, in memory, and the address carries only a random word for it."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import NamedTuple

from itda.base.instant import MINUTE

KEPT = 2_000
LASTS = 60 * MINUTE


class _Search(NamedTuple):
    session: str
    text: str
    until: int


class Searches:
    """At most `KEPT` searches of the last hour; each is seen only by the session that made it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Search] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, session: str, text: str, now: int) -> str:
        """A word for the search."""
        word = secrets.token_urlsafe(9)
        with self._lock:
            self._kept[word] = _Search(session, text, now + LASTS)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return word

    def find(self, session: str, word: str, now: int) -> str | None:
        """What was typed; None when it has ended or was another's."""
        with self._lock:
            search = self._kept.get(word)
            if search is None or search.session != session:
                return None
            if search.until < now:
                del self._kept[word]
                return None
            return search.text
