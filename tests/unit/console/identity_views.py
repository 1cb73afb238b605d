"""Invented views of identity: hubs of every state, values to block, a history with a decision, why two are one."""

from __future__ import annotations

import hashlib

from itda.base.ids import customer_text
from itda.base.instant import DAY, HOUR, parse
from itda.engine.applying.identity import MovesView
from itda.engine.applying.regrouping import IdentityMoves, JourneyTouched, Regrouped, SegmentTouched
from itda.engine.questions.policy import PolicyView
from itda.engine.questions.views import Cluster, EvidenceView, HistoryEntry, HistoryView, HubView, LinkView, SuspectView
from itda.identity.policy import IdentityPolicy

NOW = parse("2026-11-21T05:12:09Z")
JIWOO = customer_text(bytes(range(16)))
MINSU = customer_text(bytes(range(2, 18)))
DECISION, TAKEN = "d1" * 16, "d2" * 16
HUB = "ab" * 16


def fragment(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def policy(*, is_other: bool = False) -> PolicyView:
    held = IdentityPolicy.box()
    written, _ = IdentityPolicy.parse(
        {"kinds": {"user_id": {}, "membership": {}, "email": {"limits": [{"most": 1, "window": "ever"}]}},
         "largest_customer": 60}
    )  # fmt: skip
    return PolicyView(held, written if is_other else None, [], 0.42 if is_other else None)


def moves() -> MovesView:
    joined = [Regrouped(MINSU, 2, 5, 91)]
    split = [Regrouped(JIWOO, 3, 7, 328), Regrouped(MINSU, 2, 4, 40)]
    return MovesView(
        IdentityMoves(
            customers=2_469, would_be=2_471, joined=2, joined_into=1, split=2, split_into=5, identifiers=9, silenced=1,
            freed=0, most_joined=joined, most_split=split, segments=[SegmentTouched("loyal", 120, 121, 2, 1)],
            journeys=[JourneyTouched("rescue", 3)],
        )
    )  # fmt: skip


def hubs() -> list[HubView]:
    return [
        HubView("phone", "+82 2-777-1234", HUB, "suspected", 9, NOW - 3 * HOUR, "", ""),
        HubView("device", "store-tablet-07", fragment("tablet"), "confirmed", 1_204, NOW - 90 * DAY, "", ""),
        HubView("email", "desk@shop.example", fragment("desk"), "confirmed", 88, NOW - 30 * DAY, "admin", "대표 메일"),
        HubView(
            "phone",
            "+82 10-2222-3333",
            fragment("hers"),
            "cleared",
            7,
            NOW - 60 * DAY,
            "admin",
            "가족이 함께 쓰는 번호",
        ),
    ]


def suspects() -> list[SuspectView]:
    return [
        SuspectView("email", "unknown@shop.example", fragment("unknown"), 412, 2, "confirmed"),
        SuspectView("membership", "9999-0000", fragment("nines"), 61, 3, ""),
    ]


def history() -> HistoryView:
    whole = ["membership:7742-0193", "email:jiwoo.kim@example.com", "user_id:jiwoo", "device:iPhone 15 · 7C2E"]

    def entry(ago: int, what: str, cause: str, **more: object) -> HistoryEntry:
        told: dict[str, object] = {
            "at": NOW - ago, "what": what, "cause": cause, "by": "", "reason": "", "before": [], "after": [],
            "policy_version": "", "decision": "", "about": [],
        } | more  # fmt: skip
        return HistoryEntry(**told)  # type: ignore[arg-type]

    apart = [Cluster(JIWOO, whole[:3]), Cluster(MINSU, whole[3:])]
    return HistoryView(
        JIWOO,
        [
            entry(HOUR, "must", "decision", by="admin", reason="본인이 전화로 확인함", decision=DECISION, about=whole[2:]),
            entry(HOUR, "joined", "steered", by="admin", decision=DECISION, before=apart, after=[Cluster(JIWOO, whole)]),
            entry(2 * DAY, "retracted", "decision", by="admin", reason="잘못 봄", decision=TAKEN, about=whole[2:]),
            entry(3 * DAY, "cannot", "decision", by="admin", decision=TAKEN, about=whole[2:]),
            entry(9 * DAY, "parted", "policy", before=[Cluster(JIWOO, whole)], after=apart, policy_version="0a1b2c3d4e5f"),
            entry(320 * DAY, "joined", "observed", before=[Cluster(JIWOO, whole[:1]), Cluster(MINSU, ["(erased)"])],
                  after=[Cluster(JIWOO, whole[:2])]),
        ],
        is_whole=False,
    )  # fmt: skip


def cut(a: str, b: str) -> list[LinkView]:
    seen = EvidenceView("web", "web", "2026-11-20", 4, NOW - 2 * DAY, NOW - DAY, 90_211)
    return [
        LinkView(a, b, "observed", "suppressed", "cut", 4, NOW - 2 * DAY, NOW - DAY, [seen]),
        LinkView(a, b, "cannot", "cut", "admin: 다른 사람", 0, NOW - HOUR, NOW - HOUR, []),
    ]
