"""The part of the shop window that shows the audit, with invented staff."""

from __future__ import annotations

import msgspec
from tests.unit.console.consent_window import ConsentWindow
from tests.unit.console.engaged_views import HOUR, NOW

from itda.access.actor import Actor
from itda.base.errors import Conflict, Refused
from itda.base.ids import customer_text
from itda.engine.auditing.noting import Stand, Standing
from itda.engine.auditing.reviewing import Operator, Review, Signed, Standout, due_at, last_month
from itda.engine.auditing.searching import Line, Trail, Wanted


def line(number: int, actor: str, action: str, name: str, **more) -> Line:
    told = {
        "stream": "audit" if action == "change" else "access", "seq": 100 - number, "at": NOW - number * HOUR,
        "role": "agent", "address": "203.0.113.20", "system": "console", "subjects": 3, "results": 1,
        "decision": "allowed", "purpose": "", "reason": "", "is_sealed": False,
    }  # fmt: skip
    return Line(actor=actor, action=action, name=name, **(told | more))


LINES = [
    line(1, "minji", "view", "Profile", reason="console: customer"),
    line(2, "sora@shop.example", "export", "Export", subjects=48_211, reason="yearly analysis, ticket 41"),
    line(3, "taeho", "view", "Timeline", decision="forbidden", subjects=0),
    line(4, "minji", "change", "Cut", is_sealed=True, subjects=0),
    line(
        5, "admin", "change", "AddStaff", subjects=0, told={"login": "hana", "role": "privacy_officer", "expires_at": 1}
    ),
]


REVIEWED = "2026-10"
FINGERPRINT = "9c1d" * 16


def report(month: str) -> Review:
    """A month of four, of whom one looked at far more people than the others."""

    def one(actor: str, role: str, looks: int, people: int, **more: int) -> Operator:
        told = {"exports": 0, "exports_without_campaign": 0, "at_night": 0, "not_let": 0} | more
        return Operator(actor=actor, role=role, looks=looks, people=people, **told)

    operators = [
        one("cli:kim", "admin", 12, 3), one("minji", "agent", 842, 791, at_night=4),
        one("sora@shop.example", "privacy_officer", 38, 48_240, exports=1, exports_without_campaign=1),
        one("taeho", "agent", 640, 602, not_let=2),
    ]  # fmt: skip
    standouts = [
        Standout(kind="volume", actor="sora@shop.example", count=48_240),
        Standout(kind="night", actor="minji", count=4),
        Standout(kind="export", actor="sora@shop.example", count=1),
        Standout(kind="again", actor="taeho", count=26, customer=customer_text(b"\x07" * 16)),
    ]
    return Review(month=month, operators=operators, standouts=standouts, sha256=FINGERPRINT)


class AuditWindow(ConsentWindow):
    """Answers as the engine would."""

    def __init__(self) -> None:
        super().__init__()
        self.is_altered = False
        self.begins = ""
        self.trails: list[tuple[Wanted, str]] = []
        self.signed: list[Signed] = []

    def trail(self, actor: Actor, wanted: Wanted, before: str) -> Trail:
        self.check(actor, "audit.read", "trail")
        self.trails.append((wanted, before))
        if self.is_empty:
            return Trail([], None)
        return Trail(LINES, None if before else f"{NOW}-access-7", 2 if wanted.subject else 0)

    def audit_standing(self, actor: Actor) -> Standing:
        self.check(actor, "audit.read", "audit_standing")
        streams = [Stand("access_log", 48_211), Stand("audit_event", 912), Stand("consent_event", 130_400)]
        if self.is_empty:
            return Standing(None, is_whole=True, faults=[], streams=streams)
        faults = ["access_log, row 7: it was altered"] if self.is_altered else []
        return Standing(NOW - HOUR, is_whole=not faults, faults=faults, streams=streams)

    def access_review(self, actor: Actor, month: str) -> Review:
        self.check(actor, "audit.read", "access_review")
        due_at("Asia/Seoul", month)
        if self.is_empty:
            return Review(month=month, operators=[], standouts=[], sha256=FINGERPRINT)
        begins = {"begins": self.begins} if self.begins else {}
        return msgspec.structs.replace(report(month), signed=self.signed, **begins)

    def sign_access_review(self, actor: Actor, month: str, findings: str, report: str) -> None:
        self.check(actor, "audit.review", "sign_access_review")
        if not findings or month > last_month("Asia/Seoul", NOW):
            raise Refused("nothing was found, or the month is not over")
        if report != FINGERPRINT:
            raise Conflict("another report")
        self.signed.append(Signed(NOW, actor.name, findings, report))
