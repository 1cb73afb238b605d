"""What waits for a second pair of eyes, and what was answered."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.access.hands import Tie, tie
from itda.base.instant import DAY
from itda.engine import approvals
from itda.engine.app import Answer
from itda.engine.people import hands
from itda.engine.work import Work


class ApprovalView(msgspec.Struct, frozen=True):
    """One proposal. Times are microseconds UTC; `decision` is empty while it waits, else approved, refused, expired."""

    id: str
    what: str
    digest: str
    note: str
    proposed_by: str
    proposed_at: int
    expires_at: int
    decision: str
    decided_by: str
    decided_at: int | None
    reason: str
    is_own: bool = False
    """Whether who asks proposed it: somebody else has to approve it."""
    tied_by: str = ""
    """Whose hand was lately on the logins of both who asks and who proposed: they do not count as two people."""
    tied_until: int | None = None
    """Until when that is so."""


class ApprovalsView(msgspec.Struct, frozen=True):
    """Those that wait, the oldest first, and the latest that were answered or ran out."""

    open: list[ApprovalView]
    answered: list[ApprovalView]


class Approvals(msgspec.Struct, frozen=True):
    """The proposals."""

    permission: ClassVar[str] = "approval.read"
    limit: int = 200

    def answer(self, work: Work) -> Answer[ApprovalsView]:
        """`limit` of each at most."""
        open_ones, past = (
            approvals.listed(work.connection, work.now, is_open=is_open, limit=self.limit) for is_open in (True, False)
        )
        me, term = work.actor.name, work.workspace.staff.hand_days * DAY
        touches = hands.touches(work.connection, work.now, term) if open_ones else []
        waits = [view_of(one, me, tie(touches, one.proposed_by, me, work.now, term)) for one in open_ones]
        return Answer(ApprovalsView(waits, [view_of(one, me) for one in past]), count=len(waits) + len(past))


def view_of(found: approvals.Approval, asker: str = "", tied: Tie | None = None) -> ApprovalView:
    """A proposal as it is shown to who asks, with what ties the two, where something does."""
    is_own = found.proposed_by == asker
    tied = None if is_own else tied
    return ApprovalView(
        found.id.hex(), found.what, found.digest.hex(), found.note, found.proposed_by, found.proposed_at,
        found.expires_at, found.decision or "", found.decided_by, found.decided_at, found.reason,
        is_own=is_own, tied_by="" if tied is None else tied.by, tied_until=None if tied is None else tied.until,
    )  # fmt: skip
