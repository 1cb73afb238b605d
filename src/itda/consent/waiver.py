"""What a brand excepts from a rule, and on what ground: for one scope, by two people, for a year at most.

A waiver lets a rule be silent; it never makes another rule say less, and a rule marked hard knows none.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from itda.base.calendar import add_months
from itda.base.instant import day_to_date
from itda.consent.facts import Facts

WAIVED = "WAIVED"
AT = "@"
LONGEST_MONTHS = 12


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """One exception from one rule. It names one channel, message or campaign at least; what it leaves open is any."""

    rule: str
    basis: str
    """The legal ground, in words."""
    author: str
    approver: str
    """Who agreed: somebody else."""
    first_day: int
    """The local day (days since 1970-01-01) from which it has effect."""
    last_day: int
    """The last day on which it has effect: before the same date of the year after."""
    starts_at: int
    """Microseconds UTC: when the first day begins in the zone of the shop."""
    ends_at: int
    """Microseconds UTC: when the last day is over there."""
    channels: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    """Each as `named`: an exception that was agreed to for some words is none for others."""
    campaigns: tuple[str, ...] = ()

    def holds(self, now: int) -> bool:
        """Whether it has effect at a moment (microseconds UTC)."""
        return self.starts_at <= now < self.ends_at

    def covers(self, facts: Facts, now: int) -> bool:
        """Whether it has effect for this message now."""
        return (
            self.holds(now)
            and (not self.channels or facts.channel in self.channels)
            and (not self.messages or named(facts.message, facts.words) in self.messages)
            and (not self.campaigns or facts.campaign in self.campaigns)
        )

    def stale(self, words: Mapping[str, str]) -> list[str]:
        """Its messages that say something else by now, or are not there; `words`: message → the digest it has."""
        now = {named(message, digest) for message, digest in words.items()}
        return [one for one in self.messages if one not in now]

    @property
    def until(self) -> str:
        """The last day, as ISO 8601 writes it."""
        return day_to_date(self.last_day).isoformat()

    def faults(self) -> list[str]:
        """What keeps it from being one, in words; empty: nothing."""
        found = []
        if not self.basis.strip():
            found.append("a waiver says its legal basis")
        if not self.author or not self.approver or self.author == self.approver:
            found.append("author and approver of a waiver are two people")
        if self.last_day < self.first_day:
            found.append("it ends before it begins")
        if self.last_day >= add_months(self.first_day, LONGEST_MONTHS):
            found.append("a waiver ends within a year of its first day")
        if not (self.channels or self.messages or self.campaigns):
            found.append("a waiver is for a channel, a message or a campaign")
        return found


def named(message: str, words: str) -> str:
    """A message with the digest of what it says, as a waiver names it: `wine-club@6f1c…`."""
    return f"{message}{AT}{words}"
