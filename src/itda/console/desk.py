"""What the pages need of the engine: one method per question they ask, each by the person who looks."""

from __future__ import annotations

from typing import Protocol

import msgspec

from itda.access.actor import Actor
from itda.engine.questions.views import (
    FoundCustomer,
    OverviewView,
    ProfileView,
    QualityView,
    QuarantineLine,
    QuarantineView,
    TimelineView,
)
from itda.engine.staff import Session


class Desk(Protocol):
    """Reads and the one change of the console. `Forbidden` and `Unavailable` come through as they are."""

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

    def leave(self, token: str) -> None:
        """End a session."""
        ...


class Shopfront(msgspec.Struct, frozen=True, kw_only=True):
    """What pages show of the workspace. `notice` maps a language to a text shown on every page."""

    name: str
    zone: str
    currency: str
    languages: tuple[str, ...] = ("ko", "en")
    notice: dict[str, str] = {}
    is_secure: bool = False
    """Cookies go over HTTPS only."""
