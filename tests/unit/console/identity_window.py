"""The part of the shop window that shows who is one customer, with invented people."""

from __future__ import annotations

import msgspec
from tests.unit.console import identity_views as views
from tests.unit.console.engaged_window import EngagedWindow

from itda.access.actor import Actor
from itda.base.instant import DAY
from itda.console.desk import Answered, HubAnswer, PairAnswer, TaskAnswer
from itda.engine.applying.identity import MovesView
from itda.engine.questions.policy import PolicyView
from itda.engine.questions.review_views import Queue, Task, TaskView
from itda.engine.questions.views import HistoryView, HubView, IdentifierView, ProfileView, SuspectView, WhyView


class IdentityWindow(EngagedWindow):
    """Answers as the engine would. `settled_of` is what was decided, in order; `answered` what of the queue."""

    def __init__(self) -> None:
        super().__init__()
        self.is_rewritten = False
        self.is_slow = False
        self.settled_of: list[tuple[str, ...]] = []
        self.people: dict[str, ProfileView] = {}
        self.answered: list[tuple[str, TaskAnswer, str]] = []

    def policy(self, actor: Actor) -> PolicyView:
        self.check(actor, "identity.read", "policy")
        return views.policy(is_other=self.is_rewritten)

    def moves(self, actor: Actor) -> MovesView:
        self.check(actor, "definitions.read", "moves")
        return views.moves() if self.is_rewritten else MovesView(None, is_too_many=self.is_slow)

    def hubs(self, actor: Actor) -> list[HubView]:
        self.check(actor, "identity.read", "hubs")
        return [] if self.is_empty else views.hubs()

    def suspects(self, actor: Actor) -> list[SuspectView]:
        self.check(actor, "identity.read", "suspects")
        return [] if self.is_empty else views.suspects()

    def settle_hub(self, actor: Actor, identifier: str, answer: HubAnswer, reason: str) -> bool:
        return self._settle(actor, identifier, answer, reason)

    def past(self, actor: Actor, customer: str, day: str, *, is_as_known: bool) -> ProfileView | None:
        self.check(actor, "customer.read", "past")
        profile = self.people.get(customer)
        if profile is None or day < "2026":
            return None
        kept = profile.identifiers[: 3 if is_as_known else 5]
        return msgspec.structs.replace(profile, identifiers=kept, links=profile.links[:2], events=120)

    def history(self, actor: Actor, customer: str) -> HistoryView | None:
        self.check(actor, "identity.read", "history")
        if self.people.get(customer) is None:
            return None
        return HistoryView(customer, [], is_whole=True) if customer == views.MINSU else views.history()

    def why(self, actor: Actor, a: str, b: str) -> WhyView | None:
        self.check(actor, "identity.read", "why")
        profile = self.people.get(views.JIWOO)
        nodes = {one.fragment: one for one in profile.identifiers} if profile else {}
        if b == views.HUB:
            other = IdentifierView("email", "minsu@example.com", b, views.NOW, 3, "", is_blocked=False)
            return WhyView(
                "", "", False, views.JIWOO, views.MINSU, [], [*nodes.values(), other], views.cut(a, b)
            )  # fmt: skip
        if profile is None or a not in nodes or b not in nodes:
            return None
        return WhyView("", "", True, views.JIWOO, views.JIWOO, profile.links[2:4], list(nodes.values()), [])

    def take_back(self, actor: Actor, decision: str, reason: str) -> bool:
        return self._settle(actor, decision, "undo", reason)

    def settle_pair(self, actor: Actor, a: str, b: str, answer: PairAnswer, reason: str) -> bool:
        return self._settle(actor, a, b, answer, reason)

    def queue(self, actor: Actor, kind: str, *, put_off: bool, decided: bool) -> Queue:
        self.check(actor, "identity.steward", "queue")
        said = {task: (answer, by) for task, answer, by in self.answered}
        every = [] if self.is_empty else views.tasks()
        left = [one for one in every if one.id not in said]
        if put_off or decided:
            shown = [self._asked(one) for one in every if one.id in said]
            shown = [one for one in shown if bool(one.decided) == decided]
        else:
            shown = [one for one in left if kind in ("", one.kind)]
        found = views.queue(left, shown, sum(answer == "later" for answer, _ in said.values()))
        return msgspec.structs.replace(found, run=None) if self.is_empty else found

    def task(self, actor: Actor, task: str) -> TaskView | None:
        self.check(actor, "identity.steward", "task")
        found = {one.id: self._asked(one) for one in views.tasks()}
        left = [one for one in found if one not in {done for done, _, _ in self.answered} and one != task]
        return views.task_view(found[task], left[0] if left else "") if task in found else None

    def answer_task(self, actor: Actor, task: str, answer: TaskAnswer, reason: str) -> Answered:
        self.check(actor, "identity.steward", "settle")
        if task not in {one.id for one in views.tasks()} or task in {done for done, _, _ in self.answered}:
            return "gone"
        self.answered.append((task, answer, reason))
        return "soon" if self.is_slow else "yes"

    def undo_task(self, actor: Actor, task: str, reason: str) -> str:
        self.check(actor, "identity.steward", "settle")
        found = next((one for one in reversed(self.answered) if task in ("", one[0])), None)
        if found is None:
            return ""
        self.answered.remove(found)
        return found[0]

    def _asked(self, task: Task) -> Task:
        answer = next((answer for done, answer, _ in self.answered if done == task.id), None)
        if answer == "later":
            return msgspec.structs.replace(task, later_until=views.NOW + DAY, decided_by="admin")
        if answer is None:
            return task
        return msgspec.structs.replace(task, decided=answer, decided_by="admin", decided_at=views.NOW)

    def _settle(self, actor: Actor, *told: str) -> bool:
        self.check(actor, "identity.steward", "settle")
        self.settled_of.append(told)
        return not self.is_slow
