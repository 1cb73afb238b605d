"""The desk's questions about segments, journeys, messages and measures, asked of the engine."""

from __future__ import annotations

from typing import cast

from itda.access.actor import Actor
from itda.base.errors import Misused, Refused
from itda.engine.app import App, Forbidden
from itda.engine.commands.messages import Became, ReplayMessages, ResolveMessage
from itda.engine.questions.aside import AsideView, GoOn, PutAside
from itda.engine.questions.consent import ConsentOf, ConsentView
from itda.engine.questions.definitions import Definitions, DefinitionsView
from itda.engine.questions.journey_flow import FlowView, JourneyFlow, JourneyPeople, TravellersView
from itda.engine.questions.journeys import (
    JourneyPaths,
    Journeys,
    JourneySteps,
    JourneySummary,
    JourneyView,
    PersonPaths,
)
from itda.engine.questions.message_story import MessageStory, MessageStoryOf
from itda.engine.questions.messages import MessageList, MessageListView
from itda.engine.questions.metric import Measure, MetricList, MetricView, ReportView
from itda.engine.questions.preview import Preview, PreviewView
from itda.engine.questions.segment_told import BelongingView, SegmentsOf, SegmentToldOf, SegmentToldView
from itda.engine.questions.segments import (
    MembershipView,
    MembersView,
    SegmentList,
    SegmentMembers,
    SegmentView,
    SegmentWhy,
)
from itda.measure.definition import By

MEMBERS_A_PAGE = 50
PEOPLE_A_PAGE = 20
MESSAGES_A_PAGE = 30


class EngageEngineDesk:
    """Answers from the workspace of `app`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def definitions(self, actor: Actor) -> DefinitionsView:
        """What holds, and what of it cannot."""
        return self._app.ask(Definitions(), actor, "console: definitions")

    def segments(self, actor: Actor) -> list[SegmentView]:
        """Every segment with its size."""
        return self._app.ask(SegmentList(), actor, "console: segments")

    def segment(self, actor: Actor, name: str) -> SegmentToldView | None:
        """What one segment means, and who rests on it."""
        try:
            return self._app.ask(SegmentToldOf(name), actor, "console: segment")
        except Misused:
            return None

    def members(self, actor: Actor, name: str, after: str) -> MembersView:
        """A page of a segment's members."""
        return self._app.ask(SegmentMembers(name, after, MEMBERS_A_PAGE), actor, "console: segment")

    def membership(self, actor: Actor, name: str, customer: str) -> MembershipView | None:
        """Why a customer is in a segment, or is not."""
        try:
            return self._app.ask(SegmentWhy(name, customer), actor, "console: why in a segment")
        except Misused:
            return None

    def journeys(self, actor: Actor) -> list[JourneySummary]:
        """Every journey in numbers."""
        return self._app.ask(Journeys(), actor, "console: journeys")

    def journey(self, actor: Actor, name: str) -> tuple[JourneyView, FlowView] | None:
        """One journey, step by step, with its ways."""
        try:
            steps = self._app.ask(JourneySteps(name), actor, "console: journey")
        except Forbidden:
            raise
        except Refused:
            return None
        return steps, self._app.ask(JourneyFlow(name), actor, "console: journey")

    def aside(self, actor: Actor) -> list[AsideView]:
        """Who stands still after a fault of our own."""
        return self._app.ask(PutAside(), actor, "console: journeys")

    def go_on(self, actor: Actor) -> None:
        """Go on with everybody who stands still."""
        self._app.act(GoOn(), actor, "console: journeys")

    def travellers(self, actor: Actor, name: str, before: str) -> TravellersView:
        """A page of the people of a journey."""
        return self._app.ask(JourneyPeople(name, before, PEOPLE_A_PAGE), actor, "console: journey")

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
        """A page of the outbox."""
        asked = MessageList(
            status=status, message=message, journey=journey, who=customer or None, before=before,
            limit=MESSAGES_A_PAGE, is_named=True,
        )  # fmt: skip
        return self._app.ask(asked, actor, "console: messages")

    def story(self, actor: Actor, message: str) -> MessageStory | None:
        """One message from beginning to end."""
        return self._app.ask(MessageStoryOf(message), actor, "console: why a message")

    def preview(self, actor: Actor, name: str, language: str) -> PreviewView | None:
        """How a message looks, filled for an invented person."""
        try:
            return self._app.ask(Preview(name, language), actor, "console: preview")
        except Misused:
            return None

    def resolve(self, actor: Actor, message: str, became: Became) -> None:
        """Say of an uncertain message whether it went."""
        self._app.act(ResolveMessage(message, became), actor, "console: message")

    def try_again(self, actor: Actor, message: str) -> None:
        """Let a message that was given up go once more."""
        self._app.act(ReplayMessages((message,)), actor, "console: message")

    def measures(self, actor: Actor) -> list[MetricView]:
        """Every metric there is."""
        return self._app.ask(MetricList(), actor, "console: measures")

    def measure(self, actor: Actor, name: str, by: str, since: str, until: str) -> ReportView | None:
        """One metric, of a period and split; None where there is no such metric."""
        if name not in {one.name for one in self.measures(actor)}:
            return None
        return self._app.ask(Measure(name, cast("By", by), since, until), actor, "console: measure")

    def consents(self, actor: Actor, customer: str) -> ConsentView | None:
        """What a customer consented to, act by act."""
        return self._app.ask(ConsentOf(customer), actor, "console: customer")

    def belongings(self, actor: Actor, customer: str) -> list[BelongingView]:
        """The segments that a customer is in."""
        return self._app.ask(SegmentsOf(customer), actor, "console: customer") or []

    def paths(self, actor: Actor, customer: str) -> PersonPaths:
        """A customer's ways through journeys."""
        return self._app.ask(JourneyPaths(customer), actor, "console: customer")
