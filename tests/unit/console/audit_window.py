"""The part of the shop window that shows the audit, with invented staff."""

from __future__ import annotations

from tests.unit.console.consent_window import ConsentWindow
from tests.unit.console.engaged_views import HOUR, NOW

from itda.access.actor import Actor
from itda.engine.auditing.noting import Stand, Standing
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
]


class AuditWindow(ConsentWindow):
    """Answers as the engine would."""

    def __init__(self) -> None:
        super().__init__()
        self.is_altered = False
        self.trails: list[tuple[Wanted, str]] = []

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
