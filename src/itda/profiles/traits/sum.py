"""`sum`: a number of the events added up, or the net revenue of orders in minor units of the workspace's currency."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from itda.base import money
from itda.profiles.events import Happened
from itda.profiles.kind import Context, Question, Stands, States, Step, Windowed
from itda.profiles.orders import Order, net
from itda.profiles.turning import by_running_down


class Summed(Windowed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `sum` takes."""

    value: str = ""
    """The property to add up, such as `quantity` or `products[].quantity`; left out for orders."""


class SumState(msgspec.Struct, array_like=True, tag=2, gc=False):
    """Millionths per bucket."""

    buckets: dict[int, int]


class Sum:
    """See the file's first line."""

    name = "sum"
    arguments = Summed
    state = SumState
    over_orders = True

    def step(self, key: str, arguments: Summed, context: Context) -> Step:
        """Add the event's number; an event without one adds nothing."""
        bucket_of, get = context.bucket(), context.getter(arguments.value)

        def absorb(states: States, event: Happened, plain: dict[str, Any]) -> None:
            value = get(event, plain)
            amount = sum(money.micros(item) or 0 for item in value) if type(value) is list else money.micros(value)
            if not amount:
                return
            at = bucket_of(event)
            state = states.get(key)
            if state is None:
                states[key] = SumState({at: amount})
            else:
                state.buckets[at] = state.buckets.get(at, 0) + amount

        return absorb

    def merge(self, a: SumState, b: SumState) -> SumState:
        """Sums."""
        buckets = dict(a.buckets)
        for bucket, amount in b.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + amount
        return SumState(buckets)

    def prune(self, state: SumState, since: int) -> None:
        """Forget the buckets before."""
        for bucket in [bucket for bucket in state.buckets if bucket < since]:
            del state.buckets[bucket]

    def answer(self, state: SumState | None, arguments: Summed, context: Context, now: int) -> int | float:
        """The sum; 0 when nothing matched."""
        _ = arguments
        if state is None:
            return 0
        since, until = context.span(now)
        return money.of_micros(sum(n for bucket, n in state.buckets.items() if since <= bucket <= until))

    def stands(self, state: SumState, arguments: Summed, context: Context, now: int, question: Question) -> Stands:
        """Until enough of what was added has gone out of the window."""
        _ = arguments
        held = state.buckets
        return by_running_down(held, context, now, lambda micros: question.passes(money.of_micros(micros)))

    def of_orders(self, orders: Iterable[Order], arguments: Summed, context: Context, now: int) -> int:
        """Net revenue in minor units, of the orders in the workspace's currency."""
        _ = arguments, now
        return sum(net(order) for order in orders if order.currency == context.currency)


KIND = Sum()
