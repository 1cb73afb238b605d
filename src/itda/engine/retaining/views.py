"""How long what is kept, as it is shown."""

from __future__ import annotations

import msgspec


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of retention.yaml."""

    name: str
    of: str
    about: list[str]
    """What it is about: names of events, a field, an attribute, kinds; none: everything of its sort."""
    sources: list[str]
    keep: str
    keep_months: int
    keep_days: int
    """The term in months and days."""
    purpose: str
    words: str
    """All of it as one line."""
    longer: list[str]
    """Laws that keep some of it longer."""
    due_until: str
    """The last day that is due, as 2026-11-22; empty: nothing is."""
    due: int
    """Events to be looked through, people, or customers with such identifiers."""
    oldest_due: str
    is_new: bool
    """The next daily run tells of it; the one after carries it out."""
    held_until: str
    because: str


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A run that ended. Times are microseconds UTC."""

    id: int
    by: str
    began_at: int
    ended_at: int
    counts: dict[str, int]
    announced: list[str]
    left: dict[str, int]


class RetentionView(msgspec.Struct, frozen=True):
    """How long what is kept."""

    rules: list[RuleView]
    runs: list[RunView]
    next_at: int | None
    """From when the next daily run may be; None: nothing says how long anything is kept."""
    is_under_way: bool
    as_of: int
    """When what is due was counted, within the last hour."""
