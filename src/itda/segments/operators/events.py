"""`events`: how many of certain events there were, in a window or ever. `none` of such a test is "has not"."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from itda.base.instant import NEVER
from itda.base.windows import parse
from itda.profiles.definition import TraitDef
from itda.profiles.events import Events, cares
from itda.profiles.fold import Fold
from itda.profiles.kind import Windowed
from itda.profiles.traits.count import CountState
from itda.profiles.turning import by_running_down
from itda.segments.operator import Asking, EventKind, Leaf, Seen, Surroundings, Verdict, View
from itda.segments.sql import chosen

_Count = Annotated[int, msgspec.Meta(ge=0)]


class EventsTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events, and how many. Neither bound given: at least one."""

    events: Events
    """By name, channel, source and tests of properties."""
    window: str = ""
    """`30 days` or `12 hours`; left out: ever since."""
    at_least: _Count | None = None
    """So many, or more."""
    at_most: _Count | None = None
    """So many, or fewer."""


def bounds(test: EventsTest) -> tuple[int, int]:
    """The least and the greatest count that passes."""
    least = test.at_least if test.at_least is not None else int(test.at_most is None)
    return least, test.at_most if test.at_most is not None else NEVER


def counted(test: EventsTest) -> TraitDef:
    """The hidden trait that counts these events: the fold keeps it beside the others."""
    arguments = Windowed(events=test.events, window=test.window)
    trait = TraitDef(name="", kind="count", arguments=arguments)
    return TraitDef(name=f"@{trait.key()}", kind="count", arguments=arguments)


class OfEvents:
    """See the file's first line."""

    word = "events"
    test = EventsTest

    def matches(self, test: EventsTest, around: Surroundings) -> Leaf:
        """The count is in the state already."""
        trait = around.fold.keyed(counted(test).key())
        key, context = trait.key, trait.context
        least, most = bounds(test)
        none = least <= 0 <= most, NEVER

        def holds(n: int) -> bool:
            return least <= n <= most

        def leaf(view: View) -> Verdict:
            state = view.seen.state.states.get(key)
            if type(state) is not CountState:
                return none
            return by_running_down(state.buckets, context, view.now, holds)

        return leaf

    def listens(self, test: EventsTest, fold: Fold, kind: EventKind) -> bool:
        """To what is counted."""
        _ = fold
        name, channel, source, _type = kind
        return cares(test.events, name, channel, source)

    def found(self, test: EventsTest, fold: Fold, seen: Seen, now: int) -> Any:
        """How many there were."""
        trait = fold.keyed(counted(test).key())
        return trait.value(seen.state, now)

    def to_expr(self, test: EventsTest, asking: Asking) -> str:
        """Counted anew, event by event."""
        batch, (least, most) = asking.batch, bounds(test)
        window = parse(test.window) if test.window else None
        rows = f"from told where {chosen(test.events)} and {batch.within(window)}"
        joined = batch.join(f"select customer, count(*) as n {rows} group by customer")
        return f"coalesce({joined}.n, 0) between {least} and {most}"


OPERATOR = OfEvents()
