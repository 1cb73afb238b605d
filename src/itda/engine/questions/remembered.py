"""Answers that cost a scan, kept for the log position they were made at.

While the log moves, an answer that took long is given again for ten times as long as it took to make, so that live
pages cost at most a tenth of a core; one that was quick is made anew each time. At a standing log every answer is of
now.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from itda.store.lake.reader import LakeReader

Value = TypeVar("Value")

QUICK_S = 0.25
_PATIENCE = 10.0
_MOST = 500
"""Answers kept of one lake: the ones made longest ago go first."""
_lock = threading.Lock()
_shelves: WeakKeyDictionary[LakeReader, dict[str, _Kept]] = WeakKeyDictionary()


class _Kept:
    """One answer: of which moment, when it was ready, what it cost. The lock is held while it is made."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.moment: Hashable = None
        self.ready_at = 0.0
        self.cost_s = 0.0
        self.value: Any = None


def remembered(reader: LakeReader, name: str, moment: Hashable, make: Callable[[], Value]) -> Value:
    """The answer `name` as of `moment`, or a slightly older one where making it takes long.

    `moment` is the log position and whatever else the answer depends on.
    """
    with _lock:
        shelf = _shelves.setdefault(reader, {})
        kept = shelf.setdefault(name, _Kept())
        while len(shelf) > _MOST:
            del shelf[next(iter(shelf))]
    has_any = kept.moment is not None
    if has_any and kept.moment == moment:
        return kept.value  # type: ignore[no-any-return]
    if has_any and kept.cost_s > QUICK_S and time.monotonic() < kept.ready_at + _PATIENCE * kept.cost_s:
        return kept.value  # type: ignore[no-any-return]
    with kept.lock:
        if kept.moment == moment:
            return kept.value  # type: ignore[no-any-return]
        start = time.monotonic()
        value = make()
        kept.ready_at = time.monotonic()
        kept.cost_s = kept.ready_at - start
        kept.value, kept.moment = value, moment
        return value
