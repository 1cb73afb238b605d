"""`distinct`: how many different values a property took."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from itda.profiles.events import Happened, getter, texts
from itda.profiles.kind import Context, Spilled, States, Step, Windowed
from itda.profiles.orders import Order


class OfValue(Windowed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `distinct` takes."""

    value: str
    """The property, such as `category` or `products[].product_id`, or `event.channel` and the like."""


class DistinctState(msgspec.Struct, array_like=True, tag=4, gc=False):
    """The last bucket each value was seen in."""

    seen: dict[str, int]


class Distinct:
    """See the file's first line."""

    name = "distinct"
    arguments = OfValue
    state = DistinctState
    over_orders = False

    def step(self, key: str, arguments: OfValue, context: Context) -> Step:
        """Remember the values of the event."""
        bucket_of, get = context.bucket(), getter(arguments.value)

        def absorb(states: States, event: Happened, plain: dict[str, Any]) -> None:
            found = get(event, plain)
            if found is None:
                return
            values = (found,) if type(found) is str and found else texts(found)
            if not values:
                return
            at = bucket_of(event)
            state = states.get(key)
            if state is None:
                state = states[key] = DistinctState({})
            elif type(state) is Spilled:
                return
            seen = state.seen
            for value in values:
                if seen.get(value, -1) < at:
                    seen[value] = at
            if len(seen) > context.limit:
                self.prune(state, context.span(event.received_at)[0])
                if len(seen) > context.limit:
                    states[key] = Spilled()

        return absorb

    def merge(self, a: DistinctState, b: DistinctState) -> DistinctState:
        """The later bucket of each."""
        seen = dict(a.seen)
        for value, at in b.seen.items():
            if seen.get(value, -1) < at:
                seen[value] = at
        return DistinctState(seen)

    def prune(self, state: DistinctState, since: int) -> None:
        """Forget the values last seen before."""
        for value in [value for value, at in state.seen.items() if at < since]:
            del state.seen[value]

    def answer(self, state: DistinctState | None, arguments: OfValue, context: Context, now: int) -> int:
        """How many; 0 when nothing matched."""
        _ = arguments
        since, _until = context.span(now)
        return sum(1 for at in state.seen.values() if at >= since) if state is not None else 0

    def of_orders(self, orders: Iterable[Order], arguments: OfValue, context: Context, now: int) -> int:
        """Not asked: `over_orders` is false."""
        raise TypeError(self.name, orders, arguments, context, now)


KIND = Distinct()
