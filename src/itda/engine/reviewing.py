"""`shop.review`: the matching of customers who share no identifier, and the steward's queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from itda.base import instant
from itda.base.errors import Fault, Refused
from itda.engine.alone import alone
from itda.engine.app import App, Command, Question
from itda.engine.commands.matching import KeepMatching
from itda.engine.commands.review import Answer, DecideReview, ReviewDecided, UndoReview
from itda.engine.frames import frame
from itda.engine.matching import linking
from itda.engine.questions.matching_people import MatchPeople
from itda.engine.questions.review import MatchRuns, ReviewQueue, ReviewTask
from itda.engine.questions.review_views import Queue, Run, TaskView
from itda.store.database import Database
from itda.workspace.definition import Workspace

if TYPE_CHECKING:
    import polars as pl

Result = TypeVar("Result")
Step = Callable[[str], None]
REASON = "finding customers who are one person"
TASKS = {"id": "text", "kind": "text", "a": "json", "b": "json", "probability": "float", "bits": "float",
         "reason": "text", "neighbours": "int", "worth": "float", "found_at": "time"}  # fmt: skip


class Asked(Protocol):
    """A shop that answers and acts."""

    workspace: Workspace
    db: Database

    @property
    def app(self) -> App:
        """For its clock."""
        ...

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """The answer's value."""
        ...

    def act(self, command: Command[Result], reason: str) -> Result:
        """What was done, once it is processed."""
        ...


def _unsaid(_: str) -> None:
    pass


class ReviewDesk:
    """Runs of the matching, and the answers of stewards."""

    def __init__(self, shop: Asked) -> None:
        self._shop = shop

    def refresh(self, step: Step = _unsaid) -> Run:
        """Compare everybody, link whom identity.yaml lets it, and make the queue anew; `step` hears how far it is.

        Everybody of whom anything was said is in memory, about two kilobytes each, and nothing is written to disk.

        Raises:
            Refused: another run is at work, or people cannot be compared; nothing is changed.
        """
        busy = Fault(what="customers are being compared already", cure="see what it found: itda review runs")
        with alone(self._shop.db, "matching", otherwise=busy):
            step("Reading people")
            people = self._shop.ask(MatchPeople(), REASON)
            found = linking.found(
                people, self._shop.workspace.policy, instant.to_datetime(self._shop.app.clock()).year, step
            )
            step("Keeping")
            return self._shop.act(KeepMatching(people, found), REASON)

    def queue(self, kind: str = "", limit: int = 50, *, put_off: bool = False, decided: bool = False) -> Queue:
        """What waits, those most worth a decision first; or what was put off, or decided."""
        return self._shop.ask(ReviewQueue(kind, limit, put_off, decided))

    def tasks(self, kind: str = "", limit: int = 50) -> pl.DataFrame:
        """The same as a frame: id, kind, a and b (JSON), probability, bits, reason, neighbours, worth, found_at."""
        return frame(self.queue(kind, limit).tasks, TASKS)

    def show(self, id: str) -> TaskView:  # noqa: A002 - as the queue names it
        """One task, side by side. `Refused` where there is none, or it asks nothing any more."""
        found = self._shop.ask(ReviewTask(id))
        if found is None:
            raise Refused(Fault(what=f"no task {id} asks anything (any more)", cure="see what is left: itda review"))
        return found

    def runs(self, limit: int = 100) -> list[Run]:
        """The runs of the matching, the latest first."""
        return self._shop.ask(MatchRuns(limit))

    def same(self, id: str, *, reason: str) -> ReviewDecided:  # noqa: A002 - as the queue names it
        """Say that the two are one person; of a hub, that it is one customer's."""
        return self._answer(id, "same", reason)

    def different(self, id: str, *, reason: str) -> ReviewDecided:  # noqa: A002 - as the queue names it
        """Say that the two are not one person; of a hub, that many share it."""
        return self._answer(id, "different", reason)

    def later(self, id: str, *, days: int = 7, reason: str = "") -> ReviewDecided:  # noqa: A002 - as the queue names it
        """Put a task off for some days."""
        return self._shop.act(DecideReview(id, "later", days), reason)

    def undo(self, id: str = "", *, reason: str = "") -> ReviewDecided:  # noqa: A002 - as the queue names it
        """Take an answer back; without an id, the last one of whoever asks."""
        return self._shop.act(UndoReview(id), reason)

    def _answer(self, id_: str, answer: Answer, reason: str) -> ReviewDecided:
        return self._shop.act(DecideReview(id_, answer), reason)
