"""The console's first page: the shop's numbers, its channels, the last hour, and what the orders brought in."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.instant import HOUR, MINUTE
from itda.engine.app import Answer
from itda.engine.questions.orders import totals
from itda.engine.questions.remembered import remembered
from itda.engine.questions.status import stand
from itda.engine.questions.views import ChannelCount, OverviewView, RatePoint
from itda.engine.work import Work
from itda.events.event import ORDINALS
from itda.store.database import Connection
from itda.store.lake.reader import Snapshot

_CHANNELS = """
    select channel, sum(n)::bigint from quality where measure = 'accepted' group by channel order by 2 desc, 1
"""
_BOUNDS = "select min(position), max(position) from intake_frame"
_NEXT = "select position, received_at from intake_frame where position >= %s order by position limit 1"
_PER_MINUTE = """
    select received_at // 60000000 * 60000000 as at, channel, count(*) from lake
    where position >= ? and received_at >= ? group by 1, 2 order by 1, 2
"""


class Overview(msgspec.Struct, frozen=True):
    """Live numbers of the whole shop; nobody's data."""

    permission: ClassVar[str] = "status.read"

    def answer(self, work: Work) -> Answer[OverviewView]:
        """Everything of one moment. Money is in the workspace's currency; orders in others are not converted."""
        snapshot = work.lake.within(work.connection)
        currency = work.workspace.currency
        sums = remembered(work.lake, "orders", snapshot.position, lambda: totals(snapshot, work.workspace))
        view = OverviewView(
            status=stand(work, snapshot),
            channels=[ChannelCount(channel, n) for channel, n in work.connection.execute(_CHANNELS).fetchall()],
            last_hour=last_hour(work, snapshot),
            orders=sum(orders for orders, _ in sums.values()),
            revenue_minor=sums.get(currency, (0, 0))[1],
            currency=currency,
            as_of=work.now,
        )
        return Answer(view, count=1)


def last_hour(work: Work, snapshot: Snapshot) -> list[RatePoint]:
    """Accepted events per minute of log time and channel, over the last hour, oldest first."""
    since = (work.now - HOUR) // MINUTE * MINUTE

    def count() -> list[RatePoint]:
        first = _first_frame(work.connection, since)
        if first is None or first > snapshot.position:
            return []
        start = first * ORDINALS
        with snapshot.duckdb(
            ["position", "received_at", "channel"],
            files=snapshot.files_after(start - 1),
            blocks=snapshot.blocks_after(start - 1),
        ) as duck:
            return [RatePoint(*row) for row in duck.execute(_PER_MINUTE, [start, since]).fetchall()]

    return remembered(work.lake, "hour", (snapshot.position, since), count)


def _first_frame(connection: Connection, since: int) -> int | None:
    """The first frame received at or after `since`: times never decrease along positions, so halving finds it."""
    bounds = connection.execute(_BOUNDS).fetchone()
    if bounds is None or bounds[0] is None:
        return None
    low, high = int(bounds[0]), int(bounds[1]) + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(_NEXT, [middle]).fetchone()
        if row is None or row[1] >= since:
            high = middle
        else:
            low = int(row[0]) + 1
    return low if low <= int(bounds[1]) else None
