"""`shop.audit`: verify, anchor, search, export and review what was looked at and changed."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TypeVar

from itda.access.actor import Actor, may
from itda.engine.app import App, Forbidden, Question
from itda.engine.auditing.anchoring import Anchoring, Made
from itda.engine.auditing.noting import NoteVerdict
from itda.engine.auditing.reviewing import Review, ReviewAccess, SignReview
from itda.engine.auditing.searching import ExportTrail, SearchTrail, Trail, Wanted
from itda.engine.auditing.verifying import Verdict, verify
from itda.engine.exporting.files import placed
from itda.store.database import Database
from itda.workspace.definition import Workspace

Result = TypeVar("Result")


class Opened(Protocol):
    """An open shop."""

    db: Database
    workspace: Workspace
    actor: Actor

    @property
    def app(self) -> App:
        """Where questions are asked and commands are carried out."""
        ...

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """The answer's value."""
        ...


class AuditDesk:
    """The audit of a shop."""

    def __init__(self, shop: Opened) -> None:
        self._shop = shop
        self._anchoring = Anchoring(shop.db, shop.workspace, shop.app.clock)

    def verify(self) -> Verdict:
        """Seal what was written so far and look at all of it, and at the anchors; what was found is kept."""
        if not may(self._shop.actor, NoteVerdict.permission):
            raise Forbidden(self._shop.actor, NoteVerdict.permission)
        self._anchoring.sealer.catch_up()
        found = verify(self._shop.db, self._anchoring.places, self._shop.app.clock())
        self._shop.app.act(NoteVerdict(found), self._shop.actor)
        return found

    def anchor(self) -> Made:
        """Anchor now what the chains have come to."""
        if not may(self._shop.actor, "audit.review"):
            raise Forbidden(self._shop.actor, "audit.review")
        return self._anchoring.make()

    def search(self, wanted: Wanted, *, before: str = "", limit: int = 50) -> Trail:
        """Looks and changes, newest first."""
        return self._shop.ask(SearchTrail(wanted=wanted, before=before, limit=limit))

    def export(self, to: Path, *, reason: str, since: int | None = None, until: int | None = None) -> int:
        """Write every row with its link as lines of JSON; how many. The file is there when it is whole."""
        with placed(to, may_replace=False) as file:
            return self._shop.ask(ExportTrail(lambda line: file.write(line + b"\n"), since, until), reason)

    def review(self, month: str) -> Review:
        """The report of a month such as 2026-10."""
        return self._shop.ask(ReviewAccess(month))

    def sign(self, month: str, findings: str) -> Review:
        """Say that one looked at a month's report, and what one found."""
        return self._shop.app.act(SignReview(month, findings), self._shop.actor, findings).value
