"""The desk's questions about staff and what two people must agree to, asked of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, Protocol

from itda.access.actor import Actor
from itda.engine.app import App
from itda.engine.commands.approvals import Approve, RefuseApproval
from itda.engine.commands.staff import (
    AddStaff,
    ChangeRole,
    DisableStaff,
    EndSessions,
    ForgetCodes,
    Invited,
    ResetStaff,
)
from itda.engine.people.keys import KeyView
from itda.engine.questions.approvals import Approvals, ApprovalsView
from itda.engine.questions.keys import Keys
from itda.engine.questions.staff import StaffList, StaffView

StaffChange = Literal["role", "disable", "enable", "reset", "codes", "end"]
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

    def staff(self, actor: Actor) -> StaffView:
        """Who may come in, and who is in."""
        ...

    def invite(self, actor: Actor, login: str, role: str) -> Invited:
        """Make a login and an invitation."""
        ...

    def change_staff(self, actor: Actor, login: str, change: StaffChange, value: str) -> Invited | None:
        """Do something with a login; the new invitation where it was reset."""
        ...

    def keys(self, actor: Actor) -> list[KeyView]:
        """The keys of machines."""
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

    def staff(self, actor: Actor) -> StaffView:
        """Who may come in, and who is in."""
        return self._app.ask(StaffList(), actor, "console: staff")

    def invite(self, actor: Actor, login: str, role: str) -> Invited:
        """Make a login and an invitation."""
        return self._app.act(AddStaff(login, role), actor, "console: staff").value

    def change_staff(self, actor: Actor, login: str, change: StaffChange, value: str) -> Invited | None:
        """Do something with a login; the new invitation where it was reset."""
        act = partial(self._app.act, actor=actor, reason="console: staff")
        match change:
            case "role":
                act(ChangeRole(login, value))
            case "disable" | "enable":
                act(DisableStaff(login, is_back=change == "enable"))
            case "codes":
                act(ForgetCodes(login))
            case "end":
                act(EndSessions(login, value))
            case "reset":
                return self._app.act(ResetStaff(login), actor, "console: staff").value
        return None

    def keys(self, actor: Actor) -> list[KeyView]:
        """The keys of machines."""
        return self._app.ask(Keys(), actor, "console: staff")
