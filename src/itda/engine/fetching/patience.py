"""Takes what somebody else's code gives, item by item, and waits for each only so long.

Such code cannot be stopped from outside. So it runs in a thread of its own: where nothing comes in time the run is
given up, other sources go on, and the source is not asked again before that thread has ended.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from itda.base.errors import Unavailable
from itda.base.instant import SECOND

Item = TypeVar("Item")
_AHEAD = 8
"""Items, often pages of rows, that are taken before they are asked for."""
_LOOK_S = 0.2
_hanging: dict[str, threading.Thread] = {}
"""Sources whose code was given up, with the thread it still holds."""


class _Given(msgspec.Struct, frozen=True):
    """One item; None with what went wrong, or with nothing at the end."""

    item: object = None
    error: BaseException | None = None
    is_end: bool = False


def patiently(name: str, making: Callable[[], Iterator[Item]], patience: int) -> Iterator[Item]:
    """What the iterator that `making` makes gives. `Unavailable` where nothing comes for `patience` microseconds."""
    thread = _hanging.get(name)
    if thread is not None and thread.is_alive():
        raise Unavailable("what was given up before still hangs; start `itda serve` anew to end it")
    _hanging.pop(name, None)
    given: queue.Queue[_Given] = queue.Queue(_AHEAD)
    is_given_up = threading.Event()
    thread = threading.Thread(target=_take, args=(making, given, is_given_up), name=f"source {name}", daemon=True)
    thread.start()
    try:
        while True:
            try:
                got = given.get(timeout=patience / SECOND)
            except queue.Empty:
                _hanging[name] = thread
                raise Unavailable(f"nothing came for {patience / SECOND:,.0f} seconds, so it was given up") from None
            if isinstance(got.error, Exception):
                raise got.error
            if got.error is not None:  # what ends a process ends this source's run alone
                raise Unavailable(f"its code gave up with {type(got.error).__name__}") from got.error
            if got.is_end:
                return
            yield got.item  # type: ignore[misc]  # what `making` gave
    finally:
        is_given_up.set()


def _take(making: Callable[[], Iterator[object]], given: queue.Queue[_Given], is_given_up: threading.Event) -> None:
    def put(one: _Given) -> bool:
        while not is_given_up.is_set():
            try:
                given.put(one, timeout=_LOOK_S)
            except queue.Full:
                continue
            return True
        return False

    try:
        for item in making():
            if not put(_Given(item)):
                return
    except BaseException as error:  # noqa: BLE001 - whoever takes the items is told of it
        put(_Given(error=error))
    else:
        put(_Given(is_end=True))
