"""What the pages need of the engine: one method per question they ask, each by the person who looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from itda.access.actor import Actor
from itda.console.audit_desk import AuditDesk
from itda.console.consent_desk import ConsentDesk
from itda.console.request_desk import RequestDesk
from itda.console.trust_desk import TrustDesk
from itda.engine.applying.identity import MovesView
from itda.engine.commands.messages import Became
from itda.engine.people.account import AccountView
from itda.engine.people.codes import Beginning
from itda.engine.questions.aside import AsideView
from itda.engine.questions.consent import ConsentView
from itda.engine.questions.definitions import DefinitionsView
from itda.engine.questions.journey_flow import FlowView, TravellersView
from itda.engine.questions.journeys import JourneySummary, JourneyView, PersonPaths
from itda.engine.questions.message_story import MessageStory
from itda.engine.questions.messages import MessageListView
from itda.engine.questions.metric import MetricView, ReportView
from itda.engine.questions.policy import PolicyView
from itda.engine.questions.preview import PreviewView
from itda.engine.questions.review_views import Queue, TaskView
from itda.engine.questions.segment_told import BelongingView, SegmentToldView
from itda.engine.questions.segments import MembershipView, MembersView, SegmentView
from itda.engine.questions.sources import SourceView
from itda.engine.questions.views import (
    FoundCustomer,
    HistoryView,
    HubView,
    OverviewView,
    ProfileView,
    QualityView,
    QuarantineLine,
    QuarantineView,
    SuspectView,
    TimelineView,
    WhyView,
)
from itda.engine.staff import Session

HubAnswer = Literal["confirm", "clear", "undo"]
"""Many share it; it is one customer's; what was said of it is taken back."""
PairAnswer = Literal["join", "cut", "undo"]
"""Two identifiers are one customer's; they are not; what was said of them is taken back."""
TaskAnswer = Literal["same", "different", "later"]
Answered = Literal["yes", "soon", "gone"]
"""It counts; it counts as soon as it is processed; the task asked nothing any more."""


class EngageDesk(Protocol):
    """Segments, journeys, messages and measures. What is asked for by a name that is none is None."""

    def definitions(self, actor: Actor) -> DefinitionsView:
        """What holds, and what of it cannot."""
        ...

    def segments(self, actor: Actor) -> list[SegmentView]:
        """Every segment with its size."""
        ...

    def segment(self, actor: Actor, name: str) -> SegmentToldView | None:
        """What one segment means, and who rests on it."""
        ...

    def members(self, actor: Actor, name: str, after: str) -> MembersView:
        """A page of a segment's members, after a cursor (empty: the first)."""
        ...

    def membership(self, actor: Actor, name: str, customer: str) -> MembershipView | None:
        """Why a customer is in a segment, or is not."""
        ...

    def journeys(self, actor: Actor) -> list[JourneySummary]:
        """Every journey in numbers."""
        ...

    def journey(self, actor: Actor, name: str) -> tuple[JourneyView, FlowView] | None:
        """One journey, step by step, with its ways."""
        ...

    def aside(self, actor: Actor) -> list[AsideView]:
        """Who stands still after a fault of our own."""
        ...

    def go_on(self, actor: Actor) -> None:
        """Go on with everybody who stands still."""
        ...

    def travellers(self, actor: Actor, name: str, before: str) -> TravellersView:
        """A page of the people of a journey, before a cursor (empty: the latest)."""
        ...

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
        """A page of the outbox; empty filters: all."""
        ...

    def story(self, actor: Actor, message: str) -> MessageStory | None:
        """One message from beginning to end, by its id as hex."""
        ...

    def preview(self, actor: Actor, name: str, language: str) -> PreviewView | None:
        """How a message looks, filled for an invented person."""
        ...

    def resolve(self, actor: Actor, message: str, became: Became) -> None:
        """Say of an uncertain message whether it went."""
        ...

    def try_again(self, actor: Actor, message: str) -> None:
        """Let a message that was given up go once more, decided anew."""
        ...

    def measures(self, actor: Actor) -> list[MetricView]:
        """Every metric there is."""
        ...

    def measure(self, actor: Actor, name: str, by: str, since: str, until: str) -> ReportView | None:
        """One metric, of a period and split; `Refused` where it is not split so or the period is none."""
        ...

    def consents(self, actor: Actor, customer: str) -> ConsentView | None:
        """What a customer consented to, act by act."""
        ...

    def belongings(self, actor: Actor, customer: str) -> list[BelongingView]:
        """The segments that a customer is in."""
        ...

    def paths(self, actor: Actor, customer: str) -> PersonPaths:
        """A customer's ways through journeys."""
        ...


