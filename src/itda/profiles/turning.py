"""When the answer to a question about a trait turns by time alone: exactly, or earlier; never later.

Windows are made of buckets, so between the moments at which one goes out of the window (or, where a clock was ahead,
comes into it) nothing changes unless something happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import merge

from itda.base.instant import NEVER
from itda.profiles.kind import Context

_MOST_STEPS = 16
"""Edges looked at; where none of them turns the answer, the next one is when to look again."""


def by_asking(buckets: Iterable[int], context: Context, now: int, is_so: Callable[[int], bool]) -> tuple[bool, int]:
    """`is_so` of `now`, and the first edge of these buckets after it at which it is another."""
    was = is_so(now)
    if context.window is None:
        return was, NEVER
    for step, at in enumerate(_edges(buckets, context, now)):
        if step == _MOST_STEPS or is_so(at) is not was:
            return was, at
    return was, NEVER


def by_running_down(
    amounts: Mapping[int, int], context: Context, now: int, passes: Callable[[int], bool]
) -> tuple[bool, int]:
    """Whether the sum over the buckets in the window passes, and the first edge at which that is another."""
    window = context.window
    if window is None:
        return passes(amounts.get(0, 0)), NEVER
    since, until = context.span(now)
    inside = sorted([bucket for bucket in amounts if bucket >= since])
    if inside and inside[-1] > until:

        def is_so(at: int) -> bool:
            return passes(total(amounts, context, at))

        return by_asking(inside, context, now, is_so)
    held = [amounts[bucket] for bucket in inside]
    left = sum(held)
    is_passing = passes(left)
    for bucket, amount in zip(inside, held, strict=True):
        left -= amount
        if passes(left) is not is_passing:
            return is_passing, context.buckets.leaves(window, bucket)
    return is_passing, NEVER


def total(amounts: Mapping[int, int], context: Context, now: int) -> int:
    """What the buckets in the window at `now` add up to."""
    since, until = context.span(now)
    return sum(amount for bucket, amount in amounts.items() if since <= bucket <= until)


def _edges(buckets: Iterable[int], context: Context, now: int) -> Iterator[int]:
    """The times after `now`, ascending, at which one of these buckets comes in or goes out."""
    window, zone = context.window, context.buckets
    if window is None:
        return iter(())
    since, until = context.span(now)
    held = sorted({bucket for bucket in buckets if bucket >= since})
    going = (zone.leaves(window, bucket) for bucket in held)
    coming = (zone.begins(window, bucket) for bucket in held if bucket > until)
    return merge(coming, going)
