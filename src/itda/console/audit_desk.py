"""The desk's questions about the audit: who looked at what, who changed what, and whether anything was altered."""

from __future__ import annotations

from typing import Protocol

from itda.access.actor import Actor
from itda.engine.app import App
from itda.engine.auditing.noting import AuditStanding, Standing
from itda.engine.auditing.reviewing import Review, ReviewAccess, SignReview
from itda.engine.auditing.searching import SearchTrail, Trail, Wanted

ROWS_A_PAGE = 50
_WHY = "console: audit"


class AuditDesk(Protocol):
    """What was looked at and changed."""

    def trail(self, actor: Actor, wanted: Wanted, before: str) -> Trail:
        """A page of looks and changes, newest first. `Refused` where a page or a customer is none."""
        ...

    def audit_standing(self, actor: Actor) -> Standing:
        """What the last look at the chains found."""
        ...

    def access_review(self, actor: Actor, month: str) -> Review:
        """The report of a month, such as 2026-10, with who signed it. `Misused` where it is no month."""
        ...

    def sign_access_review(self, actor: Actor, month: str, findings: str, report: str) -> None:
        """Sign the report of that fingerprint. `Refused` where nothing was found or the month is not over.

        `Conflict` where the report is another by now.
        """
        ...


class AuditEngineDesk:
    """Answers from the workspace of `app`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def trail(self, actor: Actor, wanted: Wanted, before: str) -> Trail:
        """A page of looks and changes, newest first. `Refused` where a page or a customer is none."""
        return self._app.ask(SearchTrail(wanted=wanted, before=before, limit=ROWS_A_PAGE), actor, _WHY)

    def audit_standing(self, actor: Actor) -> Standing:
        """What the last look at the chains found."""
        return self._app.ask(AuditStanding(), actor, _WHY)

    def access_review(self, actor: Actor, month: str) -> Review:
        """The report of a month, such as 2026-10, with who signed it. `Misused` where it is no month."""
        return self._app.ask(ReviewAccess(month), actor, _WHY)

    def sign_access_review(self, actor: Actor, month: str, findings: str, report: str) -> None:
        """Sign the report of that fingerprint. `Refused` where nothing was found or the month is not over.

        `Conflict` where the report is another by now.
        """
        self._app.act(SignReview(month, findings, report), actor, findings)
