"""Who is in which segment: answers of the moment, held against what is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from itda.engine.deciding.definitions import Definitions
from itda.engine.deciding.people import Customer, seen
from itda.store.engagement_rows import NEVER, MemberRow, WakeRow
from itda.store.engagement_sql import EngagementWrites


class Change(msgspec.Struct, frozen=True):
    """What became of one customer's segments, as far as journeys listen to them."""

    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Before(msgspec.Struct):
    """What is stored of a customer: segments with the log time they are in since, and the next wake."""

    members: dict[str, int] = {}
    was: Mapping[str, int] = {}
    """Segments of the customers that this one was parts of before."""
    wake: int | None = None
    """None for one who was never answered."""


def answered(
    definitions: Definitions,
    customer: Customer,
    before: Before,
    names: Collection[str] | None,
    log_time: int,
    writes: EngagementWrites,
) -> Change:
    """Answer the segments of a customer, all where `names` is None, and write down what is new.

    Passing time is looked at again at the earliest time that any answer gives, or sooner.
    """
    now = max(log_time, customer.state.log_time)
    asked = definitions.shown if names is None else names
    answers = definitions.segments.answers(seen(customer, definitions.consents), now, asked)
    entered, left = [], []
    until = NEVER
    for name, answer in answers.items():
        if answer.valid_until is not None and answer.valid_until < until:
            until = answer.valid_until
        was = name in before.members or name in before.was
        if answer.is_member:
            if name not in before.members:
                writes.members.append(MemberRow(name, customer.id, before.was.get(name, log_time)))
            if not was and name in definitions.heard:
                entered.append(name)
        else:
            if name in before.members:
                writes.members_gone.append((name, customer.id))
            if was and name in definitions.heard:
                left.append(name)
    if names is not None and before.wake is not None:
        until = min(until, before.wake)
    if before.wake is None or until < before.wake or before.wake <= now:
        writes.wakes.append(WakeRow(customer.id, until))
    return Change(tuple(entered), tuple(left))
