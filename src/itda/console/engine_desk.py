"""The desk of a real shop: each method asks the engine one question, by its user, with the page as the reason."""

from __future__ import annotations

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.console.audit_desk import AuditEngineDesk
from itda.console.consent_desk import ConsentEngineDesk
from itda.console.engage_desk import EngageEngineDesk
from itda.console.identity_desk import IdentityEngineDesk
from itda.console.request_desk import RequestEngineDesk
from itda.console.trust_desk import TrustEngineDesk
from itda.engine.app import Forbidden
from itda.engine.questions.overview import Overview
from itda.engine.questions.profile import CustomerSearch, Profile
from itda.engine.questions.quality import Quality
from itda.engine.questions.quarantine import QuarantineBody, QuarantineList, ReplayQuarantine
from itda.engine.questions.sources import Sources, SourceView
from itda.engine.questions.timeline import Timeline
from itda.engine.questions.views import (
    FoundCustomer,
    OverviewView,
    ProfileView,
    QualityView,
    QuarantineLine,
    QuarantineView,
    TimelineView,
)

EVENTS_A_PAGE = 40
REFUSED_A_PAGE = 50
DAYS = 60
"""Days of receipt listed on the page of data quality."""


class EngineDesk(
    EngageEngineDesk, IdentityEngineDesk, TrustEngineDesk, ConsentEngineDesk, RequestEngineDesk, AuditEngineDesk
):
    """Answers from the workspace of `app`."""

    def overview(self, actor: Actor) -> OverviewView:
        """How the shop stands now."""
        return self._app.ask(Overview(), actor, "console: overview")

    def search(self, actor: Actor, text: str) -> list[FoundCustomer]:
        """Customers by membership, e-mail, phone, name or id."""
        return self._app.ask(CustomerSearch(text), actor, "console: search")

    def profile(self, actor: Actor, customer: str) -> ProfileView | None:
        """One customer by any id ever shown."""
        return self._app.ask(Profile(customer), actor, "console: customer")

    def timeline(self, actor: Actor, customer: str, before: str, channel: str) -> TimelineView:
        """A page of a customer's events."""
        return self._app.ask(Timeline(customer, before, EVENTS_A_PAGE, channel), actor, "console: customer")

    def quality(self, actor: Actor) -> QualityView:
        """What came from each source on each day."""
        return self._app.ask(Quality(DAYS), actor, "console: data quality")

    def sources(self, actor: Actor) -> list[SourceView]:
        """Every source: how fresh it is, how much came, and of those that are fetched how that goes."""
        return self._app.ask(Sources(), actor, "console: data quality")

    def quarantine(self, actor: Actor, reason: str, before: int | None) -> QuarantineView:
        """A page of refused events, with the counts of every reason whichever is shown."""
        page = QuarantineList(reason=reason or None, limit=REFUSED_A_PAGE, before=before)
        view = self._app.ask(page, actor, "console: quarantine")
        if not reason:
            return view
        everything = self._app.ask(QuarantineList(limit=1), actor, "console: quarantine")
        return QuarantineView(view.lines, everything.by_reason, view.next, everything.cut)

    def refused(self, actor: Actor, position: int) -> QuarantineLine | None:
        """One refused event with its body; None when it is not there any more."""
        try:
            return self._app.ask(QuarantineBody(position), actor, "console: quarantine")
        except Forbidden:
            raise
        except Refused:
            return None

    def replay(self, actor: Actor, positions: list[int], reason: str) -> int:
        """Send refused events through the door again."""
        command = ReplayQuarantine(positions=tuple(positions), reason=reason or None)
        return self._app.act(command, actor, "console: quarantine").value
