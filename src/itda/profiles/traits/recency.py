"""`recency`: how many days or hours ago it last happened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from itda.base.instant import HOUR, NEVER
from itda.profiles.events import Happened
from itda.profiles.kind import Arguments, Context, Question, Stands, States, Step
from itda.profiles.orders import Order


class Ago(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `recency` takes."""

    unit: Literal["days", "hours"] = "days"
    """Days are those of the calendar in the workspace's zone: yesterday is 1. Hours are whole hours gone by."""


class RecencyState(msgspec.Struct, array_like=True, tag=6, gc=False):
    """When it last happened."""

    at: int


class Recency:
    """See the file's first line."""

    name = "recency"
    arguments = Ago
    state = RecencyState
    over_orders = True

    def step(self, key: str, arguments: Ago, context: Context) -> Step:
        """Keep the latest time."""
        _ = arguments, context

        def absorb(states: States, event: Happened, plain: dict[str, Any]) -> None:
            _ = plain
            state = states.get(key)
            if state is None:
                states[key] = RecencyState(event.occurred_at)
            elif state.at < event.occurred_at:
                state.at = event.occurred_at

        return absorb

    def merge(self, a: RecencyState, b: RecencyState) -> RecencyState:
        """The later."""
        return RecencyState(max(a.at, b.at))

    def prune(self, state: RecencyState, since: int) -> None:
        """Nothing goes out of a window that there is not."""

    def answer(self, state: RecencyState | None, arguments: Ago, context: Context, now: int) -> int | None:
        """How long ago, never below 0; None when it never happened."""
        return None if state is None else _ago(state.at, arguments, context, now)

    def stands(self, state: RecencyState, arguments: Ago, context: Context, now: int, question: Question) -> Stands:
        """Until it has been as long ago as a number that the question names."""
        days, is_passing = context.buckets.days, question.passes(_ago(state.at, arguments, context, now))
        for mark in question.marks:
            at = days.start(days.of(state.at) + mark) if arguments.unit == "days" else state.at + mark * HOUR
            if at > now:
                return is_passing, at
        return is_passing, NEVER

    def of_orders(self, orders: Iterable[Order], arguments: Ago, context: Context, now: int) -> int | None:
        """How long ago the last order was placed."""
        last = max((order.placed_at for order in orders), default=None)
        return None if last is None else _ago(last, arguments, context, now)


def _ago(at: int, arguments: Ago, context: Context, now: int) -> int:
    days = context.buckets.days
    gone = days.of(now) - days.of(at) if arguments.unit == "days" else (now - at) // HOUR
    return max(gone, 0)


KIND = Recency()
