"""The desk's questions about who is one customer, and what stewards say of it, asked of the engine."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.console.desk import Answered, HubAnswer, PairAnswer, TaskAnswer
from itda.engine import backlog
from itda.engine.app import App, Done, Forbidden
from itda.engine.applying.identity import MovesView, WrittenIdentity
from itda.engine.commands.identity import ClearHub, ConfirmHub, Cut, Join, RetractDecision, TakeBack
from itda.engine.commands.review import DecideReview, UndoReview
from itda.engine.questions import past
from itda.engine.questions.history import History
from itda.engine.questions.hubs import Hubs
from itda.engine.questions.policy import Policy, PolicyView
from itda.engine.questions.review import ReviewQueue, ReviewTask
from itda.engine.questions.review_views import Queue, TaskView
from itda.engine.questions.suspects import Suspects
from itda.engine.questions.views import HistoryView, HubView, ProfileView, SuspectView, WhyView
from itda.engine.questions.why import Why

WAIT_S = 3.0
"""How long a page waits for a decision to count, in seconds."""
REVIEW_WAIT_S = 1.0
"""The same where the next question waits already."""
TASKS_A_PAGE = 20
_LOOK_S = 0.03
_HUB: Mapping[HubAnswer, type[ConfirmHub | ClearHub]] = {"confirm": ConfirmHub, "clear": ClearHub}
_PAIR: Mapping[PairAnswer, type[Join | Cut | TakeBack]] = {"join": Join, "cut": Cut, "undo": TakeBack}


class IdentityEngineDesk:
    """Answers from the workspace of `app`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def policy(self, actor: Actor) -> PolicyView:
        """The rules of identity, as they hold and as the file says them."""
        return self._app.ask(Policy(), actor, "console: identity")

    def moves(self, actor: Actor) -> MovesView:
        """What the file would make of customers."""
        return self._app.ask(WrittenIdentity(), actor, "console: identity")

    def hubs(self, actor: Actor) -> list[HubView]:
        """Identifiers that too many share."""
        return self._app.ask(Hubs(), actor, "console: identity")

    def suspects(self, actor: Actor) -> list[SuspectView]:
        """Values that look like nobody's."""
        return self._app.ask(Suspects(), actor, "console: identity")

    def settle_hub(self, actor: Actor, identifier: str, answer: HubAnswer, reason: str) -> bool:
        """Say whether many share an identifier."""
        command = TakeBack(identifier, identifier) if answer == "undo" else _HUB[answer](identifier)
        return self._counts(self._app.act(command, actor, reason))

    def past(self, actor: Actor, customer: str, day: str, *, is_as_known: bool) -> ProfileView | None:
        """A customer at the end of a day."""
        zone = self._app.workspace.zone
        asked = past.question(customer, "" if is_as_known else day, day if is_as_known else "", zone)
        return self._app.ask(asked, actor, "console: customer at a past day")

    def history(self, actor: Actor, customer: str) -> HistoryView | None:
        """How a customer came about; None where there is no such customer."""
        try:
            return self._app.ask(History(customer), actor, "console: history of a customer")
        except Forbidden:
            raise
        except Refused:
            return None

    def why(self, actor: Actor, a: str, b: str) -> WhyView | None:
        """Why two identifiers are one customer, or are not; None where one is none any more."""
        try:
            return self._app.ask(Why(a, b), actor, "console: why one customer")
        except Forbidden:
            raise
        except Refused:
            return None

    def take_back(self, actor: Actor, decision: str, reason: str) -> bool:
        """Take a decision back, by its id."""
        return self._counts(self._app.act(RetractDecision(decision), actor, reason))

    def settle_pair(self, actor: Actor, a: str, b: str, answer: PairAnswer, reason: str) -> bool:
        """Say whether two identifiers are one customer's."""
        return self._counts(self._app.act(_PAIR[answer](a, b), actor, reason))

    def queue(self, actor: Actor, kind: str, *, put_off: bool, decided: bool) -> Queue:
        """What waits for a steward; those put off or decided instead."""
        asked = ReviewQueue(kind=kind, limit=TASKS_A_PAGE, put_off=put_off, decided=decided)
        return self._app.ask(asked, actor, "console: review")

    def task(self, actor: Actor, task: str) -> TaskView | None:
        """One task side by side; None where it asks nothing any more."""
        return self._app.ask(ReviewTask(task), actor, "console: review")

    def answer_task(self, actor: Actor, task: str, answer: TaskAnswer, reason: str) -> Answered:
        """Answer a task."""
        try:
            done = self._app.act(DecideReview(task, answer), actor, reason)
        except Forbidden:
            raise
        except Refused:
            return "gone"
        return "yes" if self._counts(done, REVIEW_WAIT_S) else "soon"

    def undo_task(self, actor: Actor, task: str, reason: str) -> str:
        """Take an answer back; the task that is asked again, empty where there is none."""
        try:
            done = self._app.act(UndoReview(task), actor, reason)
        except Forbidden:
            raise
        except Refused:
            return ""
        self._counts(done, REVIEW_WAIT_S)
        return done.value.id

    def _counts(self, done: Done[Any], wait_s: float = WAIT_S) -> bool:
        """Whether what was written into the log is processed, waiting a little for it."""
        if done.position is None:
            return True
        end = time.monotonic() + wait_s
        while backlog.processed(self._app.db) < done.position:
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_S)
        return True
