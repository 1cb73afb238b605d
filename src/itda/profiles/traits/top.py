"""`top`: the values a property took most often, with how often. All counts are kept, so that merging stays exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec

from itda.profiles.kind import Context, Question, Stands, Step, Windowed
from itda.profiles.orders import Order
from itda.profiles.turning import by_asking
from itda.profiles.valued import of_values


class Topmost(Windowed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `top` takes."""

    value: str
    """The property, such as `category` or `products[].category`, or `event.channel` and the like."""
    most: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    """How many values the answer holds."""


class TopState(msgspec.Struct, array_like=True, tag=5, gc=False):
    """How often each value was seen, per bucket."""

    counts: dict[str, dict[int, int]]


def _take(state: TopState, values: Sequence[str], at: int) -> int:
    counts = state.counts
    for value in values:
        buckets = counts.get(value)
        if buckets is None:
            counts[value] = {at: 1}
        else:
            buckets[at] = buckets.get(at, 0) + 1
    return len(counts)


class Top:
    """See the file's first line."""

    name = "top"
    arguments = Topmost
    state = TopState
    over_orders = False

    def step(self, key: str, arguments: Topmost, context: Context) -> Step:
        """Count the values of the event."""
        return of_values(key, arguments.value, context, empty=lambda: TopState({}), take=_take, prune=self.prune)

    def merge(self, a: TopState, b: TopState) -> TopState:
        """Sums."""
        counts = {value: dict(buckets) for value, buckets in a.counts.items()}
        for value, buckets in b.counts.items():
            into = counts.setdefault(value, {})
            for bucket, n in buckets.items():
                into[bucket] = into.get(bucket, 0) + n
        return TopState(counts)

    def prune(self, state: TopState, since: int) -> None:
        """Forget the buckets before, and the values that have no other."""
        for value, buckets in list(state.counts.items()):
            for bucket in [bucket for bucket in buckets if bucket < since]:
                del buckets[bucket]
            if not buckets:
                del state.counts[value]

    def answer(
        self, state: TopState | None, arguments: Topmost, context: Context, now: int
    ) -> list[dict[str, str | int]]:
        """Values with their counts, the most frequent first, equal ones by name; empty when nothing matched."""
        if state is None:
            return []
        since, until = context.span(now)
        sums = {
            value: sum(n for bucket, n in buckets.items() if since <= bucket <= until)
            for value, buckets in state.counts.items()
        }
        ranked = sorted(((n, value) for value, n in sums.items() if n), key=lambda pair: (-pair[0], pair[1]))
        return [{"value": value, "count": n} for n, value in ranked[: arguments.most]]

    def stands(self, state: TopState, arguments: Topmost, context: Context, now: int, question: Question) -> Stands:
        """Until others are the most frequent in the window."""
        held = (bucket for buckets in state.counts.values() for bucket in buckets)
        return by_asking(held, context, now, lambda at: question.passes(self.answer(state, arguments, context, at)))

    def of_orders(self, orders: Iterable[Order], arguments: Topmost, context: Context, now: int) -> Any:
        """Not asked: `over_orders` is false."""
        raise TypeError(self.name, orders, arguments, context, now)


KIND = Top()
