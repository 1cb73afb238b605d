"""`exit`: the journey is over for who comes here; what it says is kept with the path."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.journeys.happening import Occurred
from itda.journeys.kind import Arrival, Arriving, Leaves, Way


class Exit(msgspec.Struct, frozen=True, kw_only=True, tag="exit", tag_field="kind"):
    """`why` in a few words."""

    why: str = ""


class ExitKind:
    """See the file's first line."""

    name = "exit"
    ways: tuple[Way, ...] = ()
    takes_time = False
    overdue: Way = "then"

    def arrive(self, step: Exit, arriving: Arriving) -> Arrival:
        """They are out."""
        _ = arriving
        return Leaves(step.why)

    def takes(self, step: Exit, event: Occurred, entry: dict[str, Any]) -> bool:
        """Nobody waits here."""
        _ = step, event, entry
        return False


KIND = ExitKind()
