"""Invented views of engagement: a segment being renewed, a journey with a holdout, messages of every fate, measures."""

from __future__ import annotations

import hashlib

from itda.base.ids import customer_text
from itda.base.instant import DAY, HOUR, MINUTE, parse
from itda.engine.questions.consent import ActView, ConsentView, StandingView, TaskView
from itda.engine.questions.journey_flow import DropView, FlowView, TravellersView, TravellerView, WayView
from itda.engine.questions.journeys import (
    ArmView,
    JourneySummary,
    JourneyView,
    PathStep,
    PathView,
    PersonPaths,
    StepView,
    VersionView,
)
from itda.engine.questions.message_story import MessageStory
from itda.engine.questions.messages import AttemptView, DecisionView, MessageLine, MessageView
from itda.engine.questions.metric import MetricView, ReportView
from itda.engine.questions.segment_told import BelongingView, LineView
from itda.engine.questions.segments import MembershipView, SegmentView, TestView
from itda.engine.questions.views import FoundCustomer, TimelineEvent
from itda.measure.definition import By, Metric, Parameters, Row
from itda.measure.metrics import METRICS

NOW = parse("2026-11-21T05:12:09Z")
JIWOO = customer_text(bytes(range(16)))
VERSION = "a1b2c3d4e5f60718"
LABELS = {
    "ko": {"rescue": "장바구니 되살리기", "cart": "장바구니 알림", "loyal": "단골"},
    "en": {"rescue": "Cart rescue", "cart": "Cart reminder", "loyal": "Loyal shoppers"},
}


