"""The kinds of computed trait, by name. A new kind is one file here, one test and one docs page of the same name."""

from __future__ import annotations

from itda.profiles.edge_of_time import EdgeState
from itda.profiles.kind import Spilled, TraitKind
from itda.profiles.traits import count, distinct, first, interval, last, recency, sum, top  # noqa: A004 - its own name
from itda.profiles.traits.count import CountState
from itda.profiles.traits.distinct import DistinctState
from itda.profiles.traits.interval import IntervalState
from itda.profiles.traits.recency import RecencyState
from itda.profiles.traits.sum import SumState
from itda.profiles.traits.top import TopState

KINDS: dict[str, TraitKind] = {
    kind.name: kind
    for kind in (
        count.KIND,
        sum.KIND,
        first.KIND,
        last.KIND,
        distinct.KIND,
        top.KIND,
        recency.KIND,
        interval.KIND,
    )
}

TraitState = Spilled | CountState | SumState | EdgeState | DistinctState | TopState | RecencyState | IntervalState
