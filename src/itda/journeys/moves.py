"""The steps a person took, as they are written to the log: applying them again gives the position, deciding nothing."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from itda.experiments.assign import Arm

What = Literal["entered", "moved", "intended", "held out", "messaged", "unsent", "goal", "exited"]
Reason = Literal["goal", "left", "finished", "merged", "removed"]
"""Why somebody is out: the goal was reached; an `exit` of the journey; a step `exit`; they are in it twice; the journey
was removed, or their version of it rests on what is no longer defined."""


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What the first move says beside the rest."""

    journey: str
    version: str
    fragment: bytes
    entry_event: str
    correlation: str
    arm: Arm
    goal_until: int | None
    values: dict[str, Any]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a person's path. `at` is event time, `log_at` log time; both in microseconds UTC."""

    position_id: bytes
    seq: int
    """Counts from 0, without gaps."""
    what: What
    step: str
    at: int
    log_at: int
    due_at: int | None = None
    """Of `entered` and `moved`: when the step's wait is over."""
    read: int = -1
    """Log position of the event that caused it; -1 where none did."""
    why: str = ""
    reason: Reason | None = None
    """Of `exited`."""
    entered: Entered | None = None
    """Of `entered`."""

    @property
    def event_name(self) -> str:
        """The name it has in the log."""
        return {"entered": "Journey Entered", "exited": "Journey Exited"}.get(self.what, "Journey Moved")

    @property
    def detail(self) -> str:
        """What the path keeps beside step and times, as JSON of plain fields."""
        told = {"why": self.why, "due_at": self.due_at, "reason": self.reason}
        if self.entered is not None:
            start = self.entered
            told |= {"event": start.entry_event, "correlation": start.correlation, "arm": start.arm}
        return msgspec.json.encode({key: value for key, value in told.items() if value not in ("", None)}).decode()
