"""What a kind of trait is: one file in traits/, one constant `KIND`, its arguments and its state.

A state is a commutative monoid: `merge` does not care for order, and a state that never met an event is absent.
Answers are functions of the merged state at a time `now`, which is never before the log time of what was absorbed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Literal, Protocol

import msgspec

from itda.base.windows import Buckets, Window, parse
from itda.profiles.events import AROUND, HOUR, Events, Getter, Happened, around, getter
from itda.profiles.orders import Order

States = dict[str, Any]
Step = Callable[[States, Happened, dict[str, Any]], None]
"""Takes one matching event into the states, under the trait's own key, in place."""


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every computed kind takes."""

    events: Events | None = None
    """Which events; left out: all of them."""
    of: Literal["events", "orders"] = "events"
    """`orders` reads the order fold instead: completed and updated orders, less what was returned."""


class Windowed(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a kind takes that can look at a window."""

    window: str = ""
    """`30 days` or `12 hours`; left out: ever since."""


class Spilled(msgspec.Struct, array_like=True, tag=0, gc=False):
    """The state of a trait that met more than LIMIT different things: it is answered from the lake."""


LIMIT = 10_000
"""Things one trait of one fragment, or its orders, may hold."""


class Context(msgspec.Struct, frozen=True):
    """What a step or an answer needs beside the state: the zone's buckets, the trait's window, the money."""

    buckets: Buckets
    window: Window | None
    currency: str
    limit: int = LIMIT

    def bucket(self) -> Callable[[Happened], int]:
        """The function from an event to its bucket; without a window all events share bucket 0."""
        if self.window is None:
            return lambda _: 0
        if self.window.unit == "days":
            return attrgetter("local_date")
        hour = self.buckets.hour
        return lambda event: hour(event.occurred_at)

    def getter(self, path: str) -> Getter:
        """The function that reads a trait's value of an event."""
        if path == HOUR:
            hour_of_day = self.buckets.hour_of_day
            return lambda event, _: hour_of_day(event.occurred_at)
        return around(path) if path.startswith(AROUND) else getter(path)

    def span(self, now: int) -> tuple[int, int]:
        """First and last bucket of the window at `now`; without a window, bucket 0."""
        if self.window is None:
            return 0, 0
        return self.buckets.span(self.window, now)


class Question(msgspec.Struct, frozen=True):
    """A yes-or-no question about a trait's value."""

    passes: Callable[[Any], bool]
    marks: tuple[int, ...] = ()
    """The whole numbers at which the answer for a growing number may turn, ascending."""


Stands = tuple[bool, int]
"""The answer to a question, and the first time at which time alone may turn it.

NEVER where it cannot; earlier than need be is allowed, later is not.
"""


class TraitKind(Protocol):
    """One kind of trait."""

    @property
    def name(self) -> str:
        """The word in traits/*.yaml."""
        ...

    @property
    def arguments(self) -> type[Arguments]:
        """What it takes."""
        ...

    @property
    def state(self) -> type[msgspec.Struct]:
        """What it keeps per fragment."""
        ...

    @property
    def over_orders(self) -> bool:
        """Whether `of: orders` makes sense."""
        ...

    def step(self, key: str, arguments: Any, context: Context) -> Step:
        """The function that takes a matching event into the state."""
        ...

    def merge(self, a: Any, b: Any) -> Any:
        """Both states as one, in a new object."""
        ...

    def prune(self, state: Any, since: int) -> None:
        """Forget the buckets before `since`: they are out of the window for ever."""
        ...

    def answer(self, state: Any, arguments: Any, context: Context, now: int) -> Any:
        """The trait's value at `now`; `state` is None when nothing matched yet."""
        ...

    def of_orders(self, orders: Iterable[Order], arguments: Any, context: Context, now: int) -> Any:
        """The trait's value over these orders, which lie in the window already."""
        ...

    def stands(self, state: Any, arguments: Any, context: Context, now: int, question: Question) -> Stands:
        """The answer to a question about the value at `now`, and until when it stands. `state` is not None."""
        ...


def window_of(arguments: Arguments) -> Window | None:
    """The window that the arguments state; None for ever."""
    written = arguments.window if isinstance(arguments, Windowed) else ""
    return parse(written) if written else None
