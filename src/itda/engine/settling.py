"""What waits in the log is processed and decided: here as far as nobody serves the shop, else by who does."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from itda.base.errors import Conflict, Unavailable
from itda.engine import occupancy
from itda.store.database import Database

if TYPE_CHECKING:
    from itda.engine.deciding.decider import Decider
    from itda.engine.pipeline import Pipeline
    from itda.engine.upkeep import Upkeep

_STALLED_S = 60.0
"""A served shop whose processing does not move for so long does not process."""
_SHORTEST_LOOK_S, _LONGEST_LOOK_S = 0.01, 0.25
"""Who waits looks after a tenth of the time waited so far: an act is answered at once, a long import costs little."""


class Opened(Protocol):
    """What is needed of an open shop."""

    db: Database

    def pipeline(self) -> Pipeline:
        """The one writer, from its first step on."""
        ...

    def decider(self) -> Decider:
        """The one decider, from its first step on."""
        ...

    def upkeep(self) -> Upkeep:
        """What compacts the lake."""
        ...

    def positions(self) -> tuple[int, int]:
        """Frames processed and decided, and frames acknowledged."""
        ...


def drain(shop: Opened) -> int:
    """Process and decide what waits, in this process, as far as nobody serves it; the number of frames handled.

    What is decided is told to the log, so both take turns until nothing waits.
    """
    served = occupancy.holders(shop.db)
    handled = 0
    with contextlib.ExitStack() as here:
        pipeline = here.enter_context(contextlib.closing(shop.pipeline())) if "pipeline" not in served else None
        decider = here.enter_context(contextlib.closing(shop.decider())) if "decider" not in served else None
        while True:
            if pipeline is not None:
                handled += pipeline.drain()
            if decider is not None:
                decider.drain()
            done, goal = shop.positions()
            if done == goal or pipeline is None or decider is None:
                break
    if handled and "compactor" not in served:
        shop.upkeep().once()
    return handled


def settle(shop: Opened, progress: Callable[[int, int | None], None]) -> None:
    """Return when everything that was in the log at the call is processed, here or by who serves the shop."""
    done, goal = shop.positions()
    began, start = done, time.monotonic()
    moved = start
    while done < goal:
        progress(done - began, goal - began)
        with contextlib.suppress(Conflict):  # somebody began to serve it just now: then it is processed there
            drain(shop)
        now, _ = shop.positions()
        if now > done:
            done, moved = now, time.monotonic()
        elif time.monotonic() - moved > _STALLED_S:
            raise Unavailable(f"processing does not move on from position {done} of {goal}; see `itda doctor`")
        if done < goal:
            time.sleep(min(_LONGEST_LOOK_S, max(_SHORTEST_LOOK_S, (time.monotonic() - start) / 10)))
    progress(goal - began, goal - began)
