"""The part of the shop window that shows what people may do and agree to, with invented people."""

from __future__ import annotations

from typing import Any

from tests.unit.console.engaged_views import number
from tests.unit.console.engaged_window import EngagedWindow

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.instant import DAY, HOUR, parse
from itda.consent.packs import KINDS
from itda.console.trust_desk import ApprovalAnswer, StaffChange
from itda.engine.commands.staff import Invited
from itda.engine.enacting.looking import (
    PackChangeView,
    PacksView,
    PackView,
    RuleView,
    SettingChange,
    VerifiedView,
    WaiverView,
)
from itda.engine.enacting.tally import Case, Rehearsal, RuleEffect
from itda.engine.people.glass import GlassView
from itda.engine.people.keys import KeyView
from itda.engine.questions.approvals import ApprovalsView, ApprovalView
from itda.engine.questions.staff import StaffMember, StaffSession, StaffView

NOW = parse("2026-11-21T05:12:09Z")
BROKEN = "5f" * 16
WAITING, OWN = "0f" * 16, "1e" * 16


def approvals(asker: str) -> ApprovalsView:
    def one(name: str, what: str, note: str, by: str, ago: int, **became: Any) -> ApprovalView:
        values = {"decision": "", "decided_by": "", "decided_at": None, "reason": ""} | became
        digest = name[::-1] * 2
        at = NOW - ago
        return ApprovalView(name, what, digest, note, by, at, at + 7 * DAY, **values, is_own=by == asker)

    return ApprovalsView(
        [
            one(WAITING, "packs", "fewer exceptions at night", "minji", 3 * HOUR),
            one(OWN, "export", "customers, all customers, 12,480 customers now, 13,000 at most: the audit; file 41", "admin", DAY),
        ],
        [
            one("2d" * 16, "waiver mail-label", "", "sora", 9 * DAY, decision="refused", decided_by="minji",
                decided_at=NOW - 8 * DAY, reason="the label cannot be left out"),
            one("3c" * 16, "pack activate eu 2026-10", "", "minji", 20 * DAY, decision="approved", decided_by="sora",
                decided_at=NOW - 19 * DAY, reason="read the difference"),
            one("4b" * 16, "pack activate us 2026-09", "", "minji", 40 * DAY, decision="expired"),
        ],
    )  # fmt: skip


def staff() -> StaffView:
    people = [
        StaffMember("admin", "admin", NOW - 300 * DAY, False, False, True, True, "", NOW, 1, None),
        StaffMember("dohyun", "store_staff", NOW - DAY, False, False, False, False, "", None, 0, NOW + DAY),
        StaffMember("minji", "agent", NOW - 90 * DAY, False, True, True, False, "", NOW - HOUR, 1, None),
        StaffMember("sora@shop.example", "privacy_officer", NOW - 90 * DAY, False, False, False, False,
                    "https://id.shop.example", NOW - 2 * HOUR, 1, None),
        StaffMember("taeho", "analyst", NOW - 200 * DAY, True, False, True, False, "", NOW - 60 * DAY, 0, None),
    ]  # fmt: skip
    sessions = [
        StaffSession("0a" * 8, "admin", "admin", NOW - HOUR, NOW, "203.0.113.9"),
        StaffSession("1b" * 8, "minji", "agent", NOW - 3 * HOUR, NOW - HOUR, "203.0.113.20"),
    ]
    return StaffView(people, sessions)


def glass() -> list[GlassView]:
    return [
        GlassView(BROKEN, "dohyun", "store_staff", "recall of a faulty heater, ticket 4411", NOW - 3 * HOUR,
                  NOW - 2 * HOUR, "", None, "", 12, 31),
        GlassView("6a" * 16, "taeho", "analyst", "court order 2026-114", NOW - 40 * DAY, NOW - 40 * DAY + HOUR, "sora",
                  NOW - 39 * DAY, "as the order says", 1, 3),
    ]  # fmt: skip


def keys() -> list[KeyView]:
    return [
        KeyView("6f1c09aa", "crm", ["traits", "consent"], "admin", NOW - 80 * DAY, NOW + 10 * DAY, NOW - HOUR, None),
        KeyView("70aa12be", "crm", ["traits", "consent"], "admin", NOW - DAY, NOW + 89 * DAY, None, None),
    ]


