"""The part of the shop window that shows what people may do and agree to, with invented people."""

from __future__ import annotations

from typing import Any

from tests.unit.console.engaged_window import EngagedWindow

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.instant import DAY, HOUR, parse
from itda.console.trust_desk import ApprovalAnswer
from itda.engine.questions.approvals import ApprovalsView, ApprovalView

NOW = parse("2026-11-21T05:12:09Z")
WAITING, OWN = "0f" * 16, "1e" * 16


def approvals(asker: str) -> ApprovalsView:
    def one(name: str, what: str, note: str, by: str, ago: int, **became: Any) -> ApprovalView:
        values = {"decision": "", "decided_by": "", "decided_at": None, "reason": ""} | became
        digest = name[::-1] * 2
        at = NOW - ago
        return ApprovalView(name, what, digest, note, by, at, at + 7 * DAY, **values, is_own=by == asker)

    return ApprovalsView(
        [
            one(WAITING, "pack activate kr-network 2026-11", "fewer exceptions at night", "minji", 3 * HOUR),
            one(OWN, "export 12 480 customers", "for the audit at the end of the year", "admin", DAY),
        ],
        [
            one("2d" * 16, "waiver mail-label", "", "sora", 9 * DAY, decision="refused", decided_by="minji",
                decided_at=NOW - 8 * DAY, reason="the label cannot be left out"),
            one("3c" * 16, "pack activate eu 2026-10", "", "minji", 20 * DAY, decision="approved", decided_by="sora",
                decided_at=NOW - 19 * DAY, reason="read the difference"),
            one("4b" * 16, "pack activate us 2026-09", "", "minji", 40 * DAY, decision="expired"),
        ],
    )  # fmt: skip


class TrustWindow(EngagedWindow):
    """Answers as the engine would. `agreed` is what was answered, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.agreed: list[tuple[str, ApprovalAnswer, str]] = []

    def approvals(self, actor: Actor) -> ApprovalsView:
        self.check(actor, "approval.read", "approvals")
        return ApprovalsView([], []) if self.is_empty else approvals(actor.name)

    def answer_approval(self, actor: Actor, approval: str, answer: ApprovalAnswer, reason: str) -> None:
        self.check(actor, "approval.decide", "approvals")
        if approval == OWN and answer == "approve":
            raise Refused("another person has to approve it")
        self.agreed.append((approval, answer, reason))