def number(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def customer() -> FoundCustomer:
    return FoundCustomer(JIWOO, "김지우", "segment", ["membership", "email"], 328, NOW - HOUR)


def segment_views() -> list[SegmentView]:
    return [
        SegmentView("loyal", "단골", "Loyal shoppers", 812, NOW, "live", None, VERSION),
        SegmentView("changed", "바뀐 조건", "A changed definition", 240, NOW, "renewing", 0.42, VERSION),
        SegmentView("waiting", "기다리는 조건", "One that waits for the past", 31, NOW, "waiting", None, VERSION),
        SegmentView("quiet", "아무도 없음", "Nobody", 0, NOW, "new", None, VERSION),
    ]


def lines() -> list[LineView]:
    return [
        LineView(0, "all", {}),
        LineView(1, "trait", {"trait": "revenue", "at_least": 100000}, "매출", "Revenue", "KRW"),
        LineView(1, "events", {"events": {"name": "Cart Viewed", "channel": ["web", "app"]}, "window": "24 hours"}),
        LineView(1, "consent", {"consent": "ad_receive", "channel": "email", "status": "granted"}),
        LineView(0, "none", {}),
        LineView(1, "in_segment", {"in_segment": "loyal"}, "단골", "Loyal shoppers"),
        LineView(
            1, "events", {"events": {"name": "Order Completed", "where": {"total": {"at_least": 5}}}, "at_most": 3}
        ),
    ]


def membership(name: str, who: str) -> MembershipView:
    found = [None, 241000.0, 2, "granted", None, None, 1]
    tests = [
        TestView(line.depth, line.word, line.test, value, line.word != "in_segment", NOW + DAY if line.test else None)
        for line, value in zip(lines(), found, strict=True)
    ]
    return MembershipView(name, who, True, NOW + DAY, NOW - DAY, tests)


def summary() -> JourneySummary:
    arms = [ArmView("treated", 400, 20, 300, 90, 60), ArmView("holdout", 100, 5, 0, 12, 0)]
    return JourneySummary("rescue", "장바구니 되살리기", "Cart rescue", VERSION, 500, 25,
                          {"goal": 102, "finished": 361, "left": 12}, {"late": 7}, arms)  # fmt: skip


def _step(name: str, kind: str, then: str = "", otherwise: str = "", says: str = "", reached: int = 0) -> StepView:
    is_send = kind == "send"
    return StepView(name, kind, then, otherwise, says, reached, 25 if kind == "wait" else 0, NOW + HOUR,
                    reached if is_send else 0, 80 if is_send else 0, 300 if is_send else 0, 20 if is_send else 0)  # fmt: skip


def journey() -> JourneyView:
    steps = [
        _step("an_hour", "wait", "regular", reached=500), _step("regular", "branch", "mail", "done", reached=380),
        _step("mail", "send", "until_visit", says="cart", reached=360),
        _step("until_visit", "wait_for", "came", "done", reached=350), _step("came", "exit", says="came", reached=40),
        _step("done", "exit", says="was reminded", reached=321),
    ]  # fmt: skip
    return JourneyView(
        summary(), [VersionView(VERSION, True, steps), VersionView("0011223344556677", False, steps[:1])]
    )


def flow() -> FlowView:
    ways = [("an_hour", "regular", 380), ("regular", "mail", 360), ("regular", "done", 20), ("mail", "until_visit", 350),
            ("until_visit", "came", 40), ("until_visit", "done", 301)]  # fmt: skip
    drops = [DropView(VERSION, "an_hour", "goal", 95), DropView(VERSION, "until_visit", "left", 12)]
    return FlowView([WayView(VERSION, *way) for way in ways], drops)


def travellers(*, is_last: bool) -> TravellersView:
    people = [
        TravellerView(customer(), number("p1"), VERSION, "treated", "an_hour", NOW - HOUR, NOW + HOUR, None, None, None, None),
        TravellerView(customer(), number("p2"), VERSION, "treated", "done", NOW - DAY, None, NOW, NOW - HOUR, NOW, "finished"),
        TravellerView(None, number("p3"), VERSION, "holdout", "an_hour", NOW - 2 * DAY, None, NOW, None, NOW, "goal"),
    ]  # fmt: skip
    return TravellersView(people, "" if is_last else f"{NOW}~{number('p3')}")


def paths() -> PersonPaths:
    moves = [
        PathStep(NOW - DAY, NOW - DAY, "an_hour", "entered", {"event": "e1", "arm": "treated"}),
        PathStep(NOW - DAY + HOUR, NOW - DAY + HOUR, "mail", "intended", {"why": "cart"}),
        PathStep(NOW - DAY + HOUR, NOW - DAY + HOUR, "mail", "unsent", {"why": "OPTED_OUT"}),
        PathStep(NOW - HOUR, NOW - HOUR, "done", "exited", {"why": "Order Completed", "reason": "goal"}),
    ]
    path = PathView(number("p1"), "rescue", VERSION, "treated", "done", "C-17", NOW - DAY, None, NOW - HOUR, None, False,
                    NOW - HOUR, "goal", moves)  # fmt: skip
    return PersonPaths(JIWOO, [path])


_FATES: dict[str, tuple[str, list[tuple[str, str, list[str]]]]] = {
    "sent": ("", [("choice", "send", ["KR-09 LABEL", "KR-12 WAY_OUT"]), ("departure", "send", ["CH-01 ONE_CLICK"])]),
    "held": ("caps CAPPED", [("choice", "hold", ["caps CAPPED"])]),
    "dropped": ("KR-02 NO_CONSENT", [("choice", "drop", ["KR-02 NO_CONSENT", "KR-99 SOMETHING_NEW"])]),
    "dead": ("550 5.7.1 refused", [("choice", "send", []), ("departure", "send", [])]),
    "uncertain": ("connection lost", [("choice", "send", []), ("departure", "send", [])]),
}


def stories() -> list[tuple[MessageLine, MessageStory]]:
    return [_story(status, *told) for status, told in _FATES.items()]


def _story(status: str, reasons: str, verdicts: list[tuple[str, str, list[str]]]) -> tuple[MessageLine, MessageStory]:
    one, at = number(status), NOW - 5 * HOUR
    sent_at = at + MINUTE if status == "sent" else None
    who = None if status == "held" else customer()
    line = MessageLine(
        id=one, message="cart", label_ko="장바구니 알림", label_en="Cart reminder", channel="email",
        message_class="advertising", language="ko", status=status,
        reasons=reasons, journey="rescue", step="mail", campaign="", tries=1, created_at=at, due_at=at + HOUR,
        customer=JIWOO, tried_at=sent_at, outcome="", code="", detail="", sent_at=sent_at, person=who,
    )  # fmt: skip
    decisions = [DecisionView(stage, at, verdict, why, '{"always@1":""}', 12, at + HOUR if verdict == "hold" else None)
                 for stage, verdict, why in verdicts]  # fmt: skip
    outcome = {"sent": "sent", "dead": "refused", "uncertain": "uncertain"}.get(status)
    attempts = (
        [AttemptView(1, "<a@shop.example>", at + MINUTE, at + MINUTE, outcome, "550", "refused", 12)] if outcome else []
    )
    effects, bought = [], None
    if sent_at is not None:
        effects = [
            _event(name, sent_at + (n + 1) * HOUR) for n, name in enumerate(["Message Opened", "Message Clicked"])
        ]
        bought = _event("Order Completed", sent_at + 4 * HOUR)
    view = MessageView(line, "jiwoo.kim@example.com", VERSION, at + 3 * DAY, decisions, attempts)
    return line, MessageStory(view, who, sent_at, paths().journeys[0], effects, bought)


def _event(name: str, at: int) -> TimelineEvent:
    channel = "store" if name.startswith("Order") else "email"
    return TimelineEvent(1, at, at, name, "track", channel, "itda", {}, number("email"))


def _metric(one: Metric) -> MetricView:
    return MetricView(one.name, one.label_ko, one.label_en, one.unit, *one.meaning(Parameters()), one.by, one.adds_up)


def metric_views() -> list[MetricView]:
    return [_metric(one) for one in METRICS.values()]


def report(metric: MetricView, by: str, *, is_empty: bool) -> ReportView:
    one = METRICS[metric.name]
    split: By = by if by in one.by else ("" if one.has_whole else one.by[0])  # type: ignore[assignment]
    parts = {"month": ["2026-09", "2026-10", "2026-11"], "week": ["2026-11-09", "2026-11-16"],
             "day": ["2026-11-20", "2026-11-21"], "channel": ["web", "store", ""], "journey": ["rescue", "pickup"],
             "message": ["cart"], "segment": ["loyal"], "store": ["12", ""], "": [""]}[split]  # fmt: skip
    rows = [
        one.row(series, part, 900 - 100 * n - 40 * k, 1_000 if one.unit == "share" else None)
        for k, series in enumerate(one.series or ("",)) if series != "difference" for n, part in enumerate(parts)
    ]  # fmt: skip
    if metric.name == "holdout_difference":
        rows.append(Row(series="difference", part="rescue", n=1, d=2, value=0.11, low=0.02, high=0.19))
        rows = [row for row in rows if row.part == "rescue" or row.series != "holdout"]
    whole = [one.row(series, "", 1_200, 2_000 if one.unit == "share" else None) for series in one.series or ("",)]
    if is_empty:
        rows, whole = [], []
    return ReportView(metric, split, None, None, 30, "KRW", rows, whole if one.has_whole else [],
                      3 if one.unit == "minor" else 0, 9, NOW)  # fmt: skip


def consents() -> ConsentView:
    standings = [
        StandingView(
            "ad_receive", "email", "email:jiwoo.kim@example.com", "granted", NOW - 300 * DAY, "2028-01-20", "a@1/ko"
        ),
        StandingView("tracking", "email", "", "refused", NOW - 20 * DAY, None, ""),
        StandingView("own_purpose", "any", "", "withdrawn", NOW - 2 * DAY, None, ""),
    ]
    acts = [ActView(1, "grant", "ad_receive", "email", "user_id:jiwoo", "", NOW - DAY, NOW - DAY, "web:signup", "subject",
                    "a@1/ko", False),
            ActView(2, "request", "ad_receive", "sms", "user_id:jiwoo", "", NOW, NOW, "web", "subject", "", False,
                    "unvouched")]  # fmt: skip
    return ConsentView(JIWOO, standings, acts, [TaskView("notice", NOW + DAY, "grant", NOW - DAY)])


def belongings() -> list[BelongingView]:
    return [BelongingView("loyal", "단골", "Loyal shoppers", NOW - DAY)]
