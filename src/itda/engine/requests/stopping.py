"""All use of somebody's data stops, in one transaction: nothing that waits leaves, no segment holds them (KR-50).

Whoever sends reads who is stopped in the transaction in which a message departs, so nothing leaves after this commits.
The decider takes them out of every journey with its next step. What informs somebody of their own order still leaves,
unless they are to be erased.
"""

from __future__ import annotations

from itda.store import requests
from itda.store.arrays import byteas
from itda.store.database import Connection
from itda.store.requests import RequestRow

_PURGE = """
update outbox o set status = 'cancelled', reasons = %s from (
  select id from outbox where (fragment = any(%b) or contact = any(%b)) and status in ('queued', 'held', 'retry')
    and (%s or class = 'advertising')
  order by id for update
) as gone where o.id = gone.id
"""
_LEAVE = "delete from segment_member where customer = any(%b)"


def stop(connection: Connection, row: RequestRow, at: int) -> dict[str, int]:
    """Stop it; how many messages were cancelled and memberships ended."""
    own, is_whole = byteas(row.subject), row.kind == "erase"
    requests.stop(connection, row.subject, row.id, at, is_whole=is_whole)
    messages = connection.execute(_PURGE, [requests.STOPPED, own, own, is_whole]).rowcount
    segments = connection.execute(_LEAVE, [own]).rowcount
    counts = {"messages cancelled": messages, "segments left": segments}
    requests.move(connection, row.id, row.step, "stopped", counts)
    return counts
