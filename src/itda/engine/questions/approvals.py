"""What waits for a second pair of eyes, and what was answered."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine import approvals
from itda.engine.app import Answer
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
        waits, past = (
            [
                view_of(one, work.actor.name)
                for one in approvals.listed(work.connection, work.now, is_open=is_open, limit=self.limit)
            ]
            for is_open in (True, False)
        )
        return Answer(ApprovalsView(waits, past), count=len(waits) + len(past))


def view_of(found: approvals.Approval, asker: str = "") -> ApprovalView:
    """A proposal as it is shown to who asks."""
    return ApprovalView(
        found.id.hex(), found.what, found.digest.hex(), found.note, found.proposed_by, found.proposed_at,
        found.expires_at, found.decision or "", found.decided_by, found.decided_at, found.reason,
        is_own=found.proposed_by == asker,
    )  # fmt: skip
