"""A second person answers what a first one proposed."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.instant import DAY
from itda.engine import approvals
from itda.engine.app import Done
from itda.engine.questions.approvals import ApprovalView, view_of
from itda.engine.work import Work


class Approve(msgspec.Struct, frozen=True):
    """Agree to a proposal, by its id as hex. The reason of the command is kept with it."""

    permission: ClassVar[str] = "approval.decide"
    id: str

    def carry_out(self, work: Work) -> Done[ApprovalView]:
        """Note it; `Refused` for who proposed it, and for whose login is not apart from theirs."""
        made, term = approvals.named(work.connection, self.id), work.workspace.staff.hand_days * DAY
        found = approvals.approve(work.connection, work.actor, made, work.now, work.reason, term=term)
        return Done(view_of(found), audit=_audit(found))


class RefuseApproval(msgspec.Struct, frozen=True):
    """Say no to a proposal, by its id as hex; who made it takes it back so."""

    permission: ClassVar[str] = "approval.decide"
    id: str

    def carry_out(self, work: Work) -> Done[ApprovalView]:
        """Note it."""
        made = approvals.named(work.connection, self.id)
        found = approvals.refuse(work.connection, work.actor, made, work.now, work.reason)
        return Done(view_of(found), audit=_audit(found))


def _audit(found: approvals.Approval) -> dict[str, str]:
    return {
        "approval": found.id.hex(), "what": found.what, "digest": found.digest.hex(), "proposed_by": found.proposed_by,
    }  # fmt: skip
