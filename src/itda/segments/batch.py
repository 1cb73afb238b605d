"""Who is in a segment at a time, as one question to the whole lake. See `sql` for what it asks for."""

from __future__ import annotations

from collections.abc import Mapping

from itda.base.windows import Buckets
from itda.consent.pauses import PAUSED
from itda.profiles.fold import Fold
from itda.segments.definition import Expression, Group, Segment
from itda.segments.operators import operator_of
from itda.segments.resting import PLACE, Resting
from itda.segments.sql import MACROS, Batch, text

__all__ = ["MACROS", "members"]


def members(segments: Mapping[str, Segment], name: str, fold: Fold, zone: Buckets, currency: str, now: int) -> str:
    """The question for the customers (one column) that are in the segment at `now`."""
    asking = _Asking(segments, fold, Batch(zone, currency, now))
    condition = asking.segment(name)
    return f"select c.customer from customers c\n{asking.batch.joins}\nwhere {condition}"


class _Asking:
    def __init__(self, segments: Mapping[str, Segment], fold: Fold, batch: Batch) -> None:
        self.segments = segments
        self.fold = fold
        self.batch = batch
        self._rests = Resting(segments, fold)

    def condition(self, expression: Expression) -> str:
        if not isinstance(expression, Group):
            return operator_of(expression).to_expr(expression, self)
        parts = [self.condition(part) for part in expression.all]
        parts += [f"not {self.condition(part)}" for part in expression.none]
        if expression.any:
            parts.append("(" + " or ".join(self.condition(part) for part in expression.any) + ")")
        return "(" + (" and ".join(parts) or "true") + ")"

    def segment(self, name: str) -> str:
        """The condition of a segment: nobody who paused the use of where they are is in one that asks for it."""
        condition = self.condition(self.segments[name].where)
        if name not in self._rests.by_place:
            return condition
        purpose, channel = PLACE
        about = f"purpose = {text(purpose)} and channel = {text(channel)}"
        joined = self.batch.join(f"select customer, status from consent_of where {about}")
        paused = ", ".join(text(status) for status in PAUSED)
        return f"({condition} and coalesce({joined}.status, '') not in ({paused}))"