class IdentityDesk(Protocol):
    """Who is one customer, why, and what stewards say of it. Identifiers are named by their fragments (hex).

    A decision waits until it counts, a few seconds at most; the answer is whether it does.
    """

    def policy(self, actor: Actor) -> PolicyView:
        """The rules of identity, as they hold and as the file says them."""
        ...

    def moves(self, actor: Actor) -> MovesView:
        """What the file would make of customers."""
        ...

    def hubs(self, actor: Actor) -> list[HubView]:
        """Identifiers that too many share."""
        ...

    def suspects(self, actor: Actor) -> list[SuspectView]:
        """Values that look like nobody's."""
        ...

    def settle_hub(self, actor: Actor, identifier: str, answer: HubAnswer, reason: str) -> bool:
        """Say whether many share an identifier."""
        ...

    def past(self, actor: Actor, customer: str, day: str, *, is_as_known: bool) -> ProfileView | None:
        """A customer at the end of a day (2026-11-22), by today's knowledge or by what was known then."""
        ...

    def history(self, actor: Actor, customer: str) -> HistoryView | None:
        """How a customer came about."""
        ...

    def why(self, actor: Actor, a: str, b: str) -> WhyView | None:
        """Why two identifiers are one customer, or are not; None where one is none any more."""
        ...

    def take_back(self, actor: Actor, decision: str, reason: str) -> bool:
        """Take a decision back, by its id."""
        ...

    def settle_pair(self, actor: Actor, a: str, b: str, answer: PairAnswer, reason: str) -> bool:
        """Say whether two identifiers are one customer's."""
        ...

    def queue(self, actor: Actor, kind: str, *, put_off: bool, decided: bool) -> Queue:
        """What waits for a steward, of one kind (empty: all); those put off or decided instead."""
        ...

    def task(self, actor: Actor, task: str) -> TaskView | None:
        """One task side by side; None where it asks nothing any more."""
        ...

    def answer_task(self, actor: Actor, task: str, answer: TaskAnswer, reason: str) -> Answered:
        """Answer a task."""
        ...

    def undo_task(self, actor: Actor, task: str, reason: str) -> str:
        """Take an answer back (of no task: the actor's last); the task asked again, empty where there is none."""
        ...


class Desk(EngageDesk, IdentityDesk, TrustDesk, ConsentDesk, RequestDesk, AuditDesk, Protocol):
    """Reads and changes of the console. `Forbidden` and `Unavailable` come through as they are."""

    def overview(self, actor: Actor) -> OverviewView:
        """How the shop stands now."""
        ...

    def search(self, actor: Actor, text: str) -> list[FoundCustomer]:
        """Customers by membership, e-mail, phone, name or id."""
        ...

    def profile(self, actor: Actor, customer: str) -> ProfileView | None:
        """One customer by any id ever shown; None when no such customer is."""
        ...

    def timeline(self, actor: Actor, customer: str, before: str, channel: str) -> TimelineView:
        """A page of a customer's events before a cursor (empty: the newest), of one channel (empty: all)."""
        ...

    def quality(self, actor: Actor) -> QualityView:
        """What came from each source on each day, and what became of it."""
        ...

    def sources(self, actor: Actor) -> list[SourceView]:
        """Every source: how fresh it is, how much came, and of those that are fetched how that goes."""
        ...

    def quarantine(self, actor: Actor, reason: str, before: int | None) -> QuarantineView:
        """A page of refused events, of one reason (empty: all)."""
        ...

    def refused(self, actor: Actor, position: int) -> QuarantineLine | None:
        """One refused event with its body."""
        ...

    def replay(self, actor: Actor, positions: list[int], reason: str) -> int:
        """Send refused events through the door again, these or all of one reason; how many went."""
        ...


class Door(Protocol):
    """Who may come in."""

    def enter(self, login: str, password: str, address: str) -> str:
        """A token for a new session. `Refused` when login and password do not fit or the login is locked."""
        ...

    def who(self, token: str, address: str) -> Session | None:
        """The session of a token; None when it has ended."""
        ...

    def leave(self, token: str) -> str:
        """End a session. Where the browser goes to end it at the provider as well; empty: nowhere."""
        ...

    @property
    def provider(self) -> str | None:
        """What the provider is called that staff may sign in with; None where there is none."""
        ...

    def begin_outside(self, redirect: str, target: str) -> tuple[str, str]:
        """Where the browser goes to be told who it is, and what it carries meanwhile."""
        ...

    def enter_outside(self, carried: str, said: Mapping[str, str], redirect: str, address: str) -> tuple[str, str]:
        """A token for who came back, and where they were going. `Refused` where nothing of it can be trusted."""
        ...

    def complete(self, session: Session, code: str) -> None:
        """Make a session whole by a one-time code. `Refused` where it does not fit."""
        ...

    def confirm(self, session: Session, proof: str) -> None:
        """Prove once more who it is. `Refused` where it does not."""
        ...

    def is_fresh(self, session: Session) -> bool:
        """Whether who it is was proved just now."""
        ...

    def account(self, session: Session) -> AccountView:
        """One's own account."""
        ...

    def begin_codes(self, session: Session, shop: str, *, is_new: bool) -> Beginning | None:
        """What the phone is told; with `is_new` a new secret where none waits."""
        ...

    def enrol(self, session: Session, code: str) -> list[str]:
        """Let codes count from this first one on; the recovery codes. `Refused` where it is wrong."""
        ...

    def drop_codes(self, session: Session) -> None:
        """No codes any more. `Refused` where the role needs them."""
        ...

    def change_password(self, session: Session, old: str, new: str) -> None:
        """A new password. `Refused` where the former does not fit, or the new one will not do."""
        ...

    def end_session(self, session: Session, named: str) -> None:
        """End one of one's own sessions."""
        ...

    def invited(self, token: str) -> str | None:
        """Whom an invitation is for; None where it is over."""
        ...

    def accept(self, token: str, password: str) -> str:
        """Choose a password by an invitation; the login. `Refused` where it will not do."""
        ...

    def forbid(self, actor: Actor, page: str) -> None:
        """Write down that somebody asked for a page that their role may not open."""
        ...


class Shopfront(msgspec.Struct, frozen=True, kw_only=True):
    """What pages show of the workspace. `notice` maps a language to a text shown on every page."""

    name: str
    zone: str
    currency: str
    languages: tuple[str, ...] = ("ko", "en")
    notice: dict[str, str] = {}
    labels: dict[str, dict[str, str]] = {}
    """Language → name of a segment, journey or message → what it is called."""
    is_secure: bool = False
    """Cookies go over HTTPS only."""