def packs() -> PacksView:
    """The rules of the box, a waiver, a change that waits and one that was activated."""
    effect = RuleEffect(
        "KR-15", "block", 1_204, [Case(number("sent"), "rescue", "email", NOW - 2 * DAY, "block NOT_RECONFIRMED")]
    )
    rehearsal = Rehearsal(
        days=30, decisions=18_240, messages=9_410, judged=18_240, alike=18_236, gone=0, blocked_more=1_204,
        held_more=12, let_through_more=0, rules=[effect, RuleEffect("KR-05", "hold", 12, [])],
    )  # fmt: skip
    values = {"kr_network": {"night_from": "20:00"}}
    told = [
        PackView(
            kind.name, kind.version, kind.since, kind.layer, kind.title_ko, kind.title_en, values.get(kind.name, {}),
            [RuleView(one.id, one.sentence, one.source, one.mark, list(one.stages), one.hard, 2)
             for one in kind.pack().rules], ["2027.1.1 from 2027-01-01"] if kind.name == "gmail" else [],
        )
        for kind in KINDS.values()
    ]  # fmt: skip
    waivers = [
        WaiverView("KR-11", "opinion of counsel, 2026-10-20", "minji", "jisu", "2026-11-01", "2027-03-31", ["push"], [],
                   [], "in force"),
        WaiverView("KR-22", "licence of the shop", "minji", "jisu", "2025-11-01", "2026-10-31", [], ["wine"], [], "over"),
    ]  # fmt: skip
    return PacksView(
        told, waivers, False, VerifiedView("altered", ["values"], "ab" * 32, "cd" * 32, "ef" * 64, "{}"),
        [PackChangeView(WAITING, "9f" * 32, NOW - HOUR, "minji", None, "", rehearsal,
                        [SettingChange("kr_network.night_from", "", '"20:30"')])],
        [PackChangeView("5a" * 16, "ab" * 32, NOW - 90 * DAY, "sora", NOW - 89 * DAY, "minji", None)],
    )  # fmt: skip


class TrustWindow(EngagedWindow):
    """Answers as the engine would. `agreed` is what was answered, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: list[tuple[str, str]] = []
        self.activated: list[tuple[str, str]] = []
        self.agreed: list[tuple[str, ApprovalAnswer, str]] = []

    def approvals(self, actor: Actor) -> ApprovalsView:
        self.check(actor, "approval.read", "approvals")
        return ApprovalsView([], []) if self.is_empty else approvals(actor.name)

    def answer_approval(self, actor: Actor, approval: str, answer: ApprovalAnswer, reason: str) -> None:
        self.check(actor, "approval.decide", "approvals")
        if approval == OWN and answer == "approve":
            raise Refused("another person has to approve it")
        self.agreed.append((approval, answer, reason))

    def packs(self, actor: Actor) -> PacksView:
        self.check(actor, "definitions.read", "packs")
        if not self.is_empty:
            return packs()
        return PacksView([], [], False, VerifiedView("unsigned", [], "", "", "", ""), [], [])

    def activate_packs(self, actor: Actor, change: str, reason: str) -> None:
        self.check(actor, "packs.activate", "packs")
        if change != WAITING:
            raise Refused("there is no such proposal")
        self.activated.append((change, reason))

    def staff(self, actor: Actor) -> StaffView:
        self.check(actor, "staff.read", "staff")
        return staff()

    def invite(self, actor: Actor, login: str, role: str, mail: str, origin: str) -> Invited:
        self.check(actor, "staff.manage", "staff")
        if login in {one.login for one in staff().people}:
            raise Refused(f"there is a login {login}")
        self.changed.append((login, role))
        path = "" if mail and origin == "http://console.example" else "/invitation/Zm9yIG9uZSB0aW1lIG9ubHk"
        return Invited(login, role, path, NOW + 2 * DAY)

    def change_staff(self, actor: Actor, login: str, change: StaffChange, value: str) -> Invited | None:
        self.check(actor, "staff.manage", "staff")
        self.changed.append((login, f"{change} {value}".strip()))
        return self.invite(actor, f"{login}-anew", "viewer", "", "") if change == "reset" else None

    def keys(self, actor: Actor) -> list[KeyView]:
        self.check(actor, "keys.read", "staff")
        return [] if self.is_empty else keys()

    def break_glass(self, actor: Actor, reason: str) -> int:
        self.check(actor, "access.break", "glass")
        if len(reason) < 10:
            raise Refused("say why")
        self.changed.append((actor.name, f"glass {reason}"))
        return NOW + HOUR

    def end_glass(self, actor: Actor) -> None:
        self.check(actor, "access.break", "glass")
        self.changed.append((actor.name, "enough"))

    def glass(self, actor: Actor) -> list[GlassView]:
        self.check(actor, "access.review", "glass")
        return [] if self.is_empty else glass()

    def review_glass(self, actor: Actor, glass: str, finding: str) -> None:
        self.check(actor, "access.review", "glass")
        self.changed.append((glass, finding))
