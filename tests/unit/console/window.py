"""A shop window: real views with invented people, behind the console's own desk and door, for tests of its pages."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.unit.console.audit_window import AuditWindow
from tests.unit.console.engaged_views import LABELS
from tests.unit.console.gate import Gate
from tests.unit.console.identity_window import IdentityWindow
from tests.unit.console.request_window import RequestWindow
from tests.unit.console.trust_window import TrustWindow

from itda.access.actor import Actor
from itda.base.ids import customer_text
from itda.base.instant import DAY, HOUR, MINUTE, parse
from itda.console.app import assemble
from itda.console.desk import Shopfront
from itda.engine.questions.sources import SourceView
from itda.engine.questions.views import (
    ChannelCount,
    EventCounts,
    EvidenceView,
    FoundCustomer,
    HouseholdMember,
    HouseholdView,
    IdentifierView,
    ImportView,
    LinkView,
    OverviewView,
    ProfileView,
    QualityLine,
    QualityView,
    QuarantineLine,
    QuarantineView,
    RatePoint,
    StatusView,
    TimelineEvent,
    TimelineView,
    TraitView,
)  # fmt: skip

NOW = parse("2026-11-21T05:12:09Z")
JIWOO = customer_text(bytes(range(16)))
JIWOO_BEFORE = customer_text(bytes(range(1, 17)))
MINSU = customer_text(bytes(range(2, 18)))
SOMEBODY = customer_text(bytes(range(3, 19)))
NOTICE = {
    "ko": "구매 기록은 실제 데이터(The Complete Journey)이고, 이름·연락처·웹 방문은 지어낸 것입니다.",
    "en": "Purchases are real (The Complete Journey); names, contacts and web visits are invented.",
}
PAGE = 8


def _fragment(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def identifiers() -> list[IdentifierView]:
    rows = [
        ("membership", "7742-0193", 120, 400), ("email", "jiwoo.kim@example.com", 41, 320),
        ("phone", "+82 10-3141-4821", 12, 320), ("user_id", "jiwoo", 88, 210),
        ("anonymous_id", "9f3a2c51-77aa-4c0e-b7d2-0c1f5b1e2d3c", 64, 211), ("device", "iPhone 15 · 7C2E", 31, 90),
        ("cookie", "ck_5521", 3, 30),
    ]  # fmt: skip
    return [
        IdentifierView(
            kind, value, _fragment(kind), NOW - days * DAY, events, "suspected" if kind == "cookie" else "", False
        )
        for kind, value, events, days in rows
    ]


def links() -> list[LinkView]:
    pairs = [
        ("membership", "email", "observed", "active", 14, 320, "crm", "crm"),
        ("membership", "phone", "observed", "active", 12, 320, "crm", "crm"),
        ("email", "user_id", "observed", "active", 26, 210, "web", "web"),
        ("user_id", "anonymous_id", "observed", "active", 64, 211, "web", "web"),
        ("user_id", "device", "must", "active", 0, 90, "@steward", "console"),
        ("anonymous_id", "cookie", "observed", "suppressed", 3, 30, "web", "web"),
    ]
    return [
        LinkView(
            _fragment(a), _fragment(b), tier, state,
            "본인이 전화로 확인함" if tier == "must" else "", count, NOW - days * DAY, NOW - DAY,
            [EvidenceView(source, channel, "2026-01-05", max(1, count // 2), NOW - days * DAY, NOW - days * DAY, 812),
             EvidenceView(source, channel, "2026-11-20", max(1, count - count // 2), NOW - DAY, NOW - DAY, 90_211)],
        )
        for a, b, tier, state, count, days, source, channel in pairs
    ]  # fmt: skip


def traits() -> list[TraitView]:
    return [
        TraitView("revenue", "sum", 2_418_000, "매출", "Revenue", unit="minor", currency="KRW"),
        TraitView("orders", "count", 23, "주문 수", "Orders"),
        TraitView(
            "revenue_90_days", "sum", 412_500, "최근 90일 매출", "Revenue in 90 days", unit="minor", currency="KRW"
        ),
        TraitView("last_order", "recency", 1.4, "마지막 주문 후", "Since last order", unit="days"),
        TraitView("first_channel", "first", "store", "첫 접점", "First channel"),
        TraitView("favourite_categories", "top", ["셔츠", "니트", "양말"], "자주 산 분류", "Favourite categories"),
        TraitView("tier", "declared", "VIP", "등급", "Tier", source="crm", at=NOW - 30 * DAY),
        TraitView("city", "declared", "서울", "도시", "City", source="crm", at=NOW - 320 * DAY),
        TraitView("consent", "declared", None, "동의", "Consent"),
    ]


def profile() -> ProfileView:
    counts = [("store", 120), ("web", 141), ("app", 31), ("email", 28), ("crm", 6), ("call", 2)]
    return ProfileView(
        JIWOO, JIWOO, "김지우", identifiers(), links(), traits(), 328, NOW - 400 * DAY, NOW - 70 * MINUTE,
        [ChannelCount(channel, count) for channel, count in counts], 4_211,
        HouseholdView(3, [HouseholdMember(MINSU, ["address", "family_name"]), HouseholdMember(SOMEBODY, [])]),
    )  # fmt: skip


def stranger() -> ProfileView:
    alone = [IdentifierView("anonymous_id", "b1", _fragment("b1"), NOW, 3, "", False)]
    return ProfileView(MINSU, MINSU, "", alone, [], [], 3, NOW - 40 * DAY, NOW - 40 * DAY, [ChannelCount("web", 3)], 9)


def events() -> list[TimelineEvent]:
    told: list[tuple[int, str, str, str, str, dict[str, Any]]] = [
        (70 * MINUTE, "Order Completed", "track", "store", "till",
         {"order_id": "R-2291", "revenue": 138000, "currency": "KRW", "store_name": "강남점",
          "products": [{"name": "리넨 셔츠", "quantity": 2, "price": 59000}, {"name": "양말"}, {"name": "벨트"}]}),
        (92 * MINUTE, "Order Ready For Pickup", "track", "app", "app", {"order_id": "R-2291"}),
        (17 * HOUR, "Product Added", "track", "web", "web", {"name": "울 코트 (네이비, M)", "price": 329000, "currency": "KRW"}),
        (17 * HOUR + 9 * MINUTE, "Product Viewed", "track", "web", "web", {"name": "울 코트 (네이비, M)", "price": 329000}),
        (17 * HOUR + 12 * MINUTE, "", "page", "web", "web", {"title": "겨울 외투", "path": "/outer/winter"}),
        (2 * DAY, "Coupon Redeemed", "track", "store", "coupons", {"coupon_name": "가을 15%", "campaign": 26}),
        (3 * DAY, "Email Opened", "track", "email", "mailer", {"campaign_name": "이번 주 당신을 위한 추천"}),
        (6 * DAY, "Call Ended", "track", "call", "desk", {"reason": "교환 문의", "satisfaction": 5, "resolved": True}),
        (9 * DAY, "", "identify", "crm", "crm", {"tier": "VIP", "name": "김지우"}),
        (12 * DAY, "Campaign Received", "track", "mail", "campaigns", {"campaign_id": 26}),
        (31 * DAY, "Loyalty Box Opened", "track", "app", "app", {}),
    ]  # fmt: skip
    return [
        TimelineEvent(
            90_000 - index, NOW - ago, NOW - ago + MINUTE, name, call, channel, source, properties, _fragment("user_id")
        )
        for index, (ago, name, call, channel, source, properties) in enumerate(told)
    ]


def overview() -> OverviewView:
    status = StatusView(EventCounts(1_482_331, 4_120, 37), 2_469, 0.943, 0.2, 0.1, 4_211, 4_211)
    points = [
        RatePoint(
            NOW // MINUTE * MINUTE - minute * MINUTE, channel, (base * (70 + (minute * 7 + index * 13) % 37)) // 100
        )
        for minute in range(60)
        for index, (channel, base) in enumerate([("web", 260), ("app", 90), ("store", 60), ("email", 20)])
    ]
    counts = [
        ("store", 1_102_004),
        ("web", 291_204),
        ("app", 60_120),
        ("email", 20_811),
        ("crm", 2_469),
        ("mail", 5_723),
    ]
    return OverviewView(status, [ChannelCount(*one) for one in counts], points, 155_848, 4_593_218_400, "KRW", NOW)


def sources() -> list[SourceView]:
    return [
        SourceView(name="erp", kind="database", channel="store", accepted=12_004, refused=3, last_day="2026-11-21",
                   every="10 min", is_fetched=True, due_at=NOW + 60_000_000, standing="ok", ended_at=NOW - 60_000_000),
        SourceView(name="feed", kind="sftp", channel="crm", is_fetched=True, every="day at 03:30", standing="failing",
                   failures=4, error="the SFTP server does not answer: Connection refused"),
        SourceView(name="drop", kind="folder", channel="crm", is_fetched=True, standing="new"),
        SourceView(name="web", kind="tracking", channel="web", accepted=99_578, last_day="2026-11-21"),
    ]  # fmt: skip


def quality() -> QualityView:
    lines = [
        QualityLine("2026-11-21", "web", "web", 48_201, 612, {"contract": 21, "identity": 4}, 3, 7, 120, 41),
        QualityLine("2026-11-21", "till", "store", 12_004, 0, {}, 0, 0, 0, 0),
        QualityLine("2026-11-20", "web", "web", 51_377, 488, {"contract": 9}, 1, 2, 96, 12),
        QualityLine("2026-11-20", "crm", "crm", 2_469, 2, {"row": 3}, 0, 0, 14, 0, {"email": 31}),
    ]
    total = QualityLine(
        "", "", "", 1_482_331, 4_120, {"contract": 30, "identity": 4, "row": 3}, 4, 9, 230, 53, {"email": 31}
    )
    files = [
        ImportView("till", "till.csv", 1_469_307, 1_469_307, 155_848, 0, NOW - 2 * HOUR, NOW - HOUR),
        ImportView("crm", "crm.csv", 2_469, 1_230, 1_230, 3, NOW - MINUTE, None),
    ]
    return QualityView(lines, total, 0.943, files)


def refused() -> list[QuarantineLine]:
    body = '{"type":"track","event":"Product Added","properties":{"price":"cheap"},"anonymousId":"a-1"}'
    return [
        QuarantineLine(5_001, "web", "web", NOW - 5 * MINUTE, "contract", "properties.price: not a number", "Product Added", None, body),
        QuarantineLine(4_990, "web", "web", NOW - HOUR, "identity", "neither userId nor anonymousId", "", None, "{oops", 90_000),
        QuarantineLine(4_100, "crm", "crm", NOW - DAY, "row", "row 812: 7 columns instead of 9", "Customer Identified", NOW - HOUR),
    ]  # fmt: skip


class Window(IdentityWindow, TrustWindow, RequestWindow, AuditWindow):
    """Answers as the engine would. `broken` names methods that do not answer; `is_empty` is a shop on its first day."""

    def __init__(self) -> None:
        super().__init__()
        self.searched: list[str] = []
        self.replayed: list[tuple[list[int], str]] = []
        self.people = {JIWOO: profile(), MINSU: stranger()}

    def overview(self, actor: Actor) -> OverviewView:
        self.check(actor, "status.read", "overview")
        if self.is_empty:
            return OverviewView(StatusView(EventCounts(0, 0, 0), 0, None, 0.0, 0.0, 0, 0), [], [], 0, 0, "KRW", NOW)
        return overview()

    def search(self, actor: Actor, text: str) -> list[FoundCustomer]:
        self.check(actor, "customer.search", "search")
        self.searched.append(text)
        jiwoo = FoundCustomer(JIWOO, "김지우", "name", ["membership", "email", "phone"], 328, NOW - HOUR)
        minsu = FoundCustomer(MINSU, "", "name", ["anonymous_id"], 3, NOW - 40 * DAY)
        return {"김지우": [jiwoo, minsu], "jiwoo.kim@example.com": [jiwoo]}.get(text, [])

    def profile(self, actor: Actor, customer: str) -> ProfileView | None:
        self.check(actor, "customer.read", "profile")
        return self.people.get(JIWOO if customer == JIWOO_BEFORE else customer)

    def timeline(self, actor: Actor, customer: str, before: str, channel: str) -> TimelineView:
        self.check(actor, "customer.events", "timeline")
        if customer == MINSU:
            return TimelineView([], "")
        found = [one for one in events() if not channel or one.channel == channel]
        start = int(before) if before else 0
        return TimelineView(found[start : start + PAGE], str(start + PAGE) if len(found) > start + PAGE else "")

    def quality(self, actor: Actor) -> QualityView:
        self.check(actor, "quality.read", "quality")
        empty = QualityLine("", "", "", 0, 0, {}, 0, 0, 0, 0)
        return QualityView([], empty, None, []) if self.is_empty else quality()

    def sources(self, actor: Actor) -> list[SourceView]:
        self.check(actor, "quality.read", "quality")
        return [] if self.is_empty else sources()

    def quarantine(self, actor: Actor, reason: str, before: int | None) -> QuarantineView:
        self.check(actor, "quarantine.read", "quarantine")
        if self.is_empty:
            return QuarantineView([], {}, None)
        lines = [one for one in refused() if not reason or one.reason == reason]
        return QuarantineView(lines, {"contract": 30, "identity": 4, "row": 3}, None if before or reason else 4_100)

    def refused(self, actor: Actor, position: int) -> QuarantineLine | None:
        self.check(actor, "quarantine.read", "refused")
        return next((one for one in refused() if one.position == position), None)

    def replay(self, actor: Actor, positions: list[int], reason: str) -> int:
        self.check(actor, "quarantine.replay", "replay")
        self.replayed.append((positions, reason))
        return len(positions) or 30


FRONT = Shopfront(name="한강상회", zone="Asia/Seoul", currency="KRW", notice=NOTICE, labels=LABELS)


def open_window(
    desk: Window | None = None, gate: Gate | None = None, tick_s: float = 0.2, front: Shopfront = FRONT
) -> Any:
    """The console over a window."""
    return assemble(desk or Window(), gate or Gate(), lambda: front, lambda: NOW, tick_s=tick_s)
