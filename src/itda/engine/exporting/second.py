"""A large export takes a second person: what one may take out alone is a number of customers (`staff.exports_alone`).

The approval is of exactly this export by exactly this person for exactly this reason, of no more customers than it
says, and good once. Masked rows are no personal values and take nobody else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Refused
from itda.engine import approvals
from itda.engine.app import Done
from itda.engine.work import Work
from itda.segments.definition import meaning

WHAT = "export"
_DIGITS = 12
"""Of a number of customers that no segment has."""


class NeedsSecond(Refused):
    """A second person has to say so first."""

    def __init__(self, digest: bytes, note: str, customers: int, most: int) -> None:
        self.digest, self.note, self.customers, self.most = digest, note, customers, most
        super().__init__(f"{customers:,} customers are more than one person takes out alone ({most:,})")


class ProposeExport(msgspec.Struct, frozen=True):
    """Ask for a second person for an export, by the digest of what it is."""

    permission: ClassVar[str] = "customer.export"
    digest: bytes
    note: str

    def carry_out(self, work: Work) -> Done[str]:
        """The id of the proposal, as hex."""
        made = approvals.propose(work.connection, work.actor, WHAT, self.digest, self.note, work.now)
        return Done(made.hex(), audit={"approval": made.hex()})


def agreed(work: Work, kind: str, customers: int, segment: str, asked: Any) -> None:
    """Go on where one person may take so many out, or a second one approved it; that is spent then.

    `asked` is whatever else makes it another export. `NeedsSecond` where nobody approved exactly this.
    """
    most = work.workspace.staff.exports_alone
    if customers <= most:
        return
    where = next((meaning(one.where) for one in work.workspace.segments if one.name == segment), b"")
    said = msgspec.json.encode([kind, segment, asked, work.actor.name, work.reason], order="sorted")
    bounds = {hashlib.sha256(said + b"\0" + where + b"\0" + str(n).encode()).digest(): n for n in ceilings(customers)}
    found = approvals.approved(work.connection, WHAT, *bounds, at=work.now)
    if found is None:
        digest, ceiling = next(iter(bounds.items()))
        whose = segment or "all customers"
        note = f"{kind}, {whose}, {customers:,} customers now, {ceiling:,} at most: {work.reason}"
        raise NeedsSecond(digest, note, customers, most)
    approvals.spend(work.connection, found.id, work.now)


def ceilings(customers: int) -> Iterator[int]:
    """The numbers of two digits and noughts that are no less than this one, the least first.

    Up to the least of them an approval reaches: a segment may grow by a tenth at most before it is told anew.
    """
    for digits in range(max(len(str(customers)) - 2, 0), _DIGITS):
        step = 10**digits
        for begin in range(10 if digits else 1, 100):
            if begin * step >= customers:
                yield begin * step
