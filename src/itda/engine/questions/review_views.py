"""What the review queue and the runs of the matching tell."""

from __future__ import annotations

from typing import Literal

import msgspec

from itda.engine.questions.views import IdentifierView, LinkView

Kind = Literal["pair", "check", "limit", "hub"]
"""pair: two customers who look like one person. check: two that the matching joined, drawn to be confirmed. limit: a
link that a limit holds back. hub: an identifier that too many share."""


class Side(msgspec.Struct, frozen=True):
    """One of the two customers that a task is about."""

    customer: str
    """The id."""
    name: str
    """The full name as who asks may see it; empty where none is known."""
    identifier: str
    """`kind:value`, as who asks may see it: the end of the link that is asked about."""
    events: int
    orders: int
    first_at: int
    """Microseconds UTC; 0 where no event is."""
    last_at: int


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One question for a steward."""

    id: str
    """32 hex digits; the same over runs for the same two."""
    kind: Kind
    a: Side
    b: Side | None
    """None for a hub."""
    probability: float | None
    """Of a pair or a check: how probable it is, 0 to 1, that the two are one person, by model and decisions."""
    bits: float | None
    """The model's own score."""
    reason: str
    """Of a limit: `unique:<kind>`, `limit:<kind>` or `size`."""
    neighbours: int
    """Of a hub: how many identifiers it was seen with."""
    worth: float
    """What the queue is ordered by, highest first."""
    found_at: int
    later_until: int
    """Put off until; 0 where it is not."""
    decided: Literal["", "same", "different"] = ""
    decided_by: str = ""
    """Who decided it, or put it off."""
    decided_at: int = 0


class Run(msgspec.Struct, frozen=True):
    """One run of the matching."""

    version: str
    """Twelve hex digits that tell what was learnt."""
    at: int
    people: int
    """Records compared: customers of whom anything was said."""
    pairs: int
    """Pairs of them compared."""
    duplicates: float
    """How many customers are estimated to be one too many, those that the matching joins among them."""
    linked: int
    """Links that the matching holds after the run."""
    waiting: int
    """Pairs it would ask a steward about."""
    threshold: float | None
    """Bits from which on it joins, or would; None where no threshold has the precision that is asked."""
    precision: float | None
    """Of the pairs above the threshold, the share that is estimated to be right."""
    decided: int
    """Pairs that stewards decided so far."""
    decided_same: int
    checked: int
    """Of these, the pairs above the threshold …"""
    checked_right: int
    """… and of those, the ones that are the same person."""
    low: float
    """Wilson's interval of the share (95 %); 0 to 1 where nothing was checked."""
    high: float
    is_calibrated: bool
    """Whether decisions correct the estimates."""


class Queue(msgspec.Struct, frozen=True):
    """Tasks, and how many there are."""

    tasks: list[Task]
    waiting: dict[str, int]
    """Kind → how many wait."""
    later: int
    """How many are put off."""
    run: Run | None
    """The last run; None before the first."""


class Field(msgspec.Struct, frozen=True):
    """One line of the comparison. The bits of all lines of a pair add up to those of the task."""

    label: str
    """The trait or the kind of identifier; empty for what is no value."""
    what: str
    """Empty for a value; `prior`, `order` (names swapped) or `household` for the rest of the score."""
    a: str
    b: str
    said: str
    """How they agree; empty where nothing is known of one."""
    bits: float | None
    """For one person above 0, against it below; None where it says nothing."""


class TaskView(msgspec.Struct, frozen=True):
    """One task, side by side."""

    task: Task
    fields: list[Field]
    """Of a limit the values alone; of a hub none."""
    a_identifiers: list[IdentifierView]
    b_identifiers: list[IdentifierView]
    """Of a hub: those it was seen with, some of them."""
    links: list[LinkView]
    """Of a limit the link that is held back, of a hub its links, of a check the link that joins."""
    next: str
    """The task that follows in the queue; empty where none does."""
