"""`count`: how many events, or how many orders, in the window or ever."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from itda.profiles.events import Happened
from itda.profiles.kind import Context, Question, Stands, States, Step, Windowed
from itda.profiles.orders import Order
from itda.profiles.turning import by_running_down


class CountState(msgspec.Struct, array_like=True, tag=1, gc=False):
    """How many per bucket."""

    buckets: dict[int, int]


class Count:
    """See the file's first line."""

    name = "count"
    arguments = Windowed
    state = CountState
    over_orders = True

    def step(self, key: str, arguments: Windowed, context: Context) -> Step:
        """Add one."""
        _ = arguments
        bucket_of = context.bucket()

        def absorb(states: States, event: Happened, plain: dict[str, Any]) -> None:
            _ = plain
            at = bucket_of(event)
            state = states.get(key)
            if state is None:
                states[key] = CountState({at: 1})
            else:
                buckets = state.buckets
                buckets[at] = buckets.get(at, 0) + 1

        return absorb

    def merge(self, a: CountState, b: CountState) -> CountState:
        """Sums."""
        buckets = dict(a.buckets)
        for bucket, n in b.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + n
        return CountState(buckets)

    def prune(self, state: CountState, since: int) -> None:
        """Forget the buckets before."""
        for bucket in [bucket for bucket in state.buckets if bucket < since]:
            del state.buckets[bucket]

    def answer(self, state: CountState | None, arguments: Windowed, context: Context, now: int) -> int:
        """The number; 0 when nothing matched."""
        _ = arguments
        since, until = context.span(now)
        return sum(n for bucket, n in state.buckets.items() if since <= bucket <= until) if state is not None else 0

    def stands(self, state: CountState, arguments: Windowed, context: Context, now: int, question: Question) -> Stands:
        """Until enough of the counted has gone out of the window."""
        _ = arguments
        return by_running_down(state.buckets, context, now, question.passes)

    def of_orders(self, orders: Iterable[Order], arguments: Windowed, context: Context, now: int) -> int:
        """How many orders."""
        _ = arguments, context, now
        return sum(1 for _ in orders)


KIND = Count()
