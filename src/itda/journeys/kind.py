"""What a kind of step is: one file in steps/, one constant `KIND`, its arguments and what becomes of who reaches it."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from itda.journeys.happening import Occurred

Way = Literal["then", "else"]


class Standing(Protocol):
    """What is true of the person, as far as the log is read."""

    def holds(self, segment: str, at: int) -> bool:
        """Whether they belong to a segment at a log time; `Branch.segment` of every journey is among them."""
        ...


class Arriving(msgspec.Struct, frozen=True):
    """Somebody reaches a step: `at` in event time, `log_at` in log time."""

    at: int
    log_at: int
    standing: Standing

    def after(self, delay: int) -> int:
        """When a wait of so many microseconds is over: it counts from event time and never lies before log time."""
        return max(self.at + delay, self.log_at)


class Stays(msgspec.Struct, frozen=True):
    """They wait here until the log is read past `due_at`."""

    due_at: int


class Passes(msgspec.Struct, frozen=True):
    """They go on at once."""

    way: Way = "then"
    why: str = ""


class Says(msgspec.Struct, frozen=True):
    """A message is wanted; they go on at once."""

    message: str
    channel: str


class Leaves(msgspec.Struct, frozen=True):
    """They are out."""

    why: str = ""


Arrival = Stays | Passes | Says | Leaves


class StepKind(Protocol):
    """The protocol of the parts in steps/."""

    @property
    def name(self) -> str:
        """The key by which a step in YAML says that it is one."""
        ...

    @property
    def ways(self) -> tuple[Way, ...]:
        """Where it may lead."""
        ...

    @property
    def takes_time(self) -> bool:
        """Whether going round through it takes time or another event: without one such step a loop has no end."""
        ...

    def arrive(self, step: Any, arriving: Arriving) -> Arrival:
        """What becomes of somebody who reaches it."""
        ...

    def takes(self, step: Any, event: Occurred, entry: dict[str, Any]) -> bool:
        """Whether this event sends those who wait here on by `then`."""
        ...

    @property
    def overdue(self) -> Way:
        """The way they go when the wait is over."""
        ...
