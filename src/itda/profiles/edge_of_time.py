"""What `first` and `last` share: the least or the greatest by (occurred_at, event_id), per bucket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from itda.base import instant
from itda.profiles.events import Happened
from itda.profiles.kind import Context, Question, Stands, States, Step, Windowed
from itda.profiles.orders import Order
from itda.profiles.turning import by_asking

Moment = tuple[int, str, Any]
"""occurred_at, event_id, value."""


class Valued(Windowed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `first` and `last` take."""

    value: str = ""
    """The property to keep, or `event.channel` and the like; left out: the time it happened."""


class EdgeState(msgspec.Struct, array_like=True, tag=3, gc=False):
    """The first (or last) moment of each bucket."""

    buckets: dict[int, Moment]


class EdgeOfTime:
    """The kind `first` or `last`."""

    arguments = Valued
    state = EdgeState
    over_orders = True

    def __init__(self, name: str, *, is_last: bool) -> None:
        self.name: Final = name
        self._is_last = is_last

    def step(self, key: str, arguments: Valued, context: Context) -> Step:
        """Keep the event where it is further at the edge; one without the property is passed over."""
        bucket_of, is_last = context.bucket() if context.window else None, self._is_last
        get = context.getter(arguments.value) if arguments.value else None

        def absorb(states: States, event: Happened, plain: dict[str, Any]) -> None:
            at = bucket_of(event) if bucket_of is not None else 0
            occurred_at = event.occurred_at
            state = states.get(key)
            if state is not None:
                held = state.buckets.get(at)
                if held is not None:
                    further = occurred_at > held[0] if occurred_at != held[0] else event.event_id > held[1]
                    if further is not is_last:
                        return
            value = None
            if get is not None:
                value = get(event, plain)
                if value is None or value == []:
                    return
            if state is None:
                state = states[key] = EdgeState({})
            state.buckets[at] = (occurred_at, event.event_id, value)

        return absorb

    def merge(self, a: EdgeState, b: EdgeState) -> EdgeState:
        """The further of each bucket."""
        buckets = dict(a.buckets)
        for bucket, moment in b.buckets.items():
            held = buckets.get(bucket)
            if held is None or (moment[:2] > held[:2]) == self._is_last:
                buckets[bucket] = moment
        return EdgeState(buckets)

    def prune(self, state: EdgeState, since: int) -> None:
        """Forget the buckets before."""
        for bucket in [bucket for bucket in state.buckets if bucket < since]:
            del state.buckets[bucket]

    def answer(self, state: EdgeState | None, arguments: Valued, context: Context, now: int) -> Any:
        """The value, or the time as ISO text; None when nothing matched."""
        if state is None:
            return None
        since, until = context.span(now)
        inside = [bucket for bucket in state.buckets if since <= bucket <= until]
        if not inside:
            return None
        moment = state.buckets[max(inside) if self._is_last else min(inside)]
        return moment[2] if arguments.value else instant.text(moment[0])

    def stands(self, state: EdgeState, arguments: Valued, context: Context, now: int, question: Question) -> Stands:
        """Until another bucket is at the edge of the window."""
        return by_asking(
            state.buckets, context, now, lambda at: question.passes(self.answer(state, arguments, context, at))
        )

    def of_orders(self, orders: Iterable[Order], arguments: Valued, context: Context, now: int) -> str | None:
        """When the first or last order was placed."""
        _ = arguments, context, now
        times = [order.placed_at for order in orders]
        return instant.text(max(times) if self._is_last else min(times)) if times else None
