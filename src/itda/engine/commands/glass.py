"""Breaking the glass, putting it back, and reviewing that somebody did."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Done
from itda.engine.people import glass
from itda.engine.work import Work


class BreakGlass(msgspec.Struct, frozen=True):
    """See personal values whole for the minutes that itda.yaml allows; the reason given is what is reviewed."""

    permission: ClassVar[str] = "access.break"

    def carry_out(self, work: Work) -> Done[int]:
        """Until when."""
        minutes = work.workspace.staff.glass_minutes
        until = glass.begin(work.connection, work.actor.name, work.actor.role, work.reason, work.now, minutes)
        return Done(until, audit={"login": work.actor.name, "until": until})


class EndGlass(msgspec.Struct, frozen=True):
    """See no more than the role shows, before the time is over."""

    permission: ClassVar[str] = "access.break"

    def carry_out(self, work: Work) -> Done[None]:
        """End it."""
        glass.end(work.connection, work.actor.name, work.now)
        return Done(None, audit={"login": work.actor.name})


class ReviewGlass(msgspec.Struct, frozen=True):
    """Note what was found about it afterwards, by another person. `finding` speaks of the act, never of a customer."""

    permission: ClassVar[str] = "access.review"
    id: str
    finding: str

    def carry_out(self, work: Work) -> Done[str]:
        """Whose it was."""
        login = glass.review(work.connection, self.id, work.actor.name, self.finding, work.now)
        return Done(login, audit={"glass": self.id, "login": login})
