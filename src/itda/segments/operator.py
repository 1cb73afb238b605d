"""What a test of a segment is: one file in operators/, one constant `OPERATOR`, the struct that people write.

An operator compiles a test into a plain function from what is seen of a customer, at a time, to a yes or no and until
when that stands if nothing happens: the first time at which passing time alone may turn it, never too late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from itda.base.instant import NEVER
from itda.profiles.fold import Fold, FragmentState
from itda.segments.sql import Batch

Verdict = tuple[bool, int]
"""Whether it holds, and until when if nothing happens (microseconds UTC, NEVER for ever)."""
ALWAYS: Verdict = (True, NEVER)
NOT_EVER: Verdict = (False, NEVER)
UNKNOWN = "unknown"
"""The status of a consent that nobody ever spoke of."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of one customer."""

    state: FragmentState
    """The combined state of the customer's fragments."""
    consents: Mapping[tuple[str, str], str] = {}
    """(purpose, channel) → status, over all fragments; what is not there is UNKNOWN."""


class View(msgspec.Struct, gc=False):
    """One evaluation of one customer: what is seen, and the segments answered so far."""

    seen: Seen
    now: int
    known: dict[str | int, Verdict]
    """What was answered so far: segments by name, tests that several segments share by their number."""


Leaf = Callable[[View], Verdict]


EventKind = tuple[str, str, str, str]
"""Name, channel, source and type of an event."""


class Surroundings(msgspec.Struct, frozen=True):
    """What a test is compiled in."""

    fold: Fold
    segment: Callable[[str], Leaf]
    """The verdict of another segment."""


class Asking(Protocol):
    """What a test is written into SQL in."""

    @property
    def fold(self) -> Fold:
        """The traits."""
        ...

    @property
    def batch(self) -> Batch:
        """The question it becomes part of."""
        ...

    def segment(self, name: str) -> str:
        """The condition of another segment."""
        ...


class Operator(Protocol):
    """One operator."""

    @property
    def word(self) -> str:
        """The key in a segment's YAML that names it."""
        ...

    @property
    def test(self) -> type[msgspec.Struct]:
        """What people write."""
        ...

    def matches(self, test: Any, around: Surroundings) -> Leaf:
        """The test as a function of what is seen."""
        ...

    def listens(self, test: Any, fold: Fold, kind: EventKind) -> bool:
        """Whether an event of this kind may change the answer."""
        ...

    def found(self, test: Any, fold: Fold, seen: Seen, now: int) -> Any:
        """What the test looks at, as JSON: for whoever explains."""
        ...

    def to_expr(self, test: Any, asking: Asking) -> str:
        """The test as a condition of SQL on the customer `c`, with what it needs joined to `asking.batch`."""
        ...
