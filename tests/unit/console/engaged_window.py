"""The part of the shop window that shows segments, journeys, messages and measures, with invented people."""

from __future__ import annotations

from typing import Any

from tests.unit.console.engaged_views import (
    belongings,
    consents,
    customer,
    flow,
    journey,
    lines,
    membership,
    metric_views,
    paths,
    report,
    segment_views,
    stories,
    summary,
    travellers,
)

from itda.access.actor import Actor, may
from itda.base.errors import Refused, Unavailable
from itda.engine.app import Forbidden
from itda.engine.questions.aside import AsideView
from itda.engine.questions.consent import ConsentView
from itda.engine.questions.definitions import DefinitionsView
from itda.engine.questions.journey_flow import FlowView, TravellersView
from itda.engine.questions.journeys import JourneySummary, JourneyView, PersonPaths
from itda.engine.questions.message_story import MessageStory
from itda.engine.questions.messages import MessageListView
from itda.engine.questions.metric import MetricView, ReportView
from itda.engine.questions.preview import PreviewView
from itda.engine.questions.segment_told import BelongingView, SegmentToldView
from itda.engine.questions.segments import MembershipView, MembersView, MemberView, SegmentView


class EngagedWindow:
    """Answers as the engine would."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.is_empty = False
        self.settled: list[tuple[str, str]] = []
        self.asked = 0
        self.held = DefinitionsView()

    def check(self, actor: Actor, permission: str, name: str) -> None:
        self.asked += 1
        if not may(actor, permission):
            raise Forbidden(actor, permission)
        if name in self.broken:
            raise Unavailable("the database does not answer")
        if f"bug:{name}" in self.broken:
            raise ZeroDivisionError(name)

    def definitions(self, actor: Actor) -> DefinitionsView:
        self.check(actor, "status.read", "definitions")
        return self.held

    def segments(self, actor: Actor) -> list[SegmentView]:
        self.check(actor, "segment.read", "segments")
        return [] if self.is_empty else segment_views()

    def segment(self, actor: Actor, name: str) -> SegmentToldView | None:
        self.check(actor, "segment.read", "segment")
        known = {one.name for one in segment_views()}
        return SegmentToldView(name, lines(), ["quiet"], ["rescue"]) if name in known else None

    def members(self, actor: Actor, name: str, after: str) -> MembersView:
        self.check(actor, "customer.search", "members")
        if name == "quiet":
            return MembersView(name, [], "")
        return MembersView(name, [MemberView(customer(), segment_views()[0].as_of)], "" if after else customer().id)

    def membership(self, actor: Actor, name: str, customer: str) -> MembershipView | None:
        self.check(actor, "customer.read", "membership")
        return membership(name, customer)

    def journeys(self, actor: Actor) -> list[JourneySummary]:
        self.check(actor, "journey.read", "journeys")
        return [] if self.is_empty else [summary()]

    def journey(self, actor: Actor, name: str) -> tuple[JourneyView, FlowView] | None:
        self.check(actor, "journey.read", "journey")
        return (journey(), flow()) if name == "rescue" else None

    def aside(self, actor: Actor) -> list[AsideView]:
        self.check(actor, "customer.search", "aside")
        is_asked = ("everybody", "go on") in self.settled
        return [] if self.is_empty else [AsideView(customer().id, "journeys", segment_views()[0].as_of, is_asked)]

    def go_on(self, actor: Actor) -> None:
        self.check(actor, "message.send", "go_on")
        self.settled.append(("everybody", "go on"))

    def travellers(self, actor: Actor, name: str, before: str) -> TravellersView:
        self.check(actor, "customer.search", "travellers")
        return travellers(is_last=bool(before))

    def messages(
        self,
        actor: Actor,
        *,
        status: str = "",
        message: str = "",
        journey: str = "",
        customer: str = "",
        before: str = "",
    ) -> MessageListView:
        self.check(actor, "message.read", "messages")
        if self.is_empty:
            return MessageListView({}, {}, {}, [])
        told = [one for one, _ in stories()]
        counts: dict[str, int] = {}
        for one in told:
            counts[one.status] = counts.get(one.status, 0) + 1
        fitting = [
            one for one in told
            if status in ("", one.status) and message in ("", one.message) and journey in ("", one.journey)
        ]  # fmt: skip
        return MessageListView(counts, {}, {}, fitting, "" if before or status else f"1~{told[0].id}")

    def story(self, actor: Actor, message: str) -> MessageStory | None:
        self.check(actor, "message.read", "story")
        return next((story for line, story in stories() if line.id == message), None)

    def preview(self, actor: Actor, name: str, language: str) -> PreviewView | None:
        self.check(actor, "journey.read", "preview")
        if name != "cart":
            return None
        html = f'<!doctype html><html lang="{language}"><head><title>m</title></head><body><h1>Hello</h1></body></html>'
        return PreviewView(
            "cart", "장바구니 알림", "Cart reminder", language, ("ko", "en"), "Sky, your cart", html, "Hello", ""
        )

    def resolve(self, actor: Actor, message: str, became: Any) -> None:
        self.check(actor, "message.send", "resolve")
        self.settled.append((message, became))

    def try_again(self, actor: Actor, message: str) -> None:
        self.check(actor, "message.send", "try_again")
        self.settled.append((message, "again"))

    def measures(self, actor: Actor) -> list[MetricView]:
        self.check(actor, "metric.read", "measures")
        return metric_views()

    def measure(self, actor: Actor, name: str, by: str, since: str, until: str) -> ReportView | None:
        self.check(actor, "metric.read", "measure")
        metric = next((one for one in metric_views() if one.name == name), None)
        if metric is None:
            return None
        if by and by not in metric.by:
            raise Refused(f"{name} is not split by {by}")
        return report(metric, by, is_empty=self.is_empty)

    def consents(self, actor: Actor, customer: str) -> ConsentView | None:
        self.check(actor, "consent.read", "consents")
        return consents()

    def belongings(self, actor: Actor, customer: str) -> list[BelongingView]:
        self.check(actor, "customer.segments", "belongings")
        return belongings()

    def paths(self, actor: Actor, customer: str) -> PersonPaths:
        self.check(actor, "customer.read", "paths")
        return paths()
