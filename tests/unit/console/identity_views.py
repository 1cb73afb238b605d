"""Invented views of identity: hubs of every state, values to block, a history with a decision, why two are one."""

from __future__ import annotations

import hashlib

import msgspec

from itda.base.ids import customer_text
from itda.base.instant import DAY, HOUR, parse
from itda.engine.applying.identity import MovesView
from itda.engine.applying.regrouping import IdentityMoves, JourneyTouched, Regrouped, SegmentTouched
from itda.engine.questions.policy import PolicyView
from itda.engine.questions.review_views import Field, Queue, Run, Side, Task, TaskView
from itda.engine.questions.views import (
    Cluster,
    EvidenceView,
    HistoryEntry,
    HistoryView,
    HubView,
    IdentifierView,
    LinkView,
    SuspectView,
)
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


def task_id(name: str) -> str:
    return fragment(f"task {name}")


def _side(customer: str, name: str, identifier: str, events: int) -> Side:
    return Side(customer, name, identifier, events, events // 20, NOW - 300 * DAY, NOW - DAY)


def tasks() -> list[Task]:
    """One of every kind, those most worth it first."""
    jiwoo = _side(JIWOO, "김지우", "email:jiwoo.kim@example.com", 328)
    told: dict[str, tuple[str, Side, Side | None, dict[str, object]]] = {
        "alike": ("pair", jiwoo, _side(MINSU, "Kim Ji-woo", "phone:+82 10-3141-4821", 12),
                  {"probability": 0.947, "bits": 4.16, "worth": 3.1}),
        "joined": ("check", jiwoo, _side(MINSU, "", "anonymous_id:b1", 3),
                   {"probability": 0.99, "bits": 6.6, "worth": 2.0}),
        "held": ("limit", jiwoo, _side(MINSU, "김민수", "membership:7742-0194", 40),
                 {"reason": "unique:membership", "worth": 1.5}),
        "desk": ("hub", _side(JIWOO, "", "phone:+82 2-777-1234", 91), None, {"neighbours": 48, "worth": 1.0}),
    }  # fmt: skip
    rest: dict[str, object] = {
        "probability": None, "bits": None, "reason": "", "neighbours": 0, "found_at": NOW - DAY, "later_until": 0,
    }  # fmt: skip
    return [
        Task(**({"id": task_id(name), "kind": kind, "a": a, "b": b} | rest | more))  # type: ignore[arg-type]
        for name, (kind, a, b, more) in told.items()
    ]


def run() -> Run:
    return Run(
        "0a1b2c3d4e5f", NOW - DAY, 2_469, 18_220, 41.5, 12, 28, 9.1, 0.993, 40, 31, 22, 21, 0.78, 0.99, is_calibrated=True
    )  # fmt: skip


def evidence() -> list[Field]:
    return [
        Field("", "prior", "", "", "", -11.2),
        Field("name: family", "", "김", "Kim", "one letter off or sounds the same", 4.9),
        Field("name: given", "", "지우", "Ji-woo", "one letter off or sounds the same", 6.4),
        Field("phone", "", "+82 10-3141-4821", "+82 10-3141-4821", "same", 11.8),
        Field("birth_date", "", "1991-03-04", "1993-03-04", "two parts", -1.4),
        Field("city", "", "서울", "부산", "different", -2.6),
        Field("email", "", "jiwoo.kim@example.com", "", "", None),
        Field("", "household", "", "", "", -3.74),
    ]


def task_view(task: Task, following: str) -> TaskView:
    """One task side by side."""
    own = [IdentifierView("email", "jiwoo.kim@example.com", fragment("email"), NOW, 41, "", is_blocked=False),
           IdentifierView("membership", "7742-0193", fragment("membership"), NOW, 120, "", is_blocked=False)]  # fmt: skip
    seen = EvidenceView("web", "web", "2026-11-20", 4, NOW - 2 * DAY, NOW - DAY, 90_211)
    link = LinkView(own[0].fragment, own[1].fragment, "observed", "suppressed", task.reason, 4, NOW, NOW, [seen])
    fields = {"pair": evidence(), "check": evidence(), "limit": [msgspec.structs.replace(one, bits=None, said="")
              for one in evidence() if not one.what]}.get(task.kind, [])  # fmt: skip
    return TaskView(task, fields, own, own[:1], [link] if task.kind != "pair" else [], following)


def queue(left: list[Task], shown: list[Task], later: int) -> Queue:
    waiting: dict[str, int] = {}
    for one in left:
        waiting[one.kind] = waiting.get(one.kind, 0) + 1
    return Queue(shown, waiting, later, run())
