"""Who is in a segment at a time, as one question to the whole lake. See `sql` for what it asks for."""

from __future__ import annotations

from collections.abc import Mapping

from itda.base.windows import Buckets
from itda.profiles.fold import Fold
from itda.segments.definition import Expression, Group, Segment
from itda.segments.operators import operator_of
from itda.segments.sql import MACROS, Batch

__all__ = ["MACROS", "members"]


def members(segments: Mapping[str, Segment], name: str, fold: Fold, zone: Buckets, currency: str, now: int) -> str:
    """The question for the customers (one column) that are in the segment at `now`."""
    asking = _Asking(segments, fold, Batch(zone, currency, now))
    condition = asking.condition(segments[name].where)
    return f"select c.customer from customers c\n{asking.batch.joins}\nwhere {condition}"


class _Asking:
    def __init__(self, segments: Mapping[str, Segment], fold: Fold, batch: Batch) -> None:
        self.segments = segments
        self.fold = fold
        self.batch = batch

    def condition(self, expression: Expression) -> str:
        if not isinstance(expression, Group):
            return operator_of(expression).to_expr(expression, self)
        parts = [self.condition(part) for part in expression.all]
        parts += [f"not {self.condition(part)}" for part in expression.none]
        if expression.any:
            parts.append("(" + " or ".join(self.condition(part) for part in expression.any) + ")")
        return "(" + (" and ".join(parts) or "true") + ")"

    def segment(self, name: str) -> str:
        """The condition of another segment."""
        return self.condition(self.segments[name].where)
