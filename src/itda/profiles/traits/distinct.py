"""`distinct`: how many different values a property took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from itda.base.instant import NEVER
from itda.profiles.kind import Context, Question, Stands, Step, Windowed
from itda.profiles.orders import Order
from itda.profiles.valued import of_values


class OfValue(Windowed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `distinct` takes."""

    value: str
    """The property, such as `category` or `products[].product_id`, or `event.channel` and the like."""


class DistinctState(msgspec.Struct, array_like=True, tag=4, gc=False):
    """The last bucket each value was seen in."""

    seen: dict[str, int]


def _take(state: DistinctState, values: Sequence[str], at: int) -> int:
    seen = state.seen
    for value in values:
        if seen.get(value, -1) < at:
            seen[value] = at
    return len(seen)


class Distinct:
    """See the file's first line."""

    name = "distinct"
    arguments = OfValue
    state = DistinctState
    over_orders = False

    def step(self, key: str, arguments: OfValue, context: Context) -> Step:
        """Remember the values of the event."""
        return of_values(key, arguments.value, context, empty=lambda: DistinctState({}), take=_take, prune=self.prune)

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

    def stands(
        self, state: DistinctState, arguments: OfValue, context: Context, now: int, question: Question
    ) -> Stands:
        """Until enough values have gone out of the window."""
        _ = arguments
        window, passes = context.window, question.passes
        if window is None:
            return passes(len(state.seen)), NEVER
        since, _until = context.span(now)
        inside = sorted([at for at in state.seen.values() if at >= since])
        left = len(inside)
        is_passing = passes(left)
        for bucket, n in groupby(inside):
            left -= sum(1 for _ in n)
            if passes(left) is not is_passing:
                return is_passing, context.buckets.leaves(window, bucket)
        return is_passing, NEVER

    def of_orders(self, orders: Iterable[Order], arguments: OfValue, context: Context, now: int) -> int:
        """Not asked: `over_orders` is false."""
        raise TypeError(self.name, orders, arguments, context, now)


KIND = Distinct()
