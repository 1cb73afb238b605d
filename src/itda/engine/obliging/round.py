"""One round of the duties that do themselves, in one transaction: what a served shop does every minute."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Done
from itda.engine.obliging import asking, became, passing
from itda.engine.work import Work
from itda.store import duties

AT_ONCE = 500


class Carried(msgspec.Struct, frozen=True):
    """What one round did."""

    letters: int = 0
    """Written into the outbox."""
    settled: int = 0
    """Duties whose letter went."""
    failed: int = 0
    """Letters that did not go; their duties stay open and say why."""
    silent: int = 0
    """Consents that silence kept, or suspended where the pack says so."""
    suspended: int = 0
    """Consents of addresses that the letter did not reach."""
    is_away: bool = False
    """Somebody else is at it: nothing was done."""


class CarryOutDuties(msgspec.Struct, frozen=True, kw_only=True):
    """Write the letters that are owed, settle what went, and let follow what follows from silence and bounces."""

    permission: ClassVar[str] = "duties.settle"
    most: int = AT_ONCE
    """Duties of each kind of step in this round."""

    def carry_out(self, work: Work) -> Done[Carried]:
        """One round. Twice at once it is done by one of both; again at once it finds nothing to do."""
        if not duties.alone(work.connection):
            return Done(Carried(is_away=True), is_idle=True)
        went = became.reconcile(work, self.most)
        suspended = passing.returned(work, self.most)
        silent = passing.silent(work, self.most)
        written = asking.write(work, self.most)
        done = Carried(written, went.settled, went.failed, silent, suspended)
        return Done(done, audit=msgspec.to_builtins(done), is_idle=done == Carried())
