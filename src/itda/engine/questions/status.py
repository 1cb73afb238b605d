"""How the shop stands: what came, who it became, and how far behind the pipeline is."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.instant import SECOND
from itda.engine.app import Answer
from itda.engine.questions import aside, definitions, standing
from itda.engine.questions.views import EventCounts, StatusView
from itda.engine.reconsidering import IDENTITY, reached_share
from itda.engine.work import Work
from itda.store.database import Connection
from itda.store.lake.reader import Snapshot
from itda.store.pipeline_store import POLICY
from itda.store.ports import PolicyRow

_COUNTS = """
    select coalesce(sum(n) filter (where measure = 'accepted'), 0)::bigint,
           coalesce(sum(n) filter (where measure = 'duplicate'), 0)::bigint,
           coalesce(sum(n) filter (where measure like 'quarantined:%'), 0)::bigint,
           coalesce(sum(n) filter (where measure like 'unreadable:%'), 0)::bigint
    from quality
"""
_DECLINED = "select why, sum(n)::bigint from journey_declined group by why order by why"
_WAITING = "select received_at from intake_frame where position > %s order by position limit 1"
_UNDECIDED = (
    "select received_at from intake_frame where position > (select position from cursor where name = 'decider')"
    " and position <= %s order by position limit 1"
)


class Status(msgspec.Struct, frozen=True):
    """The numbers of `itda status`."""

    permission: ClassVar[str] = "status.read"

    def answer(self, work: Work) -> Answer[StatusView]:
        """Counts, customers, linked share and lag, all of one moment."""
        return Answer(stand(work, work.lake.within(work.connection)), count=1)


def stand(work: Work, snapshot: Snapshot) -> StatusView:
    """The shop's status at the snapshot's position."""
    head = work.connection.execute("select position from intake_head").fetchone()
    events, unreadable = _events(work.connection)
    held = definitions.stand(work)
    return StatusView(
        events=events,
        customers=standing.customers(work, snapshot.position),
        linked_share=standing.linked_share(work, snapshot),
        lag_s=_lag_s(work, snapshot.position),
        deciding_lag_s=_deciding_lag_s(work, snapshot.position),
        position=snapshot.position,
        log_position=int(head[0]) if head else 0,
        reconsidered_share=reconsidered(work.connection, work.workspace.policy.version),
        unreadable=unreadable,
        unapplied=held.unapplied,
        unsuited=held.unsuited,
        unfolded=held.unfolded,
        declined=dict(work.connection.execute(_DECLINED).fetchall()),
        aside=aside.counts(work.connection),
    )


def _events(connection: Connection) -> tuple[EventCounts, int]:
    """What came, and how many of its values are no identifier."""
    row = connection.execute(_COUNTS).fetchone()
    accepted, duplicate, quarantined, unreadable = row or (0, 0, 0, 0)
    return EventCounts(accepted=accepted, duplicate=duplicate, quarantined=quarantined), unreadable


def reconsidered(connection: Connection, version: str) -> float | None:
    """The share of identifiers that follow these rules, 0..1; None when all do, or nobody processed any yet."""
    row = connection.execute(POLICY, [IDENTITY]).fetchone()
    return reached_share(None if row is None else PolicyRow(*row), version)


def _lag_s(work: Work, position: int) -> float:
    """Age of the oldest frame that is acknowledged and not yet processed."""
    row = work.connection.execute(_WAITING, [position]).fetchone()
    return max(0, work.now - row[0]) / SECOND if row else 0.0


def _deciding_lag_s(work: Work, position: int) -> float:
    """Age of the oldest frame that is processed and not yet decided about."""
    row = work.connection.execute(_UNDECIDED, [position]).fetchone()
    return max(0, work.now - row[0]) / SECOND if row else 0.0
