"""What went to people before and what waits to go to them, over all journeys."""

from __future__ import annotations

from collections.abc import Sequence

from itda.consent.facts import Sent, Waiting
from itda.store.arrays import byteas
from itda.store.database import Connection

_SENT = """
select o.fragment, max(a.started_at), o.channel, o.class, o.message from outbox o join attempt a on a.outbox = o.id
where o.fragment = any(%b) and a.started_at > %s
  and o.status in ('attempting', 'sent', 'delivered', 'bounced', 'complained', 'uncertain')
group by o.id
"""
_WAITING = (
    "select fragment, id, not_before, class from outbox where fragment = any(%b) and status in ('queued', 'held')"
)


def sent_to(connection: Connection, fragments: Sequence[bytes], since: int) -> dict[bytes, list[Sent]]:
    """Messages whose last attempt began after `since` (microseconds UTC), by fragment; refused ones went nowhere."""
    found: dict[bytes, list[Sent]] = {}
    for fragment, at, channel, message_class, message in connection.execute(_SENT, [byteas(fragments), since]):
        found.setdefault(fragment, []).append(Sent(at, channel, message_class, message))
    return found


def waiting_for(connection: Connection, fragments: Sequence[bytes]) -> dict[bytes, list[Waiting]]:
    """Messages that wait to go out, by fragment."""
    found: dict[bytes, list[Waiting]] = {}
    for fragment, one, due_at, message_class in connection.execute(_WAITING, [byteas(fragments)]):
        found.setdefault(fragment, []).append(Waiting(one, due_at, 0, message_class))
    return found
