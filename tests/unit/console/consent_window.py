"""The part of the shop window that shows duties and consents taken face to face, with invented people."""

from __future__ import annotations

from tests.unit.console.engaged_views import number
from tests.unit.console.engaged_window import EngagedWindow

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.ids import customer_text
from itda.base.instant import DAY, parse
from itda.console.consent_desk import DutiesShown, Spoken
from itda.engine.commands.consents import ActResult
from itda.engine.questions.duties import DutiesView, DutyView, KindView
from itda.engine.questions.taking import TakingLine, TakingView
from itda.engine.retaining.views import RetentionView, RuleView, RunView

NOW = parse("2026-11-21T05:12:09Z")
DUTY = "5a" * 16


def duty(made: str, kind: str, labels: tuple[str, str], due: int, **more: object) -> DutyView:
    given: dict[str, object] = {
        "about": "", "customer": "", "action": "", "occurred_at": None, "purpose": "", "channel": "", "lacking": "",
        "message": "", "done_at": None, "proof": "",
    } | more  # fmt: skip
    is_open = given["done_at"] is None
    return DutyView(
        id=made, kind=kind, label_ko=labels[0], label_en=labels[1], due_at=due, is_overdue=is_open and due <= NOW,
        is_soon=is_open and NOW < due < NOW + 7 * DAY, **given,  # type: ignore[arg-type]
    )  # fmt: skip


NOTICE = ("처리 결과 알림", "Tell what became of an act of consent")
REQUEST = ("정보주체 요청 처리", "Answer a person's request")


def duties(shown: DutiesShown, kind: str) -> DutiesView:
    customer = customer_text(b"\x07" * 16)
    every = [
        duty(DUTY, "notice", NOTICE, NOW - DAY, customer=customer, purpose="ad_receive", channel="sms",
             lacking="no e-mail address"),
        duty("6b" * 16, "request", REQUEST, NOW + 2 * DAY, about="7f3a" * 8,
             lacking="the mail with the link came back"),
        duty("4d" * 16, "destroy", ("개인정보 파기", "Destroy what has had its time"), NOW + 4 * DAY, about="rule:quiet"),
        duty("3d" * 16, "destroy", ("개인정보 파기", "Destroy what has had its time"), NOW + 5 * DAY, about="run:12"),
        duty("9e" * 16, "processor", ("수탁자에게 요청 통지", "Tell who processes data"), NOW + 20 * DAY,
             about=f"{'7f3a' * 8}:mailer"),
        duty("5a" * 16, "access_review", ("접속기록 점검", "Review the access log"), NOW + 9 * DAY, about="2026-10"),
        duty("7c" * 16, "notice", NOTICE, NOW + 12 * DAY, customer=customer, message=number("sent")),
    ]  # fmt: skip
    done = [
        duty("8d" * 16, "notice", NOTICE, NOW, done_at=NOW - DAY, proof='{"message_id":"<a@shop.example>"}'),
        duty("9f" * 16, "reply", NOTICE, NOW, done_at=NOW - DAY, proof='{"by":"sora","proof":"letter of 3 May"}'),
    ]
    found = done if shown == "done" else [one for one in every if one.is_overdue or shown == "open"]
    kinds = [KindView("notice", *NOTICE, 2, 1, 0, 41, NOW - DAY), KindView("request", *REQUEST, 1, 0, 1, 3, NOW + DAY)]
    return DutiesView(kinds, [one for one in found if not kind or one.kind == kind], "")


def rule(name: str, of: str, about: list[str], months: int, due: int, **more: object) -> RuleView:
    given: dict[str, object] = {
        "sources": [], "longer": [], "is_new": False, "held_until": "", "because": "", "due_until": "2025-10-21",
        "keep": f"{months} months", "keep_months": months, "keep_days": 0, "words": "", "purpose": "what to recommend",
        "oldest_due": "2025-10-19" if due else "",
    } | more  # fmt: skip
    return RuleView(name=name, of=of, about=about, due=due, **given)  # type: ignore[arg-type]


def retention() -> RetentionView:
    rules = [
        rule("browsing", "events", ["Product Viewed", "Page Viewed"], 13, 1204),
        rule("everything", "events", [], 36, 0, longer=["orders: KR-45 E-Commerce Act decree art. 6(1)2"]),
        rule("birthdays", "trait", ["birth_date"], 24, 0, held_until="2027-03-31", because="2026-GA-102"),
        rule("quiet", "persons", [], 0, 7, keep_days=900, is_new=True),
    ]  # fmt: skip
    run = RunView(id=3, by="upkeep", began_at=NOW - DAY, ended_at=NOW - DAY + 9_000_000, counts={"browsing": 311},
                  announced=["quiet"], left={"quiet": 12})  # fmt: skip
    return RetentionView(rules, [run], NOW + DAY // 2, False, NOW)


def line(name: str, channel: str, status: str, since: int, *, can_give: bool = True) -> TakingLine:
    return TakingLine(
        name=name, purpose_ko="광고성 정보 수신", purpose_en="Receive advertising", channel=channel,
        texts={"ko": "문자로 할인과 행사 소식을 받겠습니다. (선택)", "en": "I want to receive news by text. (optional)"},
        ids={"ko": f"{name}@1/ko", "en": f"{name}@1/en"}, status=status, since=since, can_give=can_give,
    )  # fmt: skip


class ConsentWindow(EngagedWindow):
    """Answers as the engine would."""

    def __init__(self) -> None:
        super().__init__()
        self.duties_settled: list[tuple[str, str]] = []
        self.taken: list[tuple[str, str, str, str]] = []
        self.new: set[str] = set()

    def duties(self, actor: Actor, shown: DutiesShown, kind: str, after: str) -> DutiesView:
        self.check(actor, "duties.read", "duties")
        return DutiesView([], [], "") if self.is_empty else duties(shown, kind)

    def settle_duty(self, actor: Actor, duty: str, proof: str) -> None:
        self.check(actor, "duties.settle", "duties")
        if duty != DUTY or not proof:
            raise Refused("no such duty is open")
        self.duties_settled.append((duty, proof))

    def retention(self, actor: Actor) -> RetentionView:
        self.check(actor, "retention.read", "retention")
        return RetentionView([], [], None, False, NOW) if self.is_empty else retention()

    def taking(self, actor: Actor, kind: str, value: str) -> TakingView | None:
        self.check(actor, "consent.record", "taking")
        if value == "none":
            return None
        lines = [
            line("ads-sms", "sms", "unknown", 0), line("ads-mail", "email", "granted", NOW - 90 * DAY),
            line("ads-kakao", "kakao", "unknown", 0, can_give=False),
        ]  # fmt: skip
        return TakingView(customer_text(b"\x07" * 16), "010-••••-5937", lines)

    def take_consent(self, actor: Actor, who: tuple[str, str], act: tuple[Spoken, str], place: str) -> ActResult:
        self.check(actor, "consent.record", "taking")
        self.taken.append((who[1], act[0], act[1], place))
        return ActResult("logged" if who[1] in self.new else "written", "k")
