"""What the identity.yaml of the folder would make of customers, as far as a page may wait for it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine import unfolded
from itda.engine.app import Answer
from itda.engine.applying.regrouping import IdentityMoves, moves
from itda.engine.deciding.applying import TRAIT, in_force
from itda.engine.questions.policy import written_policy
from itda.engine.work import Work
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import AppliedRow

MOST = 5_000
"""Identifiers that a page has settled anew, in less than a second of a core. Of more, `itda diff` tells."""
_LOG_TIME = "select log_time from cursor where name = 'decider'"
_SOME = "select count(*) from (select from identifier limit %s) as few"


class MovesView(msgspec.Struct, frozen=True):
    """What would become of customers. `moves` is None where nothing would change, or there are too many."""

    moves: IdentityMoves | None
    is_too_many: bool = False
    """There are more than `most` identifiers: this takes too long for a page."""
    most: int = MOST


class WrittenIdentity(msgspec.Struct, frozen=True):
    """What the identity.yaml of the folder would make of customers if it was applied. Nothing is written."""

    permission: ClassVar[str] = "definitions.read"
    most: int = MOST

    def answer(self, work: Work) -> Answer[MovesView]:
        """Settle everybody by those rules, in memory."""
        policy, _ = written_policy(work)
        if policy is None or policy == work.workspace.policy:
            return Answer(MovesView(None, most=self.most))
        row = work.connection.execute(_SOME, [self.most + 1]).fetchone()
        if row is None or row[0] > self.most:
            return Answer(MovesView(None, is_too_many=True, most=self.most))
        row = work.connection.execute(_LOG_TIME).fetchone()
        now = int(row[0]) if row else 0
        workspace, fold = work.workspace, work.workspace.fold()
        stored = [one for one in EngagementStore(None, work.connection).applied() if one.kind != TRAIT]
        stored += [AppliedRow(TRAIT, key, "", "", 0) for key in unfolded.keys(work.connection, fold)]
        held = in_force(stored, workspace.segments, workspace.journeys, fold, now).definitions
        found = moves(work, policy, held, now)
        return Answer(MovesView(found, most=self.most), count=found.identifiers)
