"""Somebody says that a duty was done, and names what proves it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.canonical import canonical
from itda.base.errors import Fault, Refused
from itda.engine.app import Done
from itda.engine.duties import KINDS
from itda.engine.work import Work
from itda.store import duties


class Settled(msgspec.Struct, frozen=True):
    """A duty that is done."""

    id: str


class SettleDuty(msgspec.Struct, frozen=True, kw_only=True):
    """Note that what must be done by a day was done, and what proves it."""

    permission: ClassVar[str] = "duties.settle"
    is_about_people: ClassVar[bool] = True
    id: str
    """As `itda duties` tells it."""
    proof: str
    """Where it can be seen, such as the notice's message; never a personal value."""

    def carry_out(self, work: Work) -> Done[Settled]:
        """Settle it; `Refused` where no such duty is open, and where a step of its own settles it."""
        if not self.proof.strip():
            raise Refused(Fault(what="nothing proves it", cure="name the notice's message, or where it is kept"))
        try:
            made = bytes.fromhex(self.id)
        except ValueError:
            made = b""
        owed = duties.named(work.connection, made)
        own = KINDS.get(owed.kind) if owed is not None else None
        if own is not None and own.done_by:
            raise Refused(Fault(what="this duty is settled by doing it, not by a word", cure=f"do it: {own.done_by}"))
        proof = canonical({"by": work.actor.name, "proof": self.proof.strip()}).decode()
        is_open, subject = duties.settle(work.connection, made, work.now, proof)
        if not is_open:
            raise Refused(Fault(what=f"no duty {self.id[:80]} is open", cure="see what is: itda duties"))
        about = subject if subject is not None and work.ciphers([subject]) else None
        return Done(Settled(self.id), audit={"duty": self.id}, about=about)
