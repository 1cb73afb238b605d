"""What `distinct` and `top` share: the values of a property are looked up in an event, and the state is bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from itda.profiles.events import Happened, texts
from itda.profiles.kind import Context, Spilled, States, Step


def of_values(
    key: str,
    path: str,
    context: Context,
    *,
    empty: Callable[[], Any],
    take: Callable[[Any, Sequence[str], int], int],
    prune: Callable[[Any, int], None],
) -> Step:
    """The step of a trait over the values at a path.

    `take` puts the values of one event into the state, in its bucket, and says how many different ones that holds now;
    above the limit `prune` forgets those before the window, and where that is not enough the trait is spilled.
    """
    bucket_of, get = context.bucket(), context.getter(path)

    def absorb(states: States, event: Happened, plain: dict[str, Any]) -> None:
        found = get(event, plain)
        if found is None:
            return
        values = (found,) if type(found) is str and found else texts(found)
        if not values:
            return
        state = states.get(key)
        if state is None:
            state = states[key] = empty()
        elif type(state) is Spilled:
            return
        if take(state, values, bucket_of(event)) > context.limit:
            prune(state, context.span(event.received_at)[0])
            if take(state, (), 0) > context.limit:
                states[key] = Spilled()

    return absorb
