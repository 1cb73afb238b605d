"""`interval`: how many days or hours lie between one time and the next, in the mean.

The mean of the gaps is what lies between the first and the last, over one less than how many there are: those three
numbers are kept, so that merging stays exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from itda.base.instant import DAY, HOUR, NEVER
from itda.profiles.events import Happened
from itda.profiles.kind import Arguments, Context, Question, Stands, States, Step
from itda.profiles.orders import Order

UNITS = {"days": DAY, "hours": HOUR}
"""Unit → microseconds."""


class Between(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `interval` takes."""

    unit: Literal["days", "hours"] = "days"
    """Of 24 hours, or hours: the mean is rounded to the nearest whole one, half upwards."""


class IntervalState(msgspec.Struct, array_like=True, tag=7, gc=False):
    """When it first and last happened, in microseconds UTC, and how often."""

    first_at: int
    last_at: int
    count: int


class Interval:
    """See the file's first line."""

    name = "interval"
    arguments = Between
    state = IntervalState
    over_orders = True

    def step(self, key: str, arguments: Between, context: Context) -> Step:
        """Widen what is known by the event's time."""
        _ = arguments, context

        def absorb(states: States, event: Happened, plain: dict[str, Any]) -> None:
            _ = plain
            at = event.occurred_at
            state = states.get(key)
            if state is None:
                states[key] = IntervalState(at, at, 1)
                return
            state.first_at = min(state.first_at, at)
            state.last_at = max(state.last_at, at)
            state.count += 1

        return absorb

    def merge(self, a: IntervalState, b: IntervalState) -> IntervalState:
        """The earlier, the later, the sum."""
        return IntervalState(min(a.first_at, b.first_at), max(a.last_at, b.last_at), a.count + b.count)

    def prune(self, state: IntervalState, since: int) -> None:
        """Nothing goes out of a window that there is not."""

    def answer(self, state: IntervalState | None, arguments: Between, context: Context, now: int) -> int | None:
        """The mean; None before it happened twice."""
        _ = context, now
        return None if state is None else _mean(state.first_at, state.last_at, state.count, arguments)

    def stands(
        self, state: IntervalState, arguments: Between, context: Context, now: int, question: Question
    ) -> Stands:
        """For ever: what passes after the last time is no gap yet."""
        return question.passes(self.answer(state, arguments, context, now)), NEVER

    def of_orders(self, orders: Iterable[Order], arguments: Between, context: Context, now: int) -> int | None:
        """The mean between orders, by when they were placed."""
        _ = context, now
        placed = [order.placed_at for order in orders]
        return _mean(min(placed), max(placed), len(placed), arguments) if placed else None


def _mean(first_at: int, last_at: int, count: int, arguments: Between) -> int | None:
    if count < 2:  # noqa: PLR2004 - a gap takes two
        return None
    gaps = (count - 1) * UNITS[arguments.unit]
    return (2 * (last_at - first_at) + gaps) // (2 * gaps)


KIND = Interval()
