"""The desk's questions about staff and what two people must agree to, asked of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from itda.access.actor import Actor
from itda.engine.app import App
from itda.engine.commands.approvals import Approve, RefuseApproval
from itda.engine.questions.approvals import Approvals, ApprovalsView

ApprovalAnswer = Literal["approve", "refuse"]
_ANSWERS: Mapping[ApprovalAnswer, type[Approve | RefuseApproval]] = {"approve": Approve, "refuse": RefuseApproval}


class TrustDesk(Protocol):
    """What people may do, and what they agree to."""

    def approvals(self, actor: Actor) -> ApprovalsView:
        """What waits for a second pair of eyes, and what was answered."""
        ...

    def answer_approval(self, actor: Actor, approval: str, answer: ApprovalAnswer, reason: str) -> None:
        """Approve or refuse what somebody proposed."""
        ...


class TrustEngineDesk:
    """Answers from the workspace of `app`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def approvals(self, actor: Actor) -> ApprovalsView:
        """What waits for a second pair of eyes, and what was answered."""
        return self._app.ask(Approvals(), actor, "console: approvals")

    def answer_approval(self, actor: Actor, approval: str, answer: ApprovalAnswer, reason: str) -> None:
        """Approve or refuse what somebody proposed."""
        self._app.act(_ANSWERS[answer](approval), actor, reason)
