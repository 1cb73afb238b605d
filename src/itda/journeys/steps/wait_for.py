"""`wait_for`: until an event comes, matched on a property of the entry event; or until it is too late for it."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.journeys.happening import Occurred
from itda.journeys.kind import Arrival, Arriving, Stays, Way
from itda.journeys.selector import Selector


class WaitFor(msgspec.Struct, frozen=True, kw_only=True, tag="wait_for", tag_field="kind"):
    """`within` in microseconds: `then` when the event comes, `else` when it does not."""

    event: Selector
    within: int


class WaitForKind:
    """See the file's first line."""

    name = "wait_for"
    ways: tuple[Way, ...] = ("then", "else")
    takes_time = True
    overdue: Way = "else"

    def arrive(self, step: WaitFor, arriving: Arriving) -> Arrival:
        """They stay."""
        return Stays(arriving.after(step.within))

    def takes(self, step: WaitFor, event: Occurred, entry: dict[str, Any]) -> bool:
        """Whether it is the event waited for."""
        return step.event.takes(event, entry)


KIND = WaitForKind()
