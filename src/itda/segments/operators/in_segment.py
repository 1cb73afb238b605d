"""`in_segment`: whether a customer is in another segment."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.profiles.fold import Fold
from itda.segments.operator import Asking, EventKind, Leaf, Seen, Surroundings


class InSegment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another segment, by name."""

    segment: str = msgspec.field(name="in_segment")


class OfSegment:
    """See the file's first line."""

    word = "in_segment"
    test = InSegment

    def matches(self, test: InSegment, around: Surroundings) -> Leaf:
        """The other's own verdict."""
        return around.segment(test.segment)

    def listens(self, test: InSegment, fold: Fold, kind: EventKind) -> bool:
        """To none by itself: the other's tests do."""
        _ = test, fold, kind
        return False

    def found(self, test: InSegment, fold: Fold, seen: Seen, now: int) -> Any:
        """Nothing of its own."""
        _ = test, fold, seen, now

    def to_expr(self, test: InSegment, asking: Asking) -> str:
        """The other's own condition."""
        return asking.segment(test.segment)


OPERATOR = OfSegment()
