"""`branch`: one way for those of whom something is true, another for the rest; said as in a segment."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

import msgspec

from itda.journeys.happening import Occurred
from itda.journeys.kind import Arrival, Arriving, Passes, Way
from itda.segments.definition import Group, Segment, expression, meaning


class Branch(msgspec.Struct, frozen=True, kw_only=True, tag="branch", tag_field="kind", dict=True):
    """`when` is the expression as it is written: a group of tests, or one test."""

    when: dict[str, Any]

    @cached_property
    def segment(self) -> Segment:
        """The expression as a segment that nobody sees, to be compiled with the others."""
        where = expression(self.when)
        group = where if isinstance(where, Group) else Group(all=(where,))
        name = f"branch {hashlib.blake2s(meaning(group), digest_size=8).hexdigest()}"
        return Segment(name=name, where=group)


class BranchKind:
    """See the file's first line."""

    name = "branch"
    ways: tuple[Way, ...] = ("then", "else")
    takes_time = False
    overdue: Way = "then"

    def arrive(self, step: Branch, arriving: Arriving) -> Arrival:
        """They go on at once, by what is true of them at the log time of it."""
        if arriving.standing.holds(step.segment.name, arriving.log_at):
            return Passes("then", "yes")
        return Passes("else", "no")

    def takes(self, step: Branch, event: Occurred, entry: dict[str, Any]) -> bool:
        """Nobody waits here."""
        _ = step, event, entry
        return False


KIND = BranchKind()
