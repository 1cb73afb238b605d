"""The desk's questions about staff and what two people must agree to, asked of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, Protocol

import msgspec

from itda.access.actor import Actor
from itda.engine import inviting
from itda.engine.app import App
from itda.engine.commands.approvals import Approve, RefuseApproval
from itda.engine.commands.glass import BreakGlass, EndGlass, ReviewGlass
from itda.engine.commands.packs import ActivatePacks
from itda.engine.commands.staff import (
    AddStaff,
    ChangeRole,
    DisableStaff,
    EndSessions,
    ForgetCodes,
    Invited,
    ResetStaff,
)
from itda.engine.enacting.looking import Packs, PacksView
from itda.engine.people.glass import GlassView
from itda.engine.people.keys import KeyView
from itda.engine.questions.approvals import Approvals, ApprovalsView
from itda.engine.questions.glass import Glass
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

    def packs(self, actor: Actor) -> PacksView:
        """The rules of law and providers, waivers, and what two people changed in them."""
        ...

    def activate_packs(self, actor: Actor, change: str, reason: str) -> None:
        """Activate what somebody else proposed."""
        ...

    def staff(self, actor: Actor) -> StaffView:
        """Who may come in, and who is in."""
        ...

    def invite(self, actor: Actor, login: str, role: str, mail: str, origin: str) -> Invited:
        """Make a login and an invitation; mailed, where there is an address, and without its link then."""
        ...

    def change_staff(self, actor: Actor, login: str, change: StaffChange, value: str) -> Invited | None:
        """Do something with a login; the new invitation where it was reset."""
        ...

    def keys(self, actor: Actor) -> list[KeyView]:
        """The keys of machines."""
        ...

    def break_glass(self, actor: Actor, reason: str) -> int:
        """See personal values whole for some minutes; until when."""
        ...

    def end_glass(self, actor: Actor) -> None:
        """See no more than the role shows."""
        ...

    def glass(self, actor: Actor) -> list[GlassView]:
        """Each time that somebody broke the glass."""
        ...

    def review_glass(self, actor: Actor, glass: str, finding: str) -> None:
        """Note what was found about it."""
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

    def packs(self, actor: Actor) -> PacksView:
        """The rules of law and providers, waivers, and what two people changed in them."""
        return self._app.ask(Packs(), actor, "console: packs")

    def activate_packs(self, actor: Actor, change: str, reason: str) -> None:
        """Activate what somebody else proposed."""
        self._app.act(ActivatePacks(change), actor, reason)

    def staff(self, actor: Actor) -> StaffView:
        """Who may come in, and who is in."""
        return self._app.ask(StaffList(), actor, "console: staff")

    def invite(self, actor: Actor, login: str, role: str, mail: str, origin: str) -> Invited:
        """Make a login and an invitation; mailed, where there is an address, and without its link then."""
        to = inviting.address(self._app.workspace, mail)
        made = self._app.act(AddStaff(login, role), actor, "console: staff").value
        went = to and inviting.mail(self._app.workspace, made, to, origin, "", self._app.clock())
        return msgspec.structs.replace(made, path="") if went else made

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

    def break_glass(self, actor: Actor, reason: str) -> int:
        """See personal values whole for some minutes; until when."""
        return self._app.act(BreakGlass(), actor, reason).value

    def end_glass(self, actor: Actor) -> None:
        """See no more than the role shows."""
        self._app.act(EndGlass(), actor, "console: enough")

    def glass(self, actor: Actor) -> list[GlassView]:
        """Each time that somebody broke the glass."""
        return self._app.ask(Glass(), actor, "console: broken glass")

    def review_glass(self, actor: Actor, glass: str, finding: str) -> None:
        """Note what was found about it."""
        self._app.act(ReviewGlass(glass, finding), actor, "console: broken glass")
