"""The doors of one shop as one ASGI application: tracking, profiles, console."""

from __future__ import annotations

from itda.access.actor import Actor
from itda.api.app import Doors, build
from itda.console.app import assemble
from itda.console.desk import Shopfront
from itda.engine.app import App
from itda.engine.questions.overview import Overview
from itda.engine.questions.profile import CustomerSearch, Profile
from itda.engine.questions.quality import Quality
from itda.engine.questions.quarantine import QuarantineBody, QuarantineList, ReplayQuarantine
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
from itda.engine.shop import Shop, clock

REASON = "console"


def application(shop: Shop) -> Doors:
    """Everything that is answered over HTTP."""
    workspace = shop.workspace
    front = Shopfront(
        name=workspace.name,
        zone=workspace.zone,
        currency=workspace.currency,
        languages=workspace.languages,
        notice=workspace.notice,
    )
    return build(shop.app, shop.intake, clock, assemble(Counter(shop.app), shop.staff, front, clock))


class Counter:
    """The console's questions, asked of the engine by the person who looks."""

    def __init__(self, app: App) -> None:
        self._app = app

    def overview(self, actor: Actor) -> OverviewView:
        """How the shop stands now."""
        return self._app.ask(Overview(), actor, REASON)

    def search(self, actor: Actor, text: str) -> list[FoundCustomer]:
        """Customers by membership, e-mail, phone, name or id."""
        return self._app.ask(CustomerSearch(text), actor, REASON)

    def profile(self, actor: Actor, customer: str) -> ProfileView | None:
        """One customer by any id ever shown; None when no such customer is."""
        return self._app.ask(Profile(customer), actor, REASON)

    def timeline(self, actor: Actor, customer: str, before: str, channel: str) -> TimelineView:
        """A page of a customer's events before a cursor (empty: the newest), of one channel (empty: all)."""
        return self._app.ask(Timeline(customer, before=before, channel=channel), actor, REASON)

    def quality(self, actor: Actor) -> QualityView:
        """What came from each source on each day, and what became of it."""
        return self._app.ask(Quality(), actor, REASON)

    def quarantine(self, actor: Actor, reason: str, before: int | None) -> QuarantineView:
        """A page of refused events, of one reason (empty: all)."""
        return self._app.ask(QuarantineList(reason=reason or None, before=before), actor, REASON)

    def refused(self, actor: Actor, position: int) -> QuarantineLine | None:
        """One refused event with its body."""
        return self._app.ask(QuarantineBody(position), actor, REASON)

    def replay(self, actor: Actor, positions: list[int], reason: str) -> int:
        """Send refused events through the door again, these or all of one reason; how many went."""
        command = ReplayQuarantine(positions=tuple(positions), reason=reason or None)
        return self._app.act(command, actor, REASON).value
